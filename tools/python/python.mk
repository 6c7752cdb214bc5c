# SPDX-License-Identifier: MIT
# lamina.py: the library for Python, by ctypes and numpy. Its declarations are those of the headers.

EXTRA_DIST += tools/python/generate.py tools/python/layers.py tools/python/nets.py
if HAVE_PYTHON3
laminapythondir = $(pkgdatadir)/python
nodist_laminapython_DATA = tools/python/lamina.py
endif

tools/python/lamina.py: tools/python/generate.py tools/python/layers.py tools/python/nets.py \
	$(pkginclude_HEADERS) $(nobase_pkginclude_HEADERS)
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(CPP) -P $(AM_CPPFLAGS) '$(srcdir)/framework/lamina.h' >$@.h && \
		$(PYTHON3) '$(srcdir)/tools/python/generate.py' '$(srcdir)/tools/python/layers.py' \
		'$(srcdir)/tools/python/nets.py' <$@.h >$@.new && rm -f $@.h && mv $@.new $@
CLEANFILES += tools/python/lamina.py tools/python/lamina.py.new tools/python/lamina.py.h
