/* SPDX-License-Identifier: MIT */
/* Data sets whose samples have weights, and nets for them. */
#ifndef LAM_TESTS_WEIGHTED_PROBLEM_H
#define LAM_TESTS_WEIGHTED_PROBLEM_H

#include <lamina.h>

#include "tests/kit.h"

enum { IN = 5, CLASSES = 3, N = 26, BATCH = 8, STEPS = 4, EPOCHS = 2 };

static lam_real x[N][IN], near_to[N][2], weights[N], more[N];
static int32_t kinds[N];

static void fill(void)
{
	for (int i = 0; i < N; i++) {
		for (int k = 0; k < IN; k++)
			x[i][k] = (lam_real)((i * 37 + k * 11 + i * i) % 32) / 16 - 1;
		near_to[i][0] = x[i][0] * x[i][1];
		near_to[i][1] = x[i][2];
		kinds[i] = (i * i + i) % CLASSES;
		weights[i] = (lam_real)(i % 4) / 2;
		more[i] = (lam_real)(1 + i % 3);
	}
}

KIT_UNUSED static lam_net *classifier(int threads)
{
	fill();
	return lam_net_create(
		lam_sequential(lam_affine(.out = 8), lam_tanh(), lam_dropout(.p = (lam_real)0.25),
			lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(IN), .max_batch = BATCH, .seed = 9, .threads = threads);
}

KIT_UNUSED static lam_dataset *arrays(const lam_real *of)
{
	return lam_dataset_arrays(x[0], LAM_SHAPE(IN), kinds, N, .weights = of);
}

KIT_UNUSED static lam_optimizer adam(void)
{
	return lam_adam(.lr = (lam_real)0.05);
}

/* Two losses; those of "near" have weights. */
KIT_UNUSED static lam_net *two_losses(int threads)
{
	fill();
	lam_graph *g = lam_graph_new();
	lam_value h = lam_apply(g, lam_sequential(lam_affine(.out = 8), lam_tanh()),
		lam_graph_input(g, "x", LAM_SHAPE(IN)));
	lam_graph_loss(g, lam_softmax_cross_entropy(), lam_apply(g, lam_affine(.out = CLASSES), h),
		.name = "kind");
	lam_graph_loss(g, lam_huber_loss(), lam_apply(g, lam_affine(.out = 2), h), .name = "near");
	return lam_net_create(lam_graph_done(g), .max_batch = BATCH, .seed = 9, .threads = threads);
}

KIT_UNUSED static lam_dataset *fields(const char *of, const lam_real *data)
{
	return lam_dataset_fields(N,
		(const lam_field[]){{"trust", data, .role = LAM_ROLE_WEIGHTS, .of = of},
			{"x", x, .shape = LAM_SHAPE(IN)},
			{"kind", kinds, .role = LAM_ROLE_CLASSES, .classes = CLASSES},
			{"near", near_to, .role = LAM_ROLE_VALUES, .shape = LAM_SHAPE(2)}, {0}});
}

#endif
