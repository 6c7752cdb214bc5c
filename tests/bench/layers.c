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

LAYER(softmax, lam_softmax())
LAYER(nearest, lam_upsample2d(.scale = {2}))
LAYER(update_small, lam_affine(.out = 64, .no_bias = true))
LAYER(update_large, lam_affine(.out = 1024, .no_bias = true))

/* Layers that move data, but are no subjects or need other options. */
static const struct bench_layer others[] = {
	{"softmax of 1000", softmax, {1, {1000}}, 128},
	{"upsample2d nearest 2 64x32x32", nearest, {3, {64, 32, 32}}, 32},
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
