/* SPDX-License-Identifier: MIT */
/* The sizes that kernels and layers cut their work by, and when an algorithm pays.
 *
 * "a: 57, b: 63, c: 62" are GFLOP/s with the number at a, b or c; b is the number that stands here.
 * They are rows of tests/bench/bench_kernels on one core with AVX2, a peak of 103 and 32 and
 * 512 KiB of cache; a few per cent are noise. Numbers that cut a sum (WEIGHT_UNITS,
 * WEIGHT_PART_PIXELS, BIAS_PARTS, WINOGRAD_CHUNKS) decide the last bits of a gradient: a file's
 * training does not resume with the same bits across a change of them. */
#ifndef LAM_THRESHOLDS_H
#define LAM_THRESHOLDS_H

enum {
	/* A slice should outlast its hand-over, a fraction of a microsecond, by far. A few slices
	 * for each thread are enough. */
	CONV_SLICE_PRODUCTS = 20000,  /* of 16 lanes each: 6 us at 100 GFLOP/s */
	CONV_SLICES = 64,             /* at most */
	AFFINE_SLICE_PRODUCTS = 4096, /* of 16 lanes each: 1.3 us a block at 100 GFLOP/s */
	AFFINE_SLICES = 32,           /* at most */
	PACK_SLICE_WEIGHTS = 8192, /* 3 us at 0.42 ns a weight (direct), 20 us at 2.4 (Winograd) */
	PACK_SLICES = 16,          /* at most */
	CHANNEL_SLICE_PRODUCTS = 4000,        /* of 16 lanes each: 1.3 us at 100 GFLOP/s */
	CHANNEL_SLICES = 16,                  /* at most */
	CHANNEL_AFFINE_SLICE_WEIGHTS = 12288, /* 48 KiB of floats, each read once for a sample */
	LAYER_SLICE_FEATURES = 1024,          /* 64 KiB of floats in a lane block */

	/* An affine layer of at most so many weights, 256 KiB of floats, runs block by block, as
	 * one more link of a thread's chain: its weight stays in the core's second cache. */
	AFFINE_CHAIN_WEIGHTS = 65536,
	/* Terms that pass before the next tile reads the same x: 32 KiB of floats for a block, a
	 * first cache. affine 4096->256: 64: 79, 512: 91, 4096: 94. */
	AFFINE_PANEL = 512,
	/* Bytes of x that the weight gradient reads again for each panel of outputs, at most: half
	 * of a second cache of 1 MiB. affine 9216->128: 0: 77, 512 KiB: 77, all: 77. */
	AFFINE_STRIP_BYTES = 512 * 1024,

	/* Bytes of x that stay in the second cache while all outputs pass over them. 256->64 1x1:
	 * 64 KiB: 58, 512 KiB: 60, 8 MiB: 59; 64->128 3x3 s2: 74, 70, 68. */
	SWEEP_BAND_BYTES = 512 * 1024,
	/* A plane of one row is cut at multiples of so many pixels, which tiles of 1, 2, 3, 4, 6, 8
	 * and 12 pixels divide. */
	SWEEP_BAND_PIXELS = 24,

	/* The weight gradient. Sums of a chunk, unless one output has more taps: 64->128 3x3 s2:
	 * 512: 63, 4096: 63, 32768: 65; 4096 are 128 KiB with AVX2, 256 KiB with AVX-512. */
	WEIGHT_CHUNK_SUMS = 4096,
	/* 256->64 1x1: 4: 49, 16: 63, 64: 63. */
	WEIGHT_CHUNK_CHANNELS = 16,
	/* 256->64 1x1: 8: 60, 64: 62, 512: 63. */
	WEIGHT_CHUNK_OUTPUTS = 64,
	/* Bytes of a chunk's planes, unless one is larger. 256->64 1x1: 32 KiB: 47, 256 KiB: 63,
	 * 2 MiB: 63. */
	WEIGHT_PLANE_BYTES = 256 * 1024,
	/* Where they are copied. 64->128 3x3 s2: 32 KiB: 64, 128 KiB: 65, 1 MiB: 61. */
	WEIGHT_COPY_BYTES = 128 * 1024,
	/* Pixels that a tile goes over before the next tile reads them again. 256->64 1x1: 16: 51,
	 * 96: 64, 2048: 64; 64->128 3x3 s2: 65, 66, 66. */
	WEIGHT_BAND_PIXELS = 96,
	/* At least so many units where there is work for them: a few for each of a few threads. */
	WEIGHT_UNITS = 8,
	/* At least so many pixels in a part of the blocks: to add up a sum's elements takes as long
	 * as a few of them. */
	WEIGHT_PART_PIXELS = 128,
	/* Parts of the blocks in a bias gradient, at most: WEIGHT_UNITS, so that a thread reads the
	 * blocks whose weight gradient it sums. */
	BIAS_PARTS = WEIGHT_UNITS,

	/* Bytes of a group of transformed tiles: they stay in the second cache while all outputs
	 * pass over them. 128->128 3x3 16x16: 160 KiB: 200, 640 KiB: 215, 2.5 MiB: 214. */
	WINOGRAD_GROUP_BYTES = 640 * 1024,
	/* Tiles of a group: at least, so that a product has as many columns as a register tile; and
	 * at most. 3->64 3x3 32x32: 3: 89, 12: 90, 48: 89. */
	WINOGRAD_GROUP_LEAST = 3,
	WINOGRAD_GROUP_MOST = 12,
	/* Its weight gradient. Channels and outputs of a chunk: 256->256 3x3 8x8: 16: 106, 64: 190,
	 * 256: 162. */
	WINOGRAD_CHUNK = 64,
	/* At least so many chunks where there are blocks enough, as WEIGHT_UNITS. */
	WINOGRAD_CHUNKS = WEIGHT_UNITS,
	/* Tiles of 4 x 4 whose products are added in one go; of 1 x 4: eight times as many.
	 * 128->128 3x3 16x16: 1: 177, 4: 203, 16: 191. */
	WINOGRAD_CHUNK_TILES = 4,

	/* Channels of a group in batch norm, and places from which on a channel is a group: 64 are
	 * 4 KiB of floats in a lane block. */
	BATCH_NORM_PLACES = 64,
};

/* When Winograd's algorithm pays, in multiply-adds. A product counts for more than one, for its
 * loops are shorter than the direct ones. A transformed value counts as seven: B' for three taps
 * takes twelve operations for each row and column of six, so four for a value; the rest is for
 * loads, stores, and spills between rows and columns. It has to win by a fifth, for the count is
 * rough, and it rounds more. */
static const double WINOGRAD_PRODUCT_COST = 1.15;
static const double WINOGRAD_TRANSFORM_COST = 7;
static const double WINOGRAD_GAIN = 0.8;

#endif
