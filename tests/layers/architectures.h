/* SPDX-License-Identifier: MIT */
/* Nets that branch, join and share, as people compose them, in a small size.
 * tests/reference/make_architectures.py composes the same ones in PyTorch. */
#ifndef LAM_TESTS_ARCHITECTURES_H
#define LAM_TESTS_ARCHITECTURES_H

#include <lamina.h>

static lam_layer *conv1(int out)
{
	return lam_conv2d(.out = out, .kernel = {1});
}

/* 3 x 3, and planes keep their size. */
static lam_layer *conv3(int out)
{
	return lam_conv2d(.out = out, .kernel = {3}, .pad = {1});
}

/* Szegedy et al., "Going deeper with convolutions" (2015). */
static lam_layer *inception(void)
{
	return lam_sequential(
		lam_concat(conv1(3), lam_sequential(conv1(2), lam_relu(), conv3(4)),
			lam_sequential(conv1(2), lam_relu(),
				lam_conv2d(.out = 2, .kernel = {5}, .pad = {2})),
			lam_sequential(lam_max_pool2d(.kernel = {3}, .stride = {1}, .pad = {1}),
				conv1(2))),
		lam_relu(), lam_global_avg_pool(), lam_affine(.out = 3),
		lam_softmax_cross_entropy());
}

/* Huang et al., "Densely connected convolutional networks" (2017). */
static lam_layer *dense_layer(void)
{
	return lam_concat(lam_identity(),
		lam_sequential(lam_batch_norm(), lam_relu(),
			lam_conv2d(.out = 2, .kernel = {3}, .pad = {1}, .no_bias = true)));
}

static lam_layer *densenet(void)
{
	return lam_sequential(dense_layer(), dense_layer(), dense_layer(), lam_batch_norm(),
		lam_relu(), lam_global_avg_pool(), lam_affine(.out = 3),
		lam_softmax_cross_entropy());
}

/* Hu et al., "Squeeze-and-excitation networks" (2018): a factor for each channel, which the gate
 * ends. */
static lam_layer *excite(int channels, lam_layer *gate)
{
	return lam_multiply(lam_identity(),
		lam_sequential(lam_global_avg_pool(), lam_affine(.out = 2), lam_relu(),
			lam_affine(.out = channels), gate));
}

static lam_layer *se_resnet(void)
{
	return lam_sequential(
		lam_residual(lam_sequential(
			lam_conv2d(.out = 3, .kernel = {3}, .pad = {1}, .no_bias = true),
			lam_batch_norm(), lam_relu(),
			lam_conv2d(.out = 2, .kernel = {3}, .pad = {1}, .no_bias = true),
			lam_batch_norm(), excite(2, lam_sigmoid()))),
		lam_relu(), lam_global_avg_pool(), lam_affine(.out = 3),
		lam_softmax_cross_entropy());
}

/* Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks" (2018). */
static lam_layer *mobilenet(void)
{
	return lam_sequential(
		lam_residual(lam_sequential(lam_conv2d(.out = 6, .kernel = {1}, .no_bias = true),
			lam_batch_norm(), lam_clip(.most = 6),
			lam_conv2d(.out = 6, .kernel = {3}, .pad = {1}, .groups = 6,
				.no_bias = true),
			lam_batch_norm(), lam_clip(.most = 6),
			lam_conv2d(.out = 2, .kernel = {1}, .no_bias = true), lam_batch_norm())),
		lam_global_avg_pool(), lam_affine(.out = 3), lam_softmax_cross_entropy());
}

/* Howard et al., "Searching for MobileNetV3" (2019). */
static lam_layer *mobilenet_v3(void)
{
	return lam_sequential(
		lam_residual(lam_sequential(lam_conv2d(.out = 6, .kernel = {1}, .no_bias = true),
			lam_batch_norm(), lam_hard_swish(),
			lam_conv2d(.out = 6, .kernel = {5}, .pad = {2}, .groups = 6,
				.no_bias = true),
			lam_batch_norm(), lam_hard_swish(), excite(6, lam_hard_sigmoid()),
			lam_conv2d(.out = 2, .kernel = {1}, .no_bias = true), lam_batch_norm())),
		lam_global_avg_pool(), lam_affine(.out = 3), lam_softmax_cross_entropy());
}

/* Liu et al., "A ConvNet for the 2020s" (2022). The factors begin larger than there, so that the
 * block is learnt in few steps. */
static lam_layer *convnext(void)
{
	return lam_sequential(
		lam_residual(
			lam_sequential(lam_conv2d(.out = 3, .kernel = {7}, .pad = {3}, .groups = 3),
				lam_layer_norm(.channels = true, .eps = (lam_real)1e-6), conv1(12),
				lam_gelu(), conv1(3), lam_layer_scale(.factor = (lam_real)0.5))),
		lam_global_avg_pool(), lam_layer_norm(), lam_affine(.out = 3),
		lam_softmax_cross_entropy());
}

/* Ronneberger et al., "U-Net: convolutional networks for biomedical image segmentation" (2015). */
static lam_layer *twice(int out)
{
	return lam_sequential(conv3(out), lam_relu(), conv3(out), lam_relu());
}

static lam_layer *level(lam_layer *inner, lam_layer *up)
{
	return lam_concat(lam_identity(), lam_sequential(lam_max_pool2d(.kernel = {2}), inner, up));
}

static lam_layer *unet(void)
{
	lam_layer *lowest = level(
		twice(4), lam_transposed_conv2d(.out = 3, .kernel = {2}, .stride = {2}));
	lam_layer *middle = level(lam_sequential(twice(3), lowest, twice(3)),
		lam_upsample2d(.scale = {2}, .mode = LAM_LINEAR));
	return lam_sequential(
		twice(2), middle, twice(2), conv1(3), lam_softmax_cross_entropy(.ignore = -100));
}

/* An image and a vector; a class and a price. */
static lam_layer *two(void)
{
	lam_graph *g = lam_graph_new();
	const lam_value image = lam_graph_input(g, "image", LAM_SHAPE(1, 6, 6));
	const lam_value size = lam_graph_input(g, "size", LAM_SHAPE(2));
	const lam_value seen = lam_apply(g,
		lam_sequential(
			lam_conv2d(.out = 3, .kernel = {3}), lam_relu(), lam_global_avg_pool()),
		image);
	const lam_value both = lam_apply(g, lam_concat(), seen, size);
	const lam_value kind = lam_apply(g, lam_affine(.out = 3), both);
	const lam_value price = lam_apply(g, lam_affine(.out = 1, .name = "price"), both);
	lam_graph_loss(g, lam_softmax_cross_entropy(), kind, .name = "kind");
	lam_graph_loss(
		g, lam_mean_squared_error(), price, .name = "price_error", .weight = (lam_real)0.5);
	return lam_graph_done(g);
}

/* Whether two images are of one kind. Bromley et al., "Signature verification using a siamese time
 * delay neural network" (1993). */
static lam_layer *siamese(void)
{
	lam_graph *g = lam_graph_new();
	const lam_value left = lam_graph_input(g, "left", LAM_SHAPE(1, 4, 4));
	const lam_value right = lam_graph_input(g, "right", LAM_SHAPE(1, 4, 4));
	lam_layer *trunk = lam_sequential(lam_conv2d(.out = 2, .kernel = {3}), lam_tanh(),
		lam_flatten(), lam_affine(.out = 3), lam_tanh());
	lam_layer *same = lam_share(trunk);
	const lam_value a = lam_apply(g, trunk, left), b = lam_apply(g, same, right);
	const lam_value both = lam_apply(g, lam_concat(), a, b);
	lam_graph_loss(g, lam_sigmoid_cross_entropy(), lam_apply(g, lam_affine(.out = 1), both));
	return lam_graph_done(g);
}

/* h_t = tanh(W x_t + b + U h_(t-1)), eight steps, h_0 = 0. */
static lam_layer *recurrence(void)
{
	enum { LENGTH = 8, HIDDEN = 4 };
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, NULL, LAM_SHAPE(LENGTH, 2));
	lam_layer *read = lam_affine(.out = HIDDEN, .name = "read"), *turn = NULL;
	lam_value h = {0};
	for (int t = 0; t < LENGTH; t++) {
		lam_layer *slice = lam_slice(.begin = t, .end = t + 1);
		const lam_value now = lam_apply(
			g, t ? lam_share(read) : read, lam_apply(g, slice, x));
		if (t == 0) {
			h = lam_apply(g, lam_tanh(), now);
			continue;
		}
		lam_layer *again = turn
			? lam_share(turn)
			: lam_affine(.out = HIDDEN, .name = "turn", .no_bias = true);
		turn = turn ? turn : again;
		h = lam_apply(g, lam_tanh(), lam_apply(g, lam_add(), now, lam_apply(g, again, h)));
	}
	lam_graph_loss(
		g, lam_mean_squared_error(), lam_apply(g, lam_affine(.out = 2, .name = "last"), h));
	return lam_graph_done(g);
}

/* The decoder's weight is the encoder's, transposed. */
static lam_layer *autoencoder(void)
{
	lam_layer *encoder = lam_conv2d(.out = 3, .kernel = {1}, .no_bias = true);
	lam_layer *decoder = lam_tie(
		lam_transposed_conv2d(.out = 6, .kernel = {1}, .no_bias = true), encoder);
	return lam_sequential(encoder, lam_tanh(), decoder, lam_mean_squared_error());
}

/* The names are those in the file of PyTorch's values. A rank of 0: the inputs carry their
 * shapes. */
static const struct architecture {
	const char *name;
	lam_layer *(*make)(void);
	lam_shape shape;
} architectures[] = {
	{"inception", inception, {3, {2, 4, 4}}},
	{"densenet", densenet, {3, {2, 4, 4}}},
	{"se_resnet", se_resnet, {3, {2, 4, 4}}},
	{"mobilenet", mobilenet, {3, {2, 4, 4}}},
	{"mobilenet_v3", mobilenet_v3, {3, {2, 4, 4}}},
	{"convnext", convnext, {3, {3, 7, 5}}},
	{"unet", unet, {3, {1, 8, 4}}},
	{"two", two, {0}},
	{"siamese", siamese, {0}},
	{"recurrence", recurrence, {0}},
	{"autoencoder", autoencoder, {3, {6, 1, 1}}},
};
enum { ARCHITECTURES = sizeof architectures / sizeof *architectures };

#endif
