/* SPDX-License-Identifier: MIT */
/* Nets of ordinary size, for tests and measurements of their export, and values for them. */
#ifndef LAM_TESTS_C_NETS_H
#define LAM_TESTS_C_NETS_H

#include "tests/bench/nets.h"

#include <math.h>

/* Random values for every parameter and statistic. */
static inline void c_draw(lam_net *net, unsigned state)
{
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_param *param = lam_net_param(net, i);
		const lam_shape shape = lam_param_shape(param);
		const int64_t count = lam_shape_count(&shape);
		const double size = count > 64 && shape.rank > 1
			? sqrt(3.0 * (double)shape.dim[0] / (double)count)
			: 0.5;
		for (int64_t k = 0; k < count; k++) {
			state = state * 1664525u + 1013904223u;
			lam_param_edit(
				param)[k] = (lam_real)(((double)(state >> 8) / 8388608 - 1) * size);
		}
	}
}

static lam_layer *c_conv_norm(int out, int kernel, int stride, int groups)
{
	return lam_sequential(lam_conv2d(.out = out, .kernel = {kernel}, .stride = {stride},
				      .pad = {kernel / 2, kernel > 1 ? kernel / 2 : LAM_ZERO},
				      .groups = groups, .no_bias = true),
		lam_batch_norm());
}

static lam_layer *c_block(int out, int stride)
{
	lam_layer *body = lam_sequential(
		c_conv_norm(out, 3, stride, 1), lam_relu(), c_conv_norm(out, 3, 1, 1));
	lam_layer *block = stride == 1
		? lam_residual(body)
		: lam_residual(body, .shortcut = c_conv_norm(out, 1, stride, 1));
	return lam_sequential(block, lam_relu());
}

static lam_layer *c_resnet20(void)
{
	return lam_sequential(c_conv_norm(16, 3, 1, 1), lam_relu(), c_block(16, 1), c_block(16, 1),
		c_block(16, 1), c_block(32, 2), c_block(32, 1), c_block(32, 1), c_block(64, 2),
		c_block(64, 1), c_block(64, 1), lam_global_avg_pool(), lam_affine(.out = 10),
		lam_softmax_cross_entropy());
}

static lam_layer *c_separable(int in, int out, int stride)
{
	return lam_sequential(
		c_conv_norm(in, 3, stride, in), lam_clip(), c_conv_norm(out, 1, 1, 1), lam_clip());
}

/* Howard et al., "MobileNets" (2017), for images of 32 x 32. */
static lam_layer *c_mobilenet(void)
{
	return lam_sequential(c_conv_norm(16, 3, 1, 1), lam_clip(), c_separable(16, 32, 1),
		c_separable(32, 64, 2), c_separable(64, 64, 1), c_separable(64, 128, 2),
		c_separable(128, 128, 1), lam_global_avg_pool(), lam_affine(.out = 10),
		lam_softmax_cross_entropy());
}

static lam_layer *c_twice(int out)
{
	return lam_sequential(lam_conv2d(.out = out, .kernel = {3}, .pad = {1}), lam_relu(),
		lam_conv2d(.out = out, .kernel = {3}, .pad = {1}), lam_relu());
}

static lam_layer *c_level(lam_layer *inner, lam_layer *up)
{
	return lam_concat(lam_identity(), lam_sequential(lam_max_pool2d(.kernel = {2}), inner, up));
}

static lam_layer *c_unet(void)
{
	lam_layer *lowest = c_level(
		c_twice(32), lam_transposed_conv2d(.out = 16, .kernel = {2}, .stride = {2}));
	lam_layer *middle = c_level(lam_sequential(c_twice(16), lowest, c_twice(16)),
		lam_upsample2d(.scale = {2}, .mode = LAM_LINEAR));
	return lam_sequential(c_twice(8), middle, c_twice(8), lam_conv2d(.out = 3, .kernel = {1}),
		lam_softmax_cross_entropy());
}

static lam_layer *c_dense(void)
{
	return lam_concat(lam_identity(),
		lam_sequential(lam_batch_norm(), lam_relu(),
			lam_conv2d(.out = 12, .kernel = {3}, .pad = {1}, .no_bias = true)));
}

static lam_layer *c_densenet(void)
{
	return lam_sequential(lam_conv2d(.out = 16, .kernel = {3}, .pad = {1}), c_dense(),
		c_dense(), c_dense(), c_dense(), lam_batch_norm(), lam_relu(),
		lam_conv2d(.out = 32, .kernel = {1}), lam_avg_pool2d(.kernel = {2}), c_dense(),
		c_dense(), lam_batch_norm(), lam_relu(), lam_global_avg_pool(),
		lam_affine(.out = 10), lam_softmax_cross_entropy());
}

/* Scales behind scales. */
static lam_layer *c_scales(void)
{
	return lam_sequential(lam_standardize(.mean = {0.5f, 0.25f}, .std = {2, 0.5f}),
		lam_batch_norm(), lam_conv2d(.out = 5, .kernel = {3}), lam_batch_norm(),
		lam_layer_scale(.factor = 0.5f), lam_batch_norm(), lam_clip(.most = 2));
}

static const struct c_net {
	const char *name;
	lam_layer *(*make)(void); /* NULL: it is the benchmark's net of this name */
	lam_shape shape;
} c_nets[] = {
	{"lenet", NULL, {3, {1, 28, 28}}},
	{"mnistcnn", NULL, {3, {1, 28, 28}}},
	{"ecg1d", NULL, {2, {1, 187}}},
	{"convae", NULL, {3, {1, 28, 28}}},
	{"resnet20", c_resnet20, {3, {3, 32, 32}}},
	{"mobilenet", c_mobilenet, {3, {3, 32, 32}}},
	{"unet", c_unet, {3, {1, 64, 48}}},
	{"scales", c_scales, {3, {2, 6, 5}}},
	{"densenet", c_densenet, {3, {3, 16, 16}}},
};

static lam_layer *c_net_model(const struct c_net *net)
{
	return net->make ? net->make() : bench_net_named(net->name)->model();
}

#endif
