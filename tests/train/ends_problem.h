/* SPDX-License-Identifier: MIT */
/* A net of two inputs and two losses, and data for it: an image and a vector, a class and a value.
 */
#ifndef LAM_TESTS_ENDS_PROBLEM_H
#define LAM_TESTS_ENDS_PROBLEM_H

#include <lamina.h>

#include "tests/kit.h"

enum { COUNT = 83, SIDE = 6, PIXELS = SIDE * SIDE, SIZES = 3, CLASSES = 3, BATCH = 20 };

static lam_real images[COUNT * PIXELS], sizes[COUNT * SIZES], prices[COUNT];
static int32_t kinds[COUNT];

static void fill_ends(void)
{
	for (int i = 0; i < COUNT; i++) {
		kinds[i] = (int32_t)(i * 7 % CLASSES);
		for (int p = 0; p < PIXELS; p++)
			images[i * PIXELS + p] =
				(lam_real)(lam_random_uniform(
						   lam_random(1, (uint64_t)i, (uint64_t)p).word[0])
					+ (p / SIDE / 2 == kinds[i] ? 0.5 : 0));
		for (int k = 0; k < SIZES; k++)
			sizes[i * SIZES + k] = (lam_real)(i * (k + 3) % 11) / 8;
		prices[i] = sizes[i * SIZES] - sizes[i * SIZES + 2] / 2;
	}
}

/* The fields in another order than the net's. */
KIT_UNUSED static lam_dataset *ends_data(int64_t count)
{
	fill_ends();
	return lam_dataset_fields(count,
		(const lam_field[]){
			{"price", prices, .shape = LAM_SHAPE(1), .role = LAM_ROLE_VALUES},
			{"size", sizes, .shape = LAM_SHAPE(SIZES)},
			{"kind", kinds, .role = LAM_ROLE_CLASSES, .classes = CLASSES},
			{"image", images, .shape = LAM_SHAPE(1, SIDE, SIDE)}, {0}});
}

KIT_UNUSED static lam_layer *ends_model(void)
{
	lam_graph *g = lam_graph_new();
	lam_value image = lam_graph_input(g, "image", LAM_SHAPE(1, SIDE, SIDE)),
		  size = lam_graph_input(g, "size", LAM_SHAPE(SIZES));
	lam_value h = lam_apply(g, lam_conv2d(.out = 4, .kernel = {3}), image);
	h = lam_apply(g, lam_flatten(), lam_apply(g, lam_batch_norm(), h));
	h = lam_apply(g, lam_concat(), h, lam_apply(g, lam_affine(.out = 5), size));
	h = lam_apply(g, lam_dropout(.p = (lam_real)0.1), lam_apply(g, lam_relu(), h));
	lam_graph_loss(g, lam_mean_squared_error(), lam_apply(g, lam_affine(.out = 1), h),
		.name = "price", .weight = (lam_real)0.25);
	lam_graph_loss(g, lam_softmax_cross_entropy(), lam_apply(g, lam_affine(.out = CLASSES), h),
		.name = "kind");
	return lam_graph_done(g);
}

KIT_UNUSED static lam_net *ends_net(int threads)
{
	return lam_net_create(ends_model(), .max_batch = BATCH, .seed = 5, .threads = threads);
}

/* Copies all parameters and statistics, one after the other; returns the number of values. */
KIT_UNUSED static size_t copy_ends(lam_net *net, lam_real *to)
{
	size_t at = 0;
	for (int i = 0; i < lam_net_param_count(net) + lam_net_state_count(net); i++) {
		const lam_param *p = i < lam_net_param_count(net)
			? lam_net_param(net, i)
			: lam_net_state(net, i - lam_net_param_count(net));
		const lam_shape shape = lam_param_shape(p);
		const size_t count = (size_t)lam_shape_count(&shape);
		memcpy(to + at, lam_param_value(p), count * sizeof *to);
		at += count;
	}
	return at;
}

enum { VALUES = 2048 };

#endif
