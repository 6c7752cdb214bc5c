# SPDX-License-Identifier: MIT
# What is installed to be read lies below $(docdir) as in the tree, so that links between pages hold
# there, too. The rest is in an archive of the sources alone.

nobase_dist_doc_DATA = README.md README.ko.md CHANGELOG.md LICENSE CONTRIBUTING.md SECURITY.md \
	docs/coverage.md docs/design.md docs/format.md docs/promises.md docs/pytorch.md \
	docs/release.md docs/scaling.md

# Whatever pictures and pages of the manual there are, but what makes its site.
EXTRA_DIST += docs/pictures
pages_and_pictures = cd '$(srcdir)' && find docs/pictures docs/manual -type f \
	! -path 'docs/manual/site/*' ! -name CONVENTIONS.md ! -name manual.mk
install-data-hook: install-man3
	$(pages_and_pictures) | while read -r file; do \
		$(MKDIR_P) "$(DESTDIR)$(docdir)/$${file%/*}" && \
		$(INSTALL_DATA) "$$file" "$(DESTDIR)$(docdir)/$$file" || exit 1; done

# What others put there stays: $(docdir) and $(htmldir) may be any folder. Folders of lamina's own
# go with the last file in them; $(libdir) and its like stay.
uninstall-hook: uninstall-man3
	$(pages_and_pictures) | while read -r file; do rm -f "$(DESTDIR)$(docdir)/$$file"; done
	site='$(DESTDIR)$(htmldir)/html'; test ! -f "$$site/$(page_of_site)" || rm -rf "$$site"
	for folder in '$(pkgincludedir)' '$(docdir)/docs' '$(docdir)/examples' '$(pkgdatadir)' \
		'$(cmakedir)'; do \
		test ! -d "$(DESTDIR)$$folder" || \
			find "$(DESTDIR)$$folder" -depth -type d -exec rmdir {} \; 2>/dev/null; \
	done; \
	rmdir '$(DESTDIR)$(docdir)' '$(DESTDIR)$(htmldir)' 2>/dev/null; :
