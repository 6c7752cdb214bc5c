# SPDX-License-Identifier: MIT
# Man pages: `make man` makes them by scdoc. A release archive has them, so that whoever builds it
# needs no scdoc.

man_sources = docs/man/lamina.1.scd docs/man/lamina-net.5.scd
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

man: $(man_sources:.scd=)
.PHONY: man

CLEANFILES += $(man_sources:.scd=.new)
maintainer-clean-local:
	rm -f $(man_sources:.scd=)

# An archive without them would be one that nobody can read about.
dist-hook:
	@test -f '$(distdir)/docs/man/lamina.1' || \
		{ echo 'make dist needs the man pages: please install scdoc'; exit 1; }
