/* SPDX-License-Identifier: MIT */
/* The gradient check: the largest error of every layer, and how to read the report of a layer with
 * an error planted in it.
 *
 *     gradcheck [--quick]
 *
 * Backward is compared with (L(w + h) - L(w - h)) / 2h. An error is relative to the gradients of
 * its array: 1e-3 is what single precision can tell. Against lamina-double the errors are 1e-9 and
 * less, and the tolerance is 1e-7. */
#include <lamina.h>

#include "usage.h"

#include <stdio.h>

/* y = x s(x), s the sigmoid. Its backward forgets a term: the derivative is s + x s (1 - s). */
static lam_status swish_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	lam_vec_sigmoid(pass->out->data, pass->x->data, (size_t)pass->x->values);
	for (int64_t i = 0; i < pass->x->values; i++)
		pass->out->data[i] *= pass->x->data[i];
	return LAM_OK;
}

static lam_status swish_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	lam_vec_sigmoid(pass->dx->data, pass->x->data, (size_t)pass->x->values);
	for (int64_t i = 0; i < pass->x->values; i++)
		pass->dx->data[i] *= pass->dy->data[i]; /* dy s, without dy x s (1 - s) */
	return LAM_OK;
}

static const lam_layer_class swish_class = {
	LAM_LAYER_ABI,
	.flags = LAM_KEEP_X | LAM_EVAL_BACKWARD,
	.kind = "swish",
	.forward = swish_forward,
	.backward = swish_backward,
};

/* Checks a layer, which is freed, and prints a line of the table. */
static bool check(const char *name, lam_layer *layer, lam_shape shape)
{
	lam_gradcheck_report r = {0};
	const lam_status status = lam_gradcheck(layer, shape, &r, .seed = 1);
	printf("%-24s%-14s%8lld values%11.1e  %s\n", name, lam_shape_text(shape).text,
		(long long)r.checked, r.max_error, status ? lam_error() : "ok");
	return status == LAM_OK;
}

#define CHECK(name, shape, ...) (all = check(#name, lam_##name(__VA_ARGS__), shape) && all)

static bool check_shapers(void)
{
	const lam_shape image = LAM_SHAPE(2, 5, 4), signal = LAM_SHAPE(2, 9);
	bool all = true;
	CHECK(affine, LAM_SHAPE(5), .out = 3);
	CHECK(conv1d, signal, .out = 3, .kernel = 3, .stride = 2, .pad = 1);
	CHECK(conv2d, image, .out = 3, .kernel = {3, 2}, .pad = {1}, .dilation = {1, 2});
	CHECK(transposed_conv1d, signal, .out = 3, .kernel = 3, .stride = 2);
	CHECK(transposed_conv2d, image, .out = 2, .kernel = {3}, .stride = {2}, .pad = {1});
	CHECK(zero_pad1d, signal, .pad = {1, 2});
	CHECK(zero_pad2d, image, .pad = {1, 0, 2, 1});
	CHECK(max_pool1d, signal, .kernel = 2);
	CHECK(max_pool2d, image, .kernel = {2}, .stride = {1});
	CHECK(avg_pool1d, signal, .kernel = 3);
	CHECK(avg_pool2d, image, .kernel = {2});
	CHECK(global_avg_pool, image);
	CHECK(global_max_pool, image);
	CHECK(adaptive_avg_pool1d, signal, .out = 4);
	CHECK(adaptive_avg_pool2d, image, .out = {2});
	CHECK(upsample1d, signal, .scale = 2, .mode = LAM_LINEAR);
	CHECK(upsample2d, image, .scale = {2});
	CHECK(flatten, image);
	CHECK(reshape, image, .shape = LAM_SHAPE(4, 10));
	CHECK(permute, image, .axes = {2, 0, 1});
	CHECK(slice, image, .begin = 1, .end = 2);
	CHECK(pixel_shuffle, LAM_SHAPE(4, 2, 3), .scale = 2);
	CHECK(identity, image);
	return all;
}

static bool check_maps(void)
{
	const lam_shape features = LAM_SHAPE(6), image = LAM_SHAPE(4, 3, 3);
	bool all = true;
	CHECK(relu, features);
	CHECK(leaky_relu, features);
	CHECK(prelu, image);
	CHECK(elu, features);
	CHECK(gelu, features);
	CHECK(silu, features);
	CHECK(sigmoid, features);
	CHECK(hard_sigmoid, features);
	CHECK(hard_swish, features);
	CHECK(tanh, features);
	CHECK(softplus, features);
	CHECK(softmax, features);
	CHECK(clip, features);
	CHECK(scale, features, .factor = 3);
	CHECK(layer_scale, image);
	CHECK(standardize, LAM_SHAPE(2, 3), .mean = {1, 2}, .std = {3, 4});
	CHECK(dropout, image, .p = 0.3f);
	CHECK(batch_norm, image);
	CHECK(layer_norm, features);
	CHECK(group_norm, image, .groups = 2);
	CHECK(instance_norm, image);
	CHECK(local_response_norm, image, .window = 3);
	return all;
}

static bool check_losses(void)
{
	const lam_shape features = LAM_SHAPE(4);
	bool all = true;
	CHECK(softmax_cross_entropy, features, .smoothing = 0.1f);
	CHECK(sigmoid_cross_entropy, features);
	CHECK(mean_squared_error, features);
	CHECK(l1_loss, features);
	CHECK(huber_loss, features);
	all = check("residual", lam_residual(lam_sequential(lam_affine(.out = 4), lam_tanh())),
		      features)
		&& all;
	all = check("concat", lam_concat(lam_identity(), lam_affine(.out = 2)), features) && all;
	all = check("multiply", lam_multiply(lam_identity(), lam_sigmoid()), features) && all;
	return all;
}

/* In a composition each layer is checked alone, so the report names the one that is wrong. */
static bool show_planted_error(void)
{
	lam_gradcheck_report r;
	lam_status status = lam_gradcheck(
		lam_sequential(lam_affine(.out = 6), lam_layer_new(&swish_class, NULL),
			lam_affine(.out = 3), lam_softmax_cross_entropy()),
		LAM_SHAPE(4), &r, .seed = 1);
	if (status != LAM_ERR_NUMERIC)
		return false;
	printf("\nA swish whose backward forgets a term, between two affine layers:\n"
	       "  the sentence   %s\n  the layer      %s\n  its worst      %s\n"
	       "  wrong          %lld of %lld values\n",
		lam_error(), r.layer, r.worst, (long long)r.wrong, (long long)r.checked);
	for (int i = 0; i < 3; i++)
		printf("  %s %s\n", i ? "              " : "and then      ", r.worsts[i + 1]);
	printf("The layer's input gradient is wrong and no other: look at its dx. Were a factor\n"
	       "missing, analytic / numeric would be the same everywhere; here it is not, so a\n"
	       "term is missing. Few wrong values would speak of a border or of an index.\n");
	return true;
}

int main(int argc, char **argv)
{
	quick(&argc, argv); /* it takes a second or two */
	usage(argc, argv, 0, 0,
		"Usage: gradcheck [--quick]\n"
		"Checks the gradients of every layer, and shows the report of a wrong one.\n");
	printf("%-24s%-14s%15s%11s\n", "layer", "input", "compared", "error");
	bool all = check_shapers();
	all = check_maps() && all;
	all = check_losses() && all;
	return show_planted_error() && all ? 0 : 1;
}
