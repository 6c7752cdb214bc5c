/* SPDX-License-Identifier: MIT */
#include "tests/bench/nets.h"

#include <string.h>

static lam_layer *mlp(void)
{
	return lam_sequential(lam_affine(.out = 256), lam_relu(), lam_affine(.out = 128),
		lam_relu(), lam_affine(.out = 10), lam_softmax_cross_entropy());
}

static lam_layer *lenet(void)
{
	return lam_sequential(lam_conv2d(.out = 6, .kernel = {5}, .pad = {2}), lam_relu(),
		lam_max_pool2d(.kernel = {2}), lam_conv2d(.out = 16, .kernel = {5}), lam_relu(),
		lam_max_pool2d(.kernel = {2}), lam_flatten(), lam_affine(.out = 120), lam_relu(),
		lam_affine(.out = 84), lam_relu(), lam_affine(.out = 10),
		lam_softmax_cross_entropy());
}

static lam_layer *mnistcnn(void)
{
	return lam_sequential(lam_conv2d(.out = 32, .kernel = {3}), lam_relu(),
		lam_conv2d(.out = 64, .kernel = {3}), lam_relu(), lam_max_pool2d(.kernel = {2}),
		lam_flatten(), lam_affine(.out = 128), lam_relu(), lam_affine(.out = 10),
		lam_softmax_cross_entropy());
}

static lam_layer *vggs(void)
{
	return lam_sequential(lam_conv2d(.out = 64, .kernel = {3}, .pad = {1}), lam_relu(),
		lam_conv2d(.out = 64, .kernel = {3}, .pad = {1}), lam_relu(),
		lam_max_pool2d(.kernel = {2}), lam_conv2d(.out = 128, .kernel = {3}, .pad = {1}),
		lam_relu(), lam_conv2d(.out = 128, .kernel = {3}, .pad = {1}), lam_relu(),
		lam_max_pool2d(.kernel = {2}), lam_conv2d(.out = 256, .kernel = {3}, .pad = {1}),
		lam_relu(), lam_max_pool2d(.kernel = {2}), lam_flatten(), lam_affine(.out = 256),
		lam_relu(), lam_affine(.out = 10), lam_softmax_cross_entropy());
}

static lam_layer *ecg1d(void)
{
	return lam_sequential(lam_conv1d(.out = 32, .kernel = 5), lam_relu(),
		lam_max_pool1d(.kernel = 2), lam_conv1d(.out = 64, .kernel = 5), lam_relu(),
		lam_max_pool1d(.kernel = 2), lam_conv1d(.out = 128, .kernel = 3), lam_relu(),
		lam_global_avg_pool(), lam_affine(.out = 5), lam_softmax_cross_entropy());
}

static lam_layer *convae(void)
{
	return lam_sequential(lam_conv2d(.out = 16, .kernel = {3}, .stride = {2}, .pad = {1}),
		lam_relu(), lam_conv2d(.out = 32, .kernel = {3}, .stride = {2}, .pad = {1}),
		lam_relu(),
		lam_transposed_conv2d(.out = 16, .kernel = {4}, .stride = {2}, .pad = {1}),
		lam_relu(),
		lam_transposed_conv2d(.out = 1, .kernel = {4}, .stride = {2}, .pad = {1}),
		lam_sigmoid(), lam_mean_squared_error());
}

/* flops is 2 x (2 x multiply-adds of the first layer + 3 x those of the others). */
const struct bench_net bench_nets[] = {
	{"mlp", mlp, 1, {784}, 10, 1, 2 * (2 * 200704. + 3 * (32768. + 1280))},
	{"lenet", lenet, 3, {1, 28, 28}, 10, 1,
		2 * (2 * 117600. + 3 * (240000. + 48000 + 10080 + 840))},
	{"mnistcnn", mnistcnn, 3, {1, 28, 28}, 10, 1,
		2 * (2 * 194688. + 3 * (10616832. + 1179648 + 1280))},
	{"vggs", vggs, 3, {3, 32, 32}, 10, 1,
		2
			* (2 * 1769472.
				+ 3
					* (37748736. + 18874368 + 37748736 + 18874368 + 1048576
						+ 2560))},
	{"ecg1d", ecg1d, 2, {1, 187}, 5, 1, 2 * (2 * 29280. + 3 * (890880. + 1032192 + 640))},
	{"convae", convae, 3, {1, 28, 28}, 0, 1, 2 * (2 * 28224. + 3 * (225792. + 401408 + 50176))},
};

const int bench_net_count = sizeof bench_nets / sizeof *bench_nets;

const struct bench_net *bench_net_named(const char *name)
{
	for (int i = 0; i < bench_net_count; i++)
		if (!strcmp(bench_nets[i].name, name))
			return &bench_nets[i];
	for (int i = 0; i < bench_graph_count; i++)
		if (!strcmp(bench_graphs[i].name, name))
			return &bench_graphs[i];
	return NULL;
}

lam_shape bench_net_shape(const struct bench_net *net)
{
	return (lam_shape){net->rank, {net->shape[0], net->shape[1], net->shape[2]}};
}
