# SPDX-License-Identifier: MIT
# The manual: `make html` makes the site in docs/site/html/, and `make pdf` prints its chapter "From
# equation to code" to docs/site/equations-en.pdf and -ko.pdf. docs/manual/CONVENTIONS.md is for
# authors.

EXTRA_DIST += docs/manual

# What make.sh reads.
html_environment = VERSION='$(PACKAGE_VERSION)' SPHINX_BUILD='$(SPHINX_BUILD)' \
	PYTHON3='$(PYTHON3)' NODE='$(NODE)' KATEX='$(KATEX)' \
	HEADERS='$(reference_headers)'

html-local:
	@test -z '$(HTML_MISSING)' || { echo 'make html: please install $(HTML_MISSING)'; exit 1; }
	$(AM_V_GEN)$(html_environment) $(SHELL) '$(abs_srcdir)/docs/manual/site/make.sh' \
		'$(abs_top_srcdir)' '$(abs_builddir)/docs/site'

# Chromium prints formulas and figures as the browser shows them; nothing else needs it.
CHROMIUM = chromium
pdf-local:
	@command -v $(CHROMIUM) >/dev/null 2>&1 || \
		{ echo 'make pdf: please install chromium, or say CHROMIUM=browser'; exit 1; }
	@$(MAKE) $(AM_MAKEFLAGS) html-local
	$(AM_V_GEN)PYTHON3='$(PYTHON3)' CHROMIUM='$(CHROMIUM)' \
		$(SHELL) '$(abs_srcdir)/docs/manual/site/pdf.sh' \
		'$(abs_builddir)/docs/site/html' '$(abs_builddir)/docs/site'

# A folder "html" that is there is taken for an older site if it has this page.
page_of_site = docs/manual/reference/index.html
install-html-local: html
	@site='$(DESTDIR)$(htmldir)/html'; if test -f "$$site/$(page_of_site)"; then \
		rm -rf "$$site"; \
	elif test -e "$$site"; then \
		echo "make install-html: $$site is there, and is no site of lamina's"; exit 1; \
	fi
	$(MKDIR_P) '$(DESTDIR)$(htmldir)'
	cp -R docs/site/html '$(DESTDIR)$(htmldir)'
