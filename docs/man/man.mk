# SPDX-License-Identifier: MIT
# Man pages: `make man` makes them by scdoc. A release archive has them, so that whoever builds it
# needs no scdoc.

man_sources = docs/man/lamina.1.scd docs/man/lamina-net.5.scd docs/man/lamina.7.scd
EXTRA_DIST += $(man_sources)
if MAN_PAGES
dist_man_MANS = $(man_sources:.scd=)
endif

SUFFIXES = .scd
.scd:
	@test -n '$(SCDOC)' || \
		{ echo '$@: making man pages needs scdoc: please install it'; exit 1; }
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(SCDOC) <'$<' >$@.new && mv $@.new $@

# Section 3 is made of the comments of the public headers, in a folder of its own.
man3 = docs/man/man3
man3dir = $(mandir)/man3
man3_makers = $(srcdir)/docs/manual/site/man.py $(srcdir)/docs/manual/site/reference.py \
	$(srcdir)/docs/manual/site/headers.py $(srcdir)/docs/manual/site/comments.py
if HAVE_PYTHON3
noinst_DATA = $(man3)/stamp
endif
$(man3)/stamp: $(reference_headers) $(man3_makers)
	@test -n '$(PYTHON3)' || \
		{ echo '$(man3): making man pages needs python3: please install it'; exit 1; }
	$(AM_V_GEN)cd '$(srcdir)' && $(PYTHON3) -B docs/manual/site/man.py '$(PACKAGE_VERSION)' \
		'$(abs_builddir)/$(man3)' $(reference_headers)
	@touch $@

man: $(man_sources:.scd=) $(man3)/stamp
.PHONY: man

# Installed from the build's folder, or from the archive's, by the hooks of docs/docs.mk.
folder_of_man3 = folder=$(man3); test -f $$folder/lam_fit.3 || folder='$(srcdir)/$(man3)'
install-man3:
	@$(folder_of_man3); if test -f "$$folder/lam_fit.3"; then \
		$(MKDIR_P) '$(DESTDIR)$(man3dir)' && \
		$(INSTALL_DATA) "$$folder"/*.3 '$(DESTDIR)$(man3dir)'; \
	fi
uninstall-man3:
	@$(folder_of_man3); for page in "$$folder"/*.3; do \
		rm -f "$(DESTDIR)$(man3dir)/$${page##*/}"; \
	done
.PHONY: install-man3 uninstall-man3

CLEANFILES += $(man_sources:.scd=.new)
# Built in the archive's own folder, they are those that the archive has.
distclean-local:
	test '$(srcdir)' = . || rm -rf $(man3)
maintainer-clean-local:
	rm -f $(man_sources:.scd=)
	rm -rf $(man3)

# An archive without them would be one that nobody can read about.
dist-hook: $(man3)/stamp
	@$(MKDIR_P) '$(distdir)/$(man3)' && cp $(man3)/*.3 '$(distdir)/$(man3)'
	@test -f '$(distdir)/docs/man/lamina.1' || \
		{ echo 'make dist needs the man pages: please install scdoc'; exit 1; }
