# SPDX-License-Identifier: MIT
# Kernels: every source but those of shapes once per ISA and precision, with -DLAM_ISA=<isa> and
# that ISA's flags; framework/base/isa.c picks one table at start-up. A product and a sum may become
# one fused operation here. One name per line, sorted.
#
# docs/design.md says how to add an ISA.

kernel_private_headers = \
	framework/kernels/affine.h \
	framework/kernels/affine_outer.h \
	framework/kernels/affine_panel.h \
	framework/kernels/affine_weight.h \
	framework/kernels/channel.h \
	framework/kernels/channel_affine_weight.h \
	framework/kernels/channel_conv.h \
	framework/kernels/channel_front.h \
	framework/kernels/channel_own.h \
	framework/kernels/channel_pack.h \
	framework/kernels/channel_strips.h \
	framework/kernels/channel_sweep.h \
	framework/kernels/channel_tile.h \
	framework/kernels/channel_weight.h \
	framework/kernels/channel_weight_cut.h \
	framework/kernels/channel_winograd.h \
	framework/kernels/conv.h \
	framework/kernels/conv_axis.h \
	framework/kernels/conv_direct.h \
	framework/kernels/conv_front.h \
	framework/kernels/conv_sweep.h \
	framework/kernels/conv_weight.h \
	framework/kernels/curves.h \
	framework/kernels/finish.h \
	framework/kernels/finish_vec.h \
	framework/kernels/gate.h \
	framework/kernels/gate_vec.h \
	framework/kernels/kernels.h \
	framework/kernels/map.h \
	framework/kernels/map_parts.h \
	framework/kernels/norm.h \
	framework/kernels/norm_parts.h \
	framework/kernels/philox.h \
	framework/kernels/pool.h \
	framework/kernels/pool_index.h \
	framework/kernels/pool_parts.h \
	framework/kernels/pool_window.h \
	framework/kernels/reduce.h \
	framework/kernels/reduce_parts.h \
	framework/kernels/shuffle.h \
	framework/kernels/sizes.h \
	framework/kernels/strips.h \
	framework/kernels/sweep_shape.h \
	framework/kernels/taker.h \
	framework/kernels/thresholds.h \
	framework/kernels/tile.h \
	framework/kernels/tile_finish.h \
	framework/kernels/transpose.h framework/kernels/transpose_own.h \
	framework/kernels/update.h \
	framework/kernels/upsample.h \
	framework/kernels/vec_own.h \
	framework/kernels/vector.h \
	framework/kernels/vector_asm.h \
	framework/kernels/vector_math.h \
	framework/kernels/vector_math_pieces.h \
	framework/kernels/vector_math_terms.h \
	framework/kernels/winograd.h \
	framework/kernels/winograd_grid.h \
	framework/kernels/winograd_map.h \
	framework/kernels/winograd_outlier.h \
	framework/kernels/winograd_store.h \
	framework/kernels/winograd_transform.h \
	framework/kernels/winograd_weight.h

# What follows from shapes alone is the same for every instruction set: compiled once per precision,
# with the library's flags. A pragma hides its functions.
shape_sources = \
	framework/kernels/channel_weight_cut.c \
	framework/kernels/strips.c \
	framework/kernels/sweep_shape.c \
	framework/kernels/winograd_grid.c

kernel_sources = \
	framework/kernels/affine.c \
	framework/kernels/affine_outer.c \
	framework/kernels/affine_panel.c \
	framework/kernels/affine_rows.c \
	framework/kernels/affine_stream.c \
	framework/kernels/affine_turned.c \
	framework/kernels/affine_weight.c \
	framework/kernels/channel_affine.c \
	framework/kernels/channel_affine_weight.c \
	framework/kernels/channel_conv.c \
	framework/kernels/channel_front.c \
	framework/kernels/channel_long.c \
	framework/kernels/channel_outlier.c \
	framework/kernels/channel_own.c \
	framework/kernels/channel_pack.c \
	framework/kernels/channel_plane.c \
	framework/kernels/channel_strips.c \
	framework/kernels/channel_sweep.c \
	framework/kernels/channel_tile.c \
	framework/kernels/channel_weight.c \
	framework/kernels/channel_weight_needs.c \
	framework/kernels/channel_weight_tile.c \
	framework/kernels/channel_winograd.c \
	framework/kernels/channel_winograd_pack.c \
	framework/kernels/channel_winograd_weight.c \
	framework/kernels/conv.c \
	framework/kernels/conv_bias.c \
	framework/kernels/conv_direct.c \
	framework/kernels/conv_front.c \
	framework/kernels/conv_sweep.c \
	framework/kernels/conv_weight.c \
	framework/kernels/conv_weight_dot.c \
	framework/kernels/conv_weight_tile.c \
	framework/kernels/map.c \
	framework/kernels/map_channel.c \
	framework/kernels/map_curve.c \
	framework/kernels/map_dropout.c \
	framework/kernels/map_gate.c \
	framework/kernels/map_multiply.c \
	framework/kernels/norm.c \
	framework/kernels/norm_backward.c \
	framework/kernels/norm_channel.c \
	framework/kernels/norm_gradient.c \
	framework/kernels/norm_moments.c \
	framework/kernels/norm_places.c \
	framework/kernels/norm_window.c \
	framework/kernels/pool.c \
	framework/kernels/pool_average.c \
	framework/kernels/pool_max.c \
	framework/kernels/pool_max_backward.c \
	framework/kernels/pool_window.c \
	framework/kernels/reduce.c \
	framework/kernels/reduce_binary.c \
	framework/kernels/reduce_channel.c \
	framework/kernels/reduce_cross_entropy.c \
	framework/kernels/reduce_lane.c \
	framework/kernels/reduce_lanes.c \
	framework/kernels/reduce_mixed.c \
	framework/kernels/reduce_places.c \
	framework/kernels/table.c \
	framework/kernels/tile.c \
	framework/kernels/tile_long.c \
	framework/kernels/transpose.c \
	framework/kernels/update.c \
	framework/kernels/upsample.c \
	framework/kernels/winograd.c \
	framework/kernels/winograd_finish.c \
	framework/kernels/winograd_map.c \
	framework/kernels/winograd_direct.c \
	framework/kernels/winograd_outlier.c \
	framework/kernels/winograd_store.c \
	framework/kernels/winograd_weight.c \
	framework/kernels/winograd_window.c

# Nothing here is public: hidden, so that the version script's lam_* does not pick it up.
# Nothing unwinds through them: without tables for it the library is smaller by a twentieth. Nor do
# functions begin at multiples of 16, as loops do.
kernel_cflags = $(common_cflags) -ffp-contract=fast -fvisibility=hidden \
	-fno-asynchronous-unwind-tables -fno-align-functions $(KERNEL_CFLAGS)

# Where others do the work, the plain ones are for machines that are rare by now: made small,
# and LAM_SMALL leaves shapes of tiles out.
if HAVE_AVX2
base_cflags = $(kernel_cflags) -Os
base_small = -DLAM_SMALL
else
base_cflags = $(kernel_cflags)
base_small =
endif

noinst_LTLIBRARIES += libkernels-base.la libkernels-base-double.la
float_kernels = libkernels-base.la
double_kernels = libkernels-base-double.la

libkernels_base_la_SOURCES = $(kernel_sources) $(kernel_private_headers)
libkernels_base_la_CPPFLAGS = $(AM_CPPFLAGS) -DLAM_ISA=base $(base_small)
libkernels_base_la_CFLAGS = $(base_cflags)
libkernels_base_double_la_SOURCES = $(kernel_sources) $(kernel_private_headers)
libkernels_base_double_la_CPPFLAGS = $(double_cppflags) -DLAM_ISA=base $(base_small)
libkernels_base_double_la_CFLAGS = $(base_cflags)

if HAVE_AVX2
noinst_LTLIBRARIES += libkernels-avx2.la libkernels-avx2-double.la
float_kernels += libkernels-avx2.la
double_kernels += libkernels-avx2-double.la

libkernels_avx2_la_SOURCES = $(kernel_sources) $(kernel_private_headers)
libkernels_avx2_la_CPPFLAGS = $(AM_CPPFLAGS) -DLAM_ISA=avx2
libkernels_avx2_la_CFLAGS = $(kernel_cflags) $(AVX2_CFLAGS)
libkernels_avx2_double_la_SOURCES = $(kernel_sources) $(kernel_private_headers)
libkernels_avx2_double_la_CPPFLAGS = $(double_cppflags) -DLAM_ISA=avx2
libkernels_avx2_double_la_CFLAGS = $(kernel_cflags) $(AVX2_CFLAGS)
endif

if HAVE_AVX512
noinst_LTLIBRARIES += libkernels-avx512.la libkernels-avx512-double.la
float_kernels += libkernels-avx512.la
double_kernels += libkernels-avx512-double.la

libkernels_avx512_la_SOURCES = $(kernel_sources) $(kernel_private_headers)
libkernels_avx512_la_CPPFLAGS = $(AM_CPPFLAGS) -DLAM_ISA=avx512
libkernels_avx512_la_CFLAGS = $(kernel_cflags) $(AVX512_CFLAGS)
libkernels_avx512_double_la_SOURCES = $(kernel_sources) $(kernel_private_headers)
libkernels_avx512_double_la_CPPFLAGS = $(double_cppflags) -DLAM_ISA=avx512
libkernels_avx512_double_la_CFLAGS = $(kernel_cflags) $(AVX512_CFLAGS)
endif
