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

# Ranks by MPI (lamina-mpi), where configure was told to use it (--with-mpi) or has found it.

if HAVE_MPI
pkginclude_HEADERS += exchange/mpi/lamina_mpi.h
pkgconfig_DATA += lamina-mpi.pc
noinst_LTLIBRARIES += libmpitransport.la
libmpitransport_la_SOURCES = exchange/mpi/mpi.c
libmpitransport_la_CFLAGS = $(AM_CFLAGS) $(MPI_CFLAGS) -Wno-cast-qual
lib_LTLIBRARIES += liblamina-mpi.la
liblamina_mpi_la_SOURCES =
liblamina_mpi_la_LIBADD = libmpitransport.la liblamina.la $(MPI_LIBS)
liblamina_mpi_la_LDFLAGS = $(library_ldflags) $(float_exports)
else
EXTRA_DIST += exchange/mpi/lamina_mpi.h exchange/mpi/mpi.c
endif

# The reference has what another build of these sources may have.
reference_headers = $(pkginclude_HEADERS) $(nobase_pkginclude_HEADERS)
if !HAVE_MPI
reference_headers += exchange/mpi/lamina_mpi.h
endif
