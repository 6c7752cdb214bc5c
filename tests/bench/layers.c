/* SPDX-License-Identifier: MIT */
#include "tests/bench/layers.h"

#include "tests/battery/subjects.h"

#include <stdio.h>

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
LAYER(conv_16_3, lam_conv2d(.out = 16, .kernel = {3}, .pad = {1}))
LAYER(conv_48, lam_conv2d(.out = 48, .kernel = {3}, .stride = {2}, .pad = {1}))
LAYER(conv_seven, lam_conv2d(.out = 64, .kernel = {7}, .stride = {2}, .pad = {3}))
LAYER(conv_point_96, lam_conv2d(.out = 96, .kernel = {1}))
LAYER(conv_point_256, lam_conv2d(.out = 256, .kernel = {1}))
LAYER(conv_point_stride, lam_conv2d(.out = 64, .kernel = {1}, .stride = {2}))
LAYER(conv_depth_256, lam_conv2d(.out = 256, .kernel = {3}, .pad = {1}, .groups = 256))
LAYER(conv_depth_stride,
	lam_conv2d(.out = 128, .kernel = {3}, .stride = {2}, .pad = {1}, .groups = 128))
LAYER(conv_groups, lam_conv2d(.out = 64, .kernel = {3}, .pad = {1}, .groups = 8))
LAYER(conv_transposed_64,
	lam_transposed_conv2d(.out = 64, .kernel = {4}, .stride = {2}, .pad = {1}))
LAYER(conv_signal_dilated, lam_conv1d(.out = 64, .kernel = 3, .pad = 4, .dilation = 4))
LAYER(affine_128, lam_affine(.out = 128))
LAYER(affine_256, lam_affine(.out = 256))
LAYER(affine_2048, lam_affine(.out = 2048))

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
	{"16->16 3x3 28x28", conv_16_3, {3, {16, 28, 28}}, 32},
	{"32->32 3x3 20x20", conv_32, {3, {32, 20, 20}}, 32},
	{"24->48 3x3 s2 28x28", conv_48, {3, {24, 28, 28}}, 32},
	{"64->64 3x3 96x96", conv_64, {3, {64, 96, 96}}, 16},
	{"3->64 7x7 s2 160x160", conv_seven, {3, {3, 160, 160}}, 16},
	{"48->96 1x1 24x24", conv_point_96, {3, {48, 24, 24}}, 32},
	{"256->256 1x1 8x8", conv_point_256, {3, {256, 8, 8}}, 32},
	{"32->64 1x1 s2 24x24", conv_point_stride, {3, {32, 24, 24}}, 32},
	{"depthwise 256 3x3 8x8", conv_depth_256, {3, {256, 8, 8}}, 32},
	{"depthwise 128 3x3 s2 20x20", conv_depth_stride, {3, {128, 20, 20}}, 32},
	{"64->64 3x3 32x32, 8 groups", conv_groups, {3, {64, 32, 32}}, 32},
	{"transposed 128->64 k4 s2 8x8", conv_transposed_64, {3, {128, 8, 8}}, 32},
	{"conv1d 64->64 k3 d4 768", conv_signal_dilated, {2, {64, 768}}, 32},
	{"affine 9216->128", affine_128, {1, {9216}}, 128},
	{"affine 784->256", affine_256, {1, {784}}, 128},
	{"affine 2048->2048", affine_2048, {1, {2048}}, 256},
	{"affine 3072->2048, 32 samples", affine_2048, {1, {3072}}, 32},
	{"depthwise 64 3x3 32x32, 128 samples", conv_depth, {3, {64, 32, 32}}, 128},
	/* Few samples: channels in the lanes. */
	{"64->64 3x3 40x40, 4 samples", conv_64, {3, {64, 40, 40}}, 4},
	{"128->128 3x3 28x28, 4 samples", conv_128, {3, {128, 28, 28}}, 4},
	{"32->32 3x3 20x20, 4 samples", conv_32, {3, {32, 20, 20}}, 4},
	{"256->256 3x3 10x10, 4 samples", conv_256, {3, {256, 10, 10}}, 4},
	{"64->128 3x3 s2 40x40, 4 samples", conv_stride, {3, {64, 40, 40}}, 4},
	{"24->48 3x3 s2 28x28, 4 samples", conv_48, {3, {24, 28, 28}}, 4},
	{"32->64 1x1 s2 24x24, 4 samples", conv_point_stride, {3, {32, 24, 24}}, 4},
	{"256->256 1x1 8x8, 4 samples", conv_point_256, {3, {256, 8, 8}}, 4},
	{"3->64 3x3 96x96, 4 samples", conv_64, {3, {3, 96, 96}}, 4},
	{"3->64 7x7 s2 160x160, 4 samples", conv_seven, {3, {3, 160, 160}}, 4},
};
const int bench_layer_count = sizeof bench_layers_alone / sizeof *bench_layers_alone;

LAYER(softmax, lam_softmax())
LAYER(norm_relu, lam_sequential(lam_batch_norm(), lam_relu()))
LAYER(norm_sum_relu, lam_sequential(lam_residual(lam_batch_norm()), lam_relu()))
LAYER(pool_three, lam_max_pool2d(.kernel = {3}, .stride = {2}, .pad = {1}))
LAYER(nearest, lam_upsample2d(.scale = {2}))
LAYER(update_small, lam_affine(.out = 64, .no_bias = true))
LAYER(update_large, lam_affine(.out = 1024, .no_bias = true))

/* Layers that move data, but are no subjects or need other options. */
static const struct bench_layer others[] = {
	{"softmax of 1000", softmax, {1, {1000}}, 128},
	{"upsample2d nearest 2 64x32x32", nearest, {3, {64, 32, 32}}, 32},
	{"batch_norm, ReLU 16x16x8", norm_relu, {3, {16, 16, 8}}, 32},
	{"batch_norm, ReLU 64x32x32", norm_relu, {3, {64, 32, 32}}, 32},
	{"batch_norm, sum, ReLU 16x16x8", norm_sum_relu, {3, {16, 16, 8}}, 32},
	{"batch_norm, sum, ReLU 64x32x32", norm_sum_relu, {3, {64, 32, 32}}, 32},
	{"batch_norm, ReLU 64x56x56, 4", norm_relu, {3, {64, 56, 56}}, 4},
	{"batch_norm, sum, ReLU 64x56x56, 4", norm_sum_relu, {3, {64, 56, 56}}, 4},
	{"max_pool2d 3x3 s2 64x56x56", pool_three, {3, {64, 56, 56}}, 16},
	{"SGD with momentum, 32 Ki", update_small, {1, {512}}, 16},
	{"SGD with momentum, 1 Mi", update_large, {1, {1024}}, 16},
};
enum { OTHERS = sizeof others / sizeof *others };

/* Two sizes: at batch 32 the data of one thread fit a core's own cache, or do not. */
static const struct {
	const char *name;
	lam_shape shape;
} sizes[] = {{"16x16x8", {3, {16, 16, 8}}}, {"64x32x32", {3, {64, 32, 32}}}};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Subject `index` of those that are measured; NULL after the last. */
static const struct subject *measured(int index)
{
	const struct subject *s;
	for (int i = 0; (s = battery_subject(i)); i++)
		if (s->measured && index-- == 0)
			return s;
	return NULL;
}

bool bench_moving_layer(int index, struct bench_moving *moving)
{
	const struct subject *s = measured(index / SIZES);
	int subjects = 0;
	while (measured(subjects))
		subjects++;
	if (!s && index >= subjects * SIZES + OTHERS)
		return false;
	*moving = (struct bench_moving){.subject = s};
	if (!s) {
		moving->layer = others[index - subjects * SIZES];
		return true;
	}
	snprintf(moving->label, sizeof moving->label, "%s %s", s->measured,
		sizes[index % SIZES].name);
	moving->layer = (struct bench_layer){moving->label, NULL, sizes[index % SIZES].shape, 32};
	return true;
}

lam_layer *bench_moving_make(const struct bench_moving *moving)
{
	lam_shape out;
	return moving->subject ? battery_ordinary(moving->subject, moving->layer.shape, &out)
			       : moving->layer.make();
}
