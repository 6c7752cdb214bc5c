/* SPDX-License-Identifier: MIT */
/* A small problem for tests of lam_fit(), and a net that learns it. */
#ifndef LAM_TESTS_FIT_PROBLEM_H
#define LAM_TESTS_FIT_PROBLEM_H

#include <lamina.h>

#include "tests/kit.h"

enum { COUNT = 210, SIDE = 6, PIXELS = SIDE * SIDE, CLASSES = 3 };

static lam_real images[COUNT * PIXELS];
static int32_t labels[COUNT];

/* Noise with a bright row, whose index is the class. */
KIT_UNUSED static lam_dataset *striped(void)
{
	for (int i = 0; i < COUNT; i++) {
		labels[i] = i % CLASSES;
		for (int p = 0; p < PIXELS; p++)
			images[i * PIXELS + p] =
				(lam_real)(lam_random_uniform(
						   lam_random(1, (uint64_t)i, (uint64_t)p).word[0])
					+ (p / SIDE / 2 == labels[i] ? 0.5 : 0));
	}
	return lam_dataset_arrays(images, LAM_SHAPE(1, SIDE, SIDE), labels, COUNT);
}

KIT_UNUSED static lam_net *small_net(int threads, uint64_t seed)
{
	return lam_net_create(lam_sequential(lam_conv2d(.out = 4, .kernel = {3}), lam_relu(),
				      lam_dropout(.p = (lam_real)0.1), lam_affine(.out = CLASSES),
				      lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 32, .seed = seed, .threads = threads);
}

/* Copies all parameters, one after the other; returns the number of values. */
KIT_UNUSED static size_t copy_params(lam_net *net, lam_real *to)
{
	size_t at = 0;
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_shape shape = lam_param_shape(lam_net_param(net, i));
		size_t count = (size_t)lam_shape_count(&shape);
		memcpy(to + at, lam_param_value(lam_net_param(net, i)), count * sizeof *to);
		at += count;
	}
	return at;
}

enum { PARAMS = 4 * 9 + 4 + CLASSES * 64 + CLASSES };

#endif
