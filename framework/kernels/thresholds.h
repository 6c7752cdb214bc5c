/* SPDX-License-Identifier: MIT */
/* The sizes that kernels and layers cut their work by, and when an algorithm pays.
 *
 * "a: 57, b: 63, c: 62" are GFLOP/s with the number at a, b or c; b is the number that is used
 * here. They are rows of tests/bench/bench_kernels on one core with AVX2. Its peak is 103 GFLOP/s,
 * its caches have 32 and 512 KiB, and a few per cent are noise.
 *
 * Numbers that cut a sum (SUM_TERMS, SUM_PARTIALS, AFFINE_PANEL, WEIGHT_UNITS, WEIGHT_PART_PIXELS,
 * WEIGHT_BAND_PIXELS, WEIGHT_BANDS, WEIGHT_DOT_PANEL, BIAS_PARTS, WINOGRAD_CHUNKS,
 * WINOGRAD_CHUNK_TILES, WINOGRAD_PART_GROUPS, WINOGRAD_CHUNK, CHANNEL_WINOGRAD_GROUP,
 * CHANNEL_WINOGRAD_CHUNK, CHANNEL_WINOGRAD_PART_BYTES, NORM_SLICE_PLACES, NORM_SLICE_LEAST) or
 * choose an algorithm or layout (WINOGRAD_GAIN and the costs beside it, CHANNEL_OWN_COST,
 * CHANNEL_WINOGRAD_NEAR, THIRD_CACHE, FAR_BYTES, the loads and the packs) decide the last bits of a
 * result. After a change of them a saved run does not resume with the same bits. */
#ifndef LAM_THRESHOLDS_H
#define LAM_THRESHOLDS_H

enum {
	/* The most terms that one sum of lam_real adds one after another; and the most such sums
	 * that a second one adds. Longer sums go on in a third one, or in double. A sum of n equal
	 * terms in float is off by up to n 2^-25 of its value, 8e-6 for 256, a sum of random ones
	 * by some root n 2^-25. */
	SUM_TERMS = 256,
	SUM_PARTIALS = 256,

	/* A slice should take much longer than handing it to a thread does, which is a fraction of
	 * a microsecond. A few slices for each thread are enough. */
	CONV_SLICE_PRODUCTS = 20000,  /* of 16 lanes each: 6 us at 100 GFLOP/s */
	CONV_SLICES = 64,             /* at most */
	AFFINE_SLICE_PRODUCTS = 4096, /* of 16 lanes each: 1.3 us a block at 100 GFLOP/s */
	AFFINE_SLICES = 32,           /* at most */
	PACK_SLICE_WEIGHTS = 8192, /* 3 us at 0.42 ns a weight (direct), 20 us at 2.4 (Winograd) */
	PACK_SLICES = 16,          /* at most */
	/* The terms of a panel that is packed at a time: with 32 outputs 32 KiB of floats. */
	PACK_PANEL = 256,
	CHANNEL_SLICE_PRODUCTS = 4000, /* of 16 lanes each: 1.3 us at 100 GFLOP/s */
	CHANNEL_SLICES = 16,           /* at most */
	/* Groups that share lane blocks, one sample. The outputs of a group from which on it gets
	 * blocks of its own (channel_own.h); fewer have strips. One thread of a Zen 3, blocks of
	 * their own beside strips: groups of 24 and 40 channels, 28x28: 1.4, of 24, 14x14: 1.0,
	 * 7x7: 1.2; of 12, 14x14: 1.2, 56x56: 0.94; of 9, 28x28: 0.86. */
	CHANNEL_OWN_LEAST = 9,
	/* The most values there: 256 KiB of floats in the second cache. */
	CHANNEL_OWN_VALUES = 65536,
	/* What it costs to bring a vector to its place there, in multiply-adds. */
	CHANNEL_OWN_COST = 6,
	CHANNEL_AFFINE_SLICE_WEIGHTS = 12288, /* 48 KiB of floats, each read once for a sample */
	/* The weight gradient with channels in the lanes: the most pixels of a band, whose 16
	 * channels of either side are 16 KiB of floats; and the most taps of a chunk. */
	CHANNEL_WEIGHT_PIXELS = 128,
	CHANNEL_WEIGHT_TAPS = 64,
	LAYER_SLICE_FEATURES = 1024, /* 64 KiB of floats in a lane block */

	/* An affine layer with at most this many weights, 256 KiB of floats, runs block by block. A
	 * thread then carries a block through it as through the layers beside it, and the weight
	 * stays in the core's second cache. */
	AFFINE_CHAIN_WEIGHTS = 65536,
	/* The number of terms after which the next tile reads the same x again: 32 KiB of floats
	 * for a block and 512 terms, a first cache. affine 4096->256: 64: 79, 512: 91, 4096: 94. It
	 * equals SUM_TERMS; the benchmark's nets are as fast with 256 as with 512. */
	AFFINE_PANEL = 256,
	/* The most bytes of x that the weight gradient reads again for each panel of outputs: half
	 * of a second cache of 1 MiB. affine 9216->128: 0: 77, 512 KiB: 77, all: 77. */
	AFFINE_STRIP_BYTES = 512 * 1024,

	/* Bytes of x that stay in the second cache while all outputs pass over them. 256->64 1x1:
	 * 64 KiB: 58, 512 KiB: 60, 8 MiB: 59; 64->128 3x3 s2: 74, 70, 68. */
	SWEEP_BAND_BYTES = 512 * 1024,
	/* A plane of one row is cut at multiples of this many pixels, which tiles of 1, 2, 3, 4, 6,
	 * 8 and 12 pixels divide. */
	SWEEP_BAND_PIXELS = 24,

	/* The weight gradient. The most sums of a chunk, unless one output has more taps. 64->128
	 * 3x3 s2: 512: 63, 4096: 63, 32768: 65; 4096 are 128 KiB with AVX2, 256 KiB with
	 * AVX-512. */
	WEIGHT_CHUNK_SUMS = 4096,
	/* The most input channels of a chunk. 256->64 1x1: 4: 49, 16: 63, 64: 63. */
	WEIGHT_CHUNK_CHANNELS = 16,
	/* The most outputs of a chunk. 256->64 1x1: 8: 60, 64: 62, 512: 63. */
	WEIGHT_CHUNK_OUTPUTS = 64,
	/* The most bytes of a chunk's planes that are read in place, unless one plane is larger.
	 * 256->64 1x1: 32 KiB: 47, 256 KiB: 63, 2 MiB: 63. */
	WEIGHT_PLANE_BYTES = 256 * 1024,
	/* The most bytes of planes that are copied. 64->128 3x3 s2: 32 KiB: 64, 128 KiB: 65, 1 MiB:
	 * 61. */
	WEIGHT_COPY_BYTES = 128 * 1024,
	/* The number of pixels after which the next tile reads the same pixels again. 256->64 1x1:
	 * 16: 51, 96: 64, 2048: 64; 64->128 3x3 s2: 65, 66, 66. */
	WEIGHT_BAND_PIXELS = 96,
	/* The number of bands after which the elements of the sums are added to totals in double. A
	 * band's sum has at most 96 terms for each vec of a lane block: 192 with AVX2. */
	WEIGHT_BANDS = 64,
	/* The least number of units, if there is work for them: a few for each of a few threads.
	 * Few samples by Winograd may have half of them (CHANNEL_WINOGRAD_PART_BYTES). */
	WEIGHT_UNITS = 8,
	/* The least number of pixels in a part of the blocks. Adding the elements of a sum takes as
	 * long as a few pixels. */
	WEIGHT_PART_PIXELS = 128,
	/* The weight gradient of 1x1 kernels. The bytes of a tile's vectors in a band, half of a
	 * first cache, and at most SUM_TERMS terms; and of either copy of a band. */
	WEIGHT_DOT_PANEL = 16 * 1024,
	WEIGHT_DOT_COPY = 128 * 1024,
	/* The most parts of the blocks in a bias gradient. It equals WEIGHT_UNITS, so that a thread
	 * reads the blocks whose weight gradient it sums. */
	BIAS_PARTS = WEIGHT_UNITS,

	/* Bytes of a group of transformed tiles: they stay in the second cache while all outputs
	 * pass over them. 128->128 3x3 16x16: 160 KiB: 200, 640 KiB: 215, 2.5 MiB: 214. */
	WINOGRAD_GROUP_BYTES = 640 * 1024,
	/* The least and the most tiles of a group. The least is enough for a product to fill the
	 * columns of a register tile. 3->64 3x3 32x32: 3: 89, 12: 90, 48: 89. */
	WINOGRAD_GROUP_LEAST = 3,
	WINOGRAD_GROUP_MOST = 12,
	/* Winograd's forward of one sample, with channels in the lanes: the bytes of a group's V,
	 * and the least and the most tiles of a group; and what it costs to load a vector of U,
	 * in multiply-adds, if U has at most NEAR bytes, if the third cache may have it, and if it
	 * comes from memory. Measured on a Zen 5, one sample, nets of three layers, microseconds by
	 * direct sums and by Winograd's: 128->128 3x3 7x7 (2.3 MiB) 141, 75; 256->256 (9 MiB) 411,
	 * 213; 96->96 7x7 7x7 (9 MiB) 515, 220; 256->256 3x3 4x4 201, 237; 512->512 7x7 (36 MiB)
	 * 1628, 1581. With two, all but the last two are Winograd's. Of so many layers that the
	 * cache does not hold them they take 1.02 to 1.06 times as long as by direct sums. Each
	 * group loads U again, so of a far one a group's V may have FAR_BYTES: on a Zen 5 ResNet-18
	 * predicts one sample in 0.95 and eight in 0.90 of the time, and trains on four in 0.97. */
	CHANNEL_WINOGRAD_BYTES = 256 * 1024,
	CHANNEL_WINOGRAD_FAR_BYTES = 1024 * 1024,
	CHANNEL_WINOGRAD_LEAST = 6,
	CHANNEL_WINOGRAD_MOST = 24,
	CHANNEL_WINOGRAD_NEAR = 1024 * 1024,
	CHANNEL_WINOGRAD_LOAD = 1,
	CHANNEL_WINOGRAD_THIRD_CACHE = 32 * 1024 * 1024,
	CHANNEL_WINOGRAD_THIRD_LOAD = 2,
	CHANNEL_WINOGRAD_FAR_LOAD = 8,
	/* What it costs to pack a vector of U, for all samples of a step, if U has at most NEAR
	 * bytes, and if it has more. Two layers 64->64 3x3 8x8 train on two samples in 349 us by
	 * Winograd's, in 235 by direct sums (two threads whose caches lie apart; on eight 623,
	 * 976), 256->256 on two in 4539, 2637. */
	CHANNEL_WINOGRAD_PACK = 10,
	CHANNEL_WINOGRAD_FAR_PACK = 20,
	/* The most weights of an element with which all elements are one call: a call of so few
	 * products costs more than they do. A second width of tiles reads all of them again. */
	CHANNEL_WINOGRAD_SMALL = 2048,
	/* Its weight gradient: the tiles of 4 x 4 whose products are added together, of tiles of
	 * 1 x 4 four times as many; and what it costs to add a vector to the sums of other groups,
	 * in multiply-adds. */
	CHANNEL_WINOGRAD_GROUP = 64,
	CHANNEL_WINOGRAD_SUM = 4,
	/* The most channels, and the most outputs, of its chunks if both sides have more. And the
	 * bytes of the sums of all parts: if they would be more, there are fewer parts, but at
	 * least enough for two threads. One core of a Zen 5, eight samples, ms before (chunks of
	 * 64, eight parts) and now: 64->64 3x3 16x16: 0.41, 0.33; 64->128: 0.77, 0.64; 32->32
	 * 32x32: 0.41, 0.36. */
	CHANNEL_WINOGRAD_CHUNK = 32,
	CHANNEL_WINOGRAD_PART_BYTES = 640 * 1024,
	/* Winograd's weight gradient. The most channels, and the most outputs, of a chunk. 256->256
	 * 3x3 8x8: 16: 106, 64: 190, 256: 162. */
	WINOGRAD_CHUNK = 64,
	/* The least number of chunks, if there are enough blocks; equal to WEIGHT_UNITS. */
	WINOGRAD_CHUNKS = WEIGHT_UNITS,
	/* The least groups of tiles of a part of few blocks. On one thread the weight gradients of
	 * unet, one block, take 13.9 to 15.8 ms in parts, and 14.4 to 14.6 without. */
	WINOGRAD_PART_GROUPS = 2,
	/* The number of tiles of 4 x 4 whose products are added together. Of tiles of 1 x 4 eight
	 * times as many are. 128->128 3x3 16x16: 1: 177, 4: 203, 16: 191. */
	WINOGRAD_CHUNK_TILES = 4,

	/* Batch norm sweeps over a group of channels of all blocks, or of one: the bytes of x, and
	 * of dy, that stay in the second cache, and the most channels. The longer the runs that it
	 * reads of each block, the more of them the processor foresees: 256 channels of 8x8, 8
	 * blocks, two threads of a Zen 5: 4 KiB: 18 GB/s, 16 KiB: 31, 64 KiB: 41. */
	BATCH_NORM_BYTES = 512 * 1024,
	BATCH_NORM_CHANNELS = 128,
	/* The least number of groups, if there are channels for them: a few for each thread. */
	BATCH_NORM_SLICES = 8,

	/* Normalisation over the channels of each place. The most places of a slice of backward: a
	 * weight's gradient adds at most SUM_PARTIALS sums of a tile, which has 4 places or more.
	 * And the least: each slice keeps two vectors for every channel. */
	NORM_SLICE_PLACES = 4 * SUM_PARTIALS,
	NORM_SLICE_LEAST = 64,
};

/* When Winograd's algorithm is chosen, counted in multiply-adds. One of its products counts as
 * 1.15, because its loops are shorter than the direct ones. A transformed value counts as seven. B'
 * for three taps takes twelve operations for each row and column of six values, so four for a
 * value. The rest is for loads, stores, and registers that are saved to memory between rows and
 * columns. Winograd's must be faster by a fifth, because the count is rough and it rounds more. */
static const double WINOGRAD_PRODUCT_COST = 1.15;
static const double WINOGRAD_TRANSFORM_COST = 7;
/* With stride 2 neighbours lie apart, and most windows cross a border of their small planes. A net
 * with 32->16 4x4 s2 on 7x7 was slower by 5% with a cost of seven, which chose Winograd there. */
static const double WINOGRAD_STRIDED_COST = 14;
static const double WINOGRAD_GAIN = 0.8;

#endif
