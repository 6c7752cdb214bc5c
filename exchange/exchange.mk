# SPDX-License-Identifier: MIT
# What comes from and goes to other worlds: libraries of their own, because the core needs OpenMP
# and zlib alone.

# Images (lamina-image), by libpng and libjpeg where configure found them. Two small files of the
# core, which it does not export, are built in once more.

image_sources = \
	exchange/images/decode.c \
	exchange/images/decode.h \
	exchange/images/exif.c \
	exchange/images/images.c \
	exchange/images/jpeg.c \
	exchange/images/list.c \
	exchange/images/list.h \
	exchange/images/load.c \
	exchange/images/load.h \
	exchange/images/png.c \
	exchange/images/read.c \
	exchange/images/reader.c \
	exchange/images/resize.c
image_of_core = framework/base/options.c framework/base/shown.c
image_cflags = $(AM_CFLAGS) -O3 $(PNG_CFLAGS) $(JPEG_CFLAGS)
image_libs = $(PNG_LIBS) $(JPEG_LIBS)

pkginclude_HEADERS += exchange/images/lamina-image.h
pkgconfig_DATA += lamina-image.pc lamina-image-double.pc

noinst_LTLIBRARIES += libimage.la libimagedouble.la
libimage_la_SOURCES = $(image_sources)
libimage_la_CFLAGS = $(image_cflags)
libimage_la_LIBADD = $(image_libs)
libimagedouble_la_SOURCES = $(image_sources)
libimagedouble_la_CPPFLAGS = $(double_cppflags)
libimagedouble_la_CFLAGS = $(image_cflags)
libimagedouble_la_LIBADD = $(image_libs)

lib_LTLIBRARIES += liblamina-image.la liblamina-image-double.la
liblamina_image_la_SOURCES = $(image_of_core)
liblamina_image_la_LIBADD = libimage.la liblamina.la
liblamina_image_la_LDFLAGS = $(library_ldflags) $(float_exports)
liblamina_image_double_la_SOURCES = $(image_of_core)
liblamina_image_double_la_CPPFLAGS = $(double_cppflags)
liblamina_image_double_la_LIBADD = libimagedouble.la liblamina-double.la
liblamina_image_double_la_LDFLAGS = $(library_ldflags) $(double_exports)

# Nets from and as ONNX files (lamina-onnx), by protobuf-c where configure found it; without it, the
# functions say so. protoc-c makes structs of the file's description.

if HAVE_ONNX
onnx_sources = \
	exchange/onnx/arena.c \
	exchange/onnx/arena.h \
	exchange/onnx/attributes.c \
	exchange/onnx/class_names.c \
	exchange/onnx/class_names.h \
	exchange/onnx/ends.c \
	exchange/onnx/export.c \
	exchange/onnx/export.h \
	exchange/onnx/export_kinds.c \
	exchange/onnx/export_map.c \
	exchange/onnx/export_nodes.c \
	exchange/onnx/export_norm.c \
	exchange/onnx/export_shape.c \
	exchange/onnx/export_window.c \
	exchange/onnx/file.c \
	exchange/onnx/file.h \
	exchange/onnx/flow.c \
	exchange/onnx/fold.c \
	exchange/onnx/fold.h \
	exchange/onnx/fold_parts.c \
	exchange/onnx/fold_shape.c \
	exchange/onnx/graph.c \
	exchange/onnx/graph.h \
	exchange/onnx/import.c \
	exchange/onnx/import.h \
	exchange/onnx/load.c \
	exchange/onnx/load.h \
	exchange/onnx/make_affine.c \
	exchange/onnx/make_binary.c \
	exchange/onnx/make_conv.c \
	exchange/onnx/make_cut.c \
	exchange/onnx/make_layer_norm.c \
	exchange/onnx/make_map.c \
	exchange/onnx/make_norm.c \
	exchange/onnx/make_parts.c \
	exchange/onnx/make_pixels.c \
	exchange/onnx/make_pool.c \
	exchange/onnx/make_resize.c \
	exchange/onnx/make_shape.c \
	exchange/onnx/names.c \
	exchange/onnx/operators.c \
	exchange/onnx/operators.h \
	exchange/onnx/patterns.c \
	exchange/onnx/save.c \
	exchange/onnx/spread.c \
	exchange/onnx/spread.h \
	exchange/onnx/tensor.c \
	exchange/onnx/tensor.h \
	exchange/onnx/window.h
nodist_onnx_sources = exchange/onnx/onnx.pb-c.c exchange/onnx/onnx.pb-c.h
$(libonnx_la_OBJECTS) $(libonnxdouble_la_OBJECTS): exchange/onnx/onnx.pb-c.h
else
onnx_sources = exchange/onnx/missing.c
nodist_onnx_sources =
endif
onnx_of_core = framework/base/options.c framework/base/shown.c
# What protoc-c writes asserts that it is called with its own messages; a library never aborts.
onnx_cflags = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS) -DNDEBUG
EXTRA_DIST += exchange/onnx/onnx.proto
CLEANFILES += exchange/onnx/onnx.pb-c.c exchange/onnx/onnx.pb-c.h
exchange/onnx/onnx.pb-c.c: $(srcdir)/exchange/onnx/onnx.proto
	@$(MKDIR_P) exchange/onnx
	$(AM_V_GEN)$(PROTOC_C) --proto_path='$(srcdir)/exchange/onnx' --c_out=exchange/onnx \
		onnx.proto
exchange/onnx/onnx.pb-c.h: exchange/onnx/onnx.pb-c.c

pkginclude_HEADERS += exchange/onnx/lamina_onnx.h
pkgconfig_DATA += lamina-onnx.pc lamina-onnx-double.pc

noinst_LTLIBRARIES += libonnx.la libonnxdouble.la
libonnx_la_SOURCES = $(onnx_sources)
nodist_libonnx_la_SOURCES = $(nodist_onnx_sources)
libonnx_la_CFLAGS = $(onnx_cflags)
libonnx_la_LIBADD = $(PROTOBUF_C_LIBS)
libonnxdouble_la_SOURCES = $(onnx_sources)
nodist_libonnxdouble_la_SOURCES = $(nodist_onnx_sources)
libonnxdouble_la_CPPFLAGS = $(double_cppflags)
libonnxdouble_la_CFLAGS = $(onnx_cflags)
libonnxdouble_la_LIBADD = $(PROTOBUF_C_LIBS)

lib_LTLIBRARIES += liblamina-onnx.la liblamina-onnx-double.la
liblamina_onnx_la_SOURCES = $(onnx_of_core)
liblamina_onnx_la_LIBADD = libonnx.la liblamina.la
liblamina_onnx_la_LDFLAGS = $(library_ldflags) $(float_exports)
liblamina_onnx_double_la_SOURCES = $(onnx_of_core)
liblamina_onnx_double_la_CPPFLAGS = $(double_cppflags)
liblamina_onnx_double_la_LIBADD = libonnxdouble.la liblamina-double.la
liblamina_onnx_double_la_LDFLAGS = $(library_ldflags) $(double_exports)

# Ranks by MPI (lamina-mpi), where configure was told to use it (--with-mpi) or has found it.

mpi_sources = exchange/mpi/mpi.c exchange/mpi/near.c exchange/mpi/near.h exchange/mpi/slots.c \
	exchange/mpi/world.c exchange/mpi/world.h
if HAVE_MPI
pkginclude_HEADERS += exchange/mpi/lamina_mpi.h
pkgconfig_DATA += lamina-mpi.pc
noinst_LTLIBRARIES += libmpitransport.la
libmpitransport_la_SOURCES = $(mpi_sources)
libmpitransport_la_CFLAGS = $(AM_CFLAGS) $(MPI_CFLAGS) -Wno-cast-qual
lib_LTLIBRARIES += liblamina-mpi.la
liblamina_mpi_la_SOURCES =
liblamina_mpi_la_LIBADD = libmpitransport.la liblamina.la $(MPI_LIBS)
liblamina_mpi_la_LDFLAGS = $(library_ldflags) $(float_exports)
else
EXTRA_DIST += exchange/mpi/lamina_mpi.h $(mpi_sources)
endif

# The reference has what another build of these sources may have.
reference_headers = $(pkginclude_HEADERS) $(nobase_pkginclude_HEADERS)
if !HAVE_MPI
reference_headers += exchange/mpi/lamina_mpi.h
endif
