/* SPDX-License-Identifier: MIT */
#include "tests/bench/layers.h"

#define LAYER(name, constructor) \
	static lam_layer *name(void) \
	{ \
		return constructor; \
	}

LAYER(conv_64, lam_conv2d(.out = 64, .kernel = {3}, .pad = {1}))
LAYER(conv_128, lam_conv2d(.out = 128, .kernel = {3}, .pad = {1}))
LAYER(conv_256, lam_conv2d(.out = 256, .kernel = {3}, .pad = {1}))
LAYER(conv_32, lam_conv2d(.out = 32, .kernel = {3}, .pad = {1}))
LAYER(conv_6, lam_conv2d(.out = 6, .kernel = {5}, .pad = {2}))
LAYER(conv_16, lam_conv2d(.out = 16, .kernel = {5}))
LAYER(conv_stride, lam_conv2d(.out = 128, .kernel = {3}, .stride = {2}, .pad = {1}))
LAYER(conv_point, lam_conv2d(.out = 64, .kernel = {1}))
LAYER(conv_depth, lam_conv2d(.out = 64, .kernel = {3}, .pad = {1}, .groups = 64))
LAYER(conv_transposed, lam_transposed_conv2d(.out = 32, .kernel = {4}, .stride = {2}, .pad = {1}))
LAYER(conv_signal, lam_conv1d(.out = 64, .kernel = 5, .pad = 2))
LAYER(affine_128, lam_affine(.out = 128))
LAYER(affine_256, lam_affine(.out = 256))

const struct bench_layer bench_layers_alone[] = {
	{"64->64 3x3 32x32", conv_64, {3, {64, 32, 32}}, 32},
	{"128->128 3x3 16x16", conv_128, {3, {128, 16, 16}}, 32},
	{"256->256 3x3 8x8", conv_256, {3, {256, 8, 8}}, 32},
	{"3->64 3x3 32x32", conv_64, {3, {3, 32, 32}}, 32},
	{"1->32 3x3 28x28", conv_32, {3, {1, 28, 28}}, 32},
	{"1->6 5x5 28x28 p2", conv_6, {3, {1, 28, 28}}, 32},
	{"6->16 5x5 14x14", conv_16, {3, {6, 14, 14}}, 32},
	{"64->128 3x3 s2 32x32", conv_stride, {3, {64, 32, 32}}, 32},
	{"256->64 1x1 16x16", conv_point, {3, {256, 16, 16}}, 32},
	{"depthwise 64 3x3 32x32", conv_depth, {3, {64, 32, 32}}, 32},
	{"transposed 64->32 k4 s2 16x16", conv_transposed, {3, {64, 16, 16}}, 32},
	{"conv1d 64->64 k5 256", conv_signal, {2, {64, 256}}, 32},
	{"affine 9216->128", affine_128, {1, {9216}}, 128},
	{"affine 784->256", affine_256, {1, {784}}, 128},
};
const int bench_layer_count = sizeof bench_layers_alone / sizeof *bench_layers_alone;

LAYER(relu, lam_relu())
LAYER(leaky_relu, lam_leaky_relu())
LAYER(sigmoid, lam_sigmoid())
LAYER(tanh_, lam_tanh())
LAYER(gelu, lam_gelu())
LAYER(silu, lam_silu())
LAYER(max_pool, lam_max_pool2d(.kernel = {2}))
LAYER(avg_pool, lam_avg_pool2d(.kernel = {2}))
LAYER(global_avg_pool, lam_global_avg_pool())
LAYER(zero_pad, lam_zero_pad2d(.pad = {1, 1, 1, 1}))
LAYER(softmax, lam_softmax())
LAYER(dropout, lam_dropout(.p = (lam_real)0.25))
LAYER(batch_norm, lam_batch_norm())
LAYER(update_small, lam_affine(.out = 64, .no_bias = true))
LAYER(update_large, lam_affine(.out = 1024, .no_bias = true))

/* Two sizes: at batch 32 the data of one thread fit a core's own cache, or do not. */
#define BOTH(name, make) \
	{name " 16x16x8", make, {3, {16, 16, 8}}, 32}, \
	{ \
		name " 64x32x32", make, {3, {64, 32, 32}}, 32 \
	}

const struct bench_layer bench_moving_layers[] = {
	BOTH("relu", relu),
	BOTH("leaky_relu", leaky_relu),
	BOTH("sigmoid", sigmoid),
	BOTH("tanh", tanh_),
	BOTH("gelu", gelu),
	BOTH("silu", silu),
	BOTH("max_pool2d 2x2", max_pool),
	BOTH("avg_pool2d 2x2", avg_pool),
	BOTH("global_avg_pool", global_avg_pool),
	BOTH("zero_pad2d 1", zero_pad),
	BOTH("dropout", dropout),
	BOTH("batch_norm", batch_norm),
	{"softmax of 1000", softmax, {1, {1000}}, 128},
	{"SGD with momentum, 32 Ki", update_small, {1, {512}}, 16},
	{"SGD with momentum, 1 Mi", update_large, {1, {1024}}, 16},
};
const int bench_moving_count = sizeof bench_moving_layers / sizeof *bench_moving_layers;
