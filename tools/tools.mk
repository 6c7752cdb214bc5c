# SPDX-License-Identifier: MIT
# The command `lamina`: over <lamina.h> and the shared library, as examples are.

bin_PROGRAMS = tools/lamina
tools_lamina_SOURCES = \
	tools/bench.c \
	tools/check.c \
	tools/data.c \
	tools/data.h \
	tools/diff.c \
	tools/eval.c \
	tools/export.c \
	tools/import.c \
	tools/info.c \
	tools/lamina.c \
	tools/nets.c \
	tools/nets.h \
	tools/predict.c \
	tools/ranks.c \
	tools/ranks.h \
	tools/report.c \
	tools/report.h \
	tools/table.c \
	tools/terminal.c \
	tools/terminal.h \
	tools/tool.h \
	tools/train.c \
	tools/train.h \
	tools/train_options.c \
	tools/words.c
tools_lamina_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exchange/images \
	-I$(top_srcdir)/exchange/onnx -D_GNU_SOURCE \
	-DLAM_NETS_FOLDER='"$(netsdir)"'
tools_lamina_LDADD = liblamina-image.la liblamina-onnx.la liblamina.la $(DL_LIBS)

# Descriptions of nets to begin with: `lamina train lenet --data mnist`.
netsdir = $(pkgdatadir)/nets
dist_nets_DATA = \
	tools/nets/classifier.net \
	tools/nets/lenet.net \
	tools/nets/lenet-modern.net \
	tools/nets/mnistcnn.net \
	tools/nets/resnet20.net

# Completion for bash, which looks for a file of the command's name.
EXTRA_DIST += tools/lamina.bash-completion
completionsdir = $(datadir)/bash-completion/completions
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(completionsdir)'
	$(INSTALL_DATA) '$(srcdir)/tools/lamina.bash-completion' \
		'$(DESTDIR)$(completionsdir)/lamina'
uninstall-local:
	rm -f '$(DESTDIR)$(completionsdir)/lamina'
