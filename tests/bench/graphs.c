/* SPDX-License-Identifier: MIT */
#include "tests/bench/nets.h"

/* Each layer of a dense block reads what all before it wrote, and adds 12 channels. */
static lam_layer *dense_layer(void)
{
	return lam_concat(lam_identity(),
		lam_sequential(lam_batch_norm(), lam_relu(),
			lam_conv2d(.out = 12, .kernel = {3}, .pad = {1})));
}

static lam_layer *dense_block(void)
{
	return lam_sequential(dense_layer(), dense_layer(), dense_layer(), dense_layer(),
		dense_layer(), dense_layer(), dense_layer(), dense_layer(), dense_layer(),
		dense_layer(), dense_layer(), dense_layer());
}

static lam_layer *transition(int channels)
{
	return lam_sequential(lam_batch_norm(), lam_relu(),
		lam_conv2d(.out = channels, .kernel = {1}), lam_avg_pool2d(.kernel = {2}));
}

static lam_layer *densenet40(void)
{
	return lam_sequential(lam_conv2d(.out = 16, .kernel = {3}, .pad = {1}), dense_block(),
		transition(160), dense_block(), transition(304), dense_block(), lam_batch_norm(),
		lam_relu(), lam_global_avg_pool(), lam_affine(.out = 10),
		lam_softmax_cross_entropy());
}

static lam_layer *two_convs(int channels)
{
	return lam_sequential(lam_conv2d(.out = channels, .kernel = {3}, .pad = {1}), lam_relu(),
		lam_conv2d(.out = channels, .kernel = {3}, .pad = {1}), lam_relu());
}

/* Down, `inner`, and up again, beside what is passed by. */
static lam_layer *level(lam_layer *inner)
{
	return lam_concat(lam_identity(),
		lam_sequential(lam_max_pool2d(.kernel = {2}), inner,
			lam_upsample2d(.scale = {2}, .mode = LAM_LINEAR)));
}

static lam_layer *unet(void)
{
	return lam_sequential(two_convs(16),
		level(lam_sequential(two_convs(32), level(two_convs(64)), two_convs(32))),
		two_convs(16), lam_conv2d(.out = 4, .kernel = {1}), lam_softmax_cross_entropy());
}

/* Multiply-adds of the convolutions, and of the affine layer. Dense block b of channels c begins at
 * 16, 160 and 304: 12 layers of 9 x 12 x (12 c + 12 x 66) on 1,024, 256 and 64 pixels. */
#define DENSE(c) (9. * 12 * (12 * (c) + 12 * 66))
#define DENSENET \
	(1024 * (DENSE(16) + 160. * 160) + 256 * (DENSE(160) + 304. * 304) + 64 * DENSE(304) + 4480)
#define UNET \
	(4096. * 9 * (16 * 16 + 48 * 16 + 16 * 16) + 4096. * 64 \
		+ 1024. * 9 * (16 * 32 + 32 * 32 + 96 * 32 + 32 * 32) \
		+ 256. * 9 * (32 * 64 + 64 * 64))

const struct bench_net bench_graphs[] = {
	{"densenet40", densenet40, 3, {3, 32, 32}, 10, 1, 2 * (2 * 1024. * 27 * 16 + 3 * DENSENET)},
	{"unet", unet, 3, {1, 64, 64}, 4, 64 * 64, 2 * (2 * 4096. * 9 * 16 + 3 * UNET)},
};

const int bench_graph_count = sizeof bench_graphs / sizeof *bench_graphs;
