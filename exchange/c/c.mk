# SPDX-License-Identifier: MIT
# A net as one C file. One name per line, sorted.

c_public_headers = \
	exchange/c/export_c.h

c_private_headers = \
	exchange/c/conv.h \
	exchange/c/curves.h \
	exchange/c/graph.h \
	exchange/c/int8.h \
	exchange/c/kinds.h \
	exchange/c/name.h \
	exchange/c/sha256.h \
	exchange/c/text.h \
	exchange/c/write.h

c_sources = \
	exchange/c/build.c \
	exchange/c/conv_text.c \
	exchange/c/curves.c \
	exchange/c/emit.c \
	exchange/c/emit_conv.c \
	exchange/c/emit_map.c \
	exchange/c/emit_norm.c \
	exchange/c/emit_own.c \
	exchange/c/emit_plane.c \
	exchange/c/emit_pool.c \
	exchange/c/emit_transposed.c \
	exchange/c/export.c \
	exchange/c/fuse.c \
	exchange/c/int8_conv.c \
	exchange/c/int8_emit.c \
	exchange/c/int8_ends.c \
	exchange/c/int8_loss.c \
	exchange/c/int8_run.c \
	exchange/c/int8_scale.c \
	exchange/c/int8_text.c \
	exchange/c/kinds.c \
	exchange/c/memory.c \
	exchange/c/name.c \
	exchange/c/nest.c \
	exchange/c/sha256.c \
	exchange/c/test_text.c \
	exchange/c/text.c \
	exchange/c/write.c
