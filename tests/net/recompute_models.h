/* SPDX-License-Identifier: MIT */
/* Nets for recompute_test: every way in which values are kept, shared and read again. */
#ifndef LAM_TESTS_RECOMPUTE_MODELS_H
#define LAM_TESTS_RECOMPUTE_MODELS_H

#include "tests/net/two_losses.h"

enum { SIDE = 12, IN = 3 * SIDE * SIDE, CLASSES = 5, MOST = 37, STEPS = 3 };

static lam_real x[MOST * IN], values[MOST * 2];
static int32_t labels[MOST];

static void fill(void)
{
	for (int i = 0; i < MOST * IN; i++)
		x[i] = (lam_real)((i * 7919) % 1013) / 1013 - (lam_real)0.4;
	for (int i = 0; i < MOST; i++)
		labels[i] = i * 3 % CLASSES;
	for (int i = 0; i < MOST * 2; i++)
		values[i] = (lam_real)(i % 7) / 4;
}

static lam_layer *conv(int out, int stride)
{
	return lam_conv2d(.out = out, .kernel = {3}, .pad = {1}, .stride = {stride});
}

static lam_layer *head(int classes)
{
	return lam_sequential(
		lam_global_avg_pool(), lam_affine(.out = classes), lam_softmax_cross_entropy());
}

static lam_layer *plain(void)
{
	return lam_sequential(conv(20, 1), lam_relu(), conv(20, 1), lam_relu(),
		lam_max_pool2d(.kernel = {2}), conv(24, 1), lam_relu(), conv(24, 1), lam_relu(),
		lam_max_pool2d(.kernel = {2}), conv(24, 1), lam_relu(), head(CLASSES));
}

/* Two convolutions beside a shortcut, and a ReLU behind. */
static lam_layer *block(int channels, int stride)
{
	lam_layer *body = lam_sequential(conv(channels, stride), lam_batch_norm(), lam_relu(),
		conv(channels, 1), lam_batch_norm());
	lam_layer *shortcut = stride == 1
		? lam_identity()
		: lam_sequential(lam_conv2d(.out = channels, .kernel = {1}, .stride = {stride}),
			lam_batch_norm());
	return lam_sequential(lam_residual(body, .shortcut = shortcut), lam_relu());
}

static lam_layer *residual(void)
{
	return lam_sequential(conv(16, 1), lam_batch_norm(), lam_relu(), block(16, 1), block(16, 1),
		block(24, 2), block(24, 1), block(32, 2), head(CLASSES));
}

static lam_layer *dense_layer(void)
{
	return lam_concat(lam_identity(), lam_sequential(lam_batch_norm(), lam_relu(), conv(8, 1)));
}

static lam_layer *dense(void)
{
	return lam_sequential(conv(16, 1), dense_layer(), dense_layer(), dense_layer(),
		lam_batch_norm(), lam_relu(), lam_conv2d(.out = 16, .kernel = {1}),
		lam_avg_pool2d(.kernel = {2}), dense_layer(), dense_layer(), dense_layer(),
		lam_batch_norm(), lam_relu(), head(CLASSES));
}

/* Layers that draw random numbers, that save, that keep their inputs or outputs, views, and layers
 * in place. */
static lam_layer *mixed(void)
{
	return lam_sequential(conv(12, 1), lam_tanh(), lam_dropout(.p = (lam_real)0.3), conv(12, 1),
		lam_prelu(), lam_layer_norm(), conv(16, 1), lam_gelu(),
		lam_dropout(.p = (lam_real)0.2), lam_avg_pool2d(.kernel = {2}), lam_sigmoid(),
		conv(16, 1), lam_silu(), lam_instance_norm(), lam_slice(.begin = 4, .end = 16),
		lam_concat(conv(9, 1), lam_sequential(conv(7, 1), lam_relu())), lam_relu(),
		lam_local_response_norm(.window = 3), conv(8, 1), lam_hard_swish(), lam_flatten(),
		lam_affine(.out = 40), lam_relu(), lam_dropout(.p = (lam_real)0.5),
		lam_affine(.out = CLASSES), lam_softmax_cross_entropy());
}

/* A level of a U-net: what is passed by, beside half as large planes. */
static lam_layer *level(lam_layer *inner)
{
	return lam_concat(lam_identity(),
		lam_sequential(lam_max_pool2d(.kernel = {2}), inner,
			lam_upsample2d(.scale = {2}, .mode = LAM_LINEAR)));
}

static lam_layer *two_convs(int channels)
{
	return lam_sequential(
		conv(channels, 1), lam_batch_norm(), lam_relu(), conv(channels, 1), lam_relu());
}

static lam_layer *u_net(void)
{
	return lam_sequential(two_convs(8),
		level(lam_sequential(two_convs(16), level(two_convs(32)), two_convs(16))),
		two_convs(16), head(CLASSES));
}

/* One convolution used three times. */
static lam_layer *shared(void)
{
	lam_layer *first = conv(16, 1), *second = lam_share(first), *third = lam_share(first);
	return lam_sequential(conv(16, 1), lam_relu(), first, lam_relu(), second, lam_relu(), third,
		lam_relu(), head(CLASSES));
}

static lam_layer *two_losses(void)
{
	return lam_layer_new_with_children(&two_losses_class, NULL,
		(lam_layer *[]){lam_sequential(conv(16, 1), lam_batch_norm(), lam_relu(),
					block(16, 1), conv(16, 1), lam_relu()),
			lam_sequential(conv(8, 1), lam_relu(), lam_global_avg_pool(),
				lam_affine(.out = CLASSES)),
			lam_softmax_cross_entropy(.name = "kind"),
			lam_sequential(conv(8, 1), lam_relu(), lam_global_max_pool(),
				lam_affine(.out = 2)),
			lam_mean_squared_error(.name = "price")},
		5);
}

struct model {
	const char *name;
	lam_layer *(*make)(void);
	bool two; /* losses */
};

static const struct model models[] = {{"plain", plain, false}, {"residual", residual, false},
	{"dense", dense, false}, {"mixed", mixed, false}, {"u_net", u_net, false},
	{"shared", shared, false}, {"two_losses", two_losses, true}};
enum { MODELS = sizeof models / sizeof *models };

static lam_layer *vgg112(void)
{
	return lam_sequential(conv(64, 1), lam_relu(), conv(64, 1), lam_relu(),
		lam_max_pool2d(.kernel = {2}), head(10));
}

static lam_layer *resnet18(void)
{
	return lam_sequential(lam_conv2d(.out = 64, .kernel = {7}, .stride = {2}, .pad = {3}),
		lam_batch_norm(), lam_relu(),
		lam_max_pool2d(.kernel = {3}, .stride = {2}, .pad = {1}), block(64, 1),
		block(64, 1), block(128, 2), block(128, 1), block(256, 2), block(256, 1),
		block(512, 2), block(512, 1), head(1000));
}

#endif
