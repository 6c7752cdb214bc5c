# SPDX-License-Identifier: MIT
# The manual: `make html` makes the site in docs/site/html/. docs/manual/CONVENTIONS.md is for
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

install-html-local: html
	$(MKDIR_P) '$(DESTDIR)$(htmldir)'
	cp -R docs/site/html '$(DESTDIR)$(htmldir)'
