/* SPDX-License-Identifier: MIT */
/* A net with running statistics and data with wrong labels, for tests of averaged weights. */
#ifndef LAM_AVERAGE_PROBLEM_H
#define LAM_AVERAGE_PROBLEM_H

#include "tests/train/fit_problem.h"

enum {
	BATCH = 32,
	EPOCHS = 5,
	STEPS = EPOCHS * 7,
	WEIGHTS = 4 * 9 + 4 + 2 * 4 + CLASSES * 64 + CLASSES + 2 * 4
};

static int32_t other_labels[COUNT];

/* Labels of which a sixth are wrong, so that the validation loss rises again. */
KIT_UNUSED static lam_dataset *mislabelled(void)
{
	for (int i = 0; i < COUNT; i++)
		other_labels[i] = i % 12 < 2 ? (labels[i] + 1) % CLASSES : labels[i];
	return lam_dataset_arrays(images, LAM_SHAPE(1, SIDE, SIDE), other_labels, COUNT);
}

KIT_UNUSED static lam_net *normed_net(int threads)
{
	return lam_net_create(lam_sequential(lam_conv2d(.out = 4, .kernel = {3}), lam_batch_norm(),
				      lam_relu(), lam_dropout(.p = (lam_real)0.1),
				      lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = BATCH, .seed = 4, .threads = threads);
}

/* A parameter or, behind them, a running statistic. */
KIT_UNUSED static lam_param *weight(lam_net *net, int i)
{
	const int params = lam_net_param_count(net);
	return i < params ? lam_net_param(net, i) : lam_net_state(net, i - params);
}

/* Copies all parameters and running statistics from the net, or to it. */
KIT_UNUSED static void move_weights(lam_net *net, lam_real *array, bool to_net)
{
	size_t at = 0;
	for (int i = 0; i < lam_net_param_count(net) + lam_net_state_count(net); i++) {
		const lam_shape shape = lam_param_shape(weight(net, i));
		const size_t count = (size_t)lam_shape_count(&shape);
		require(at + count <= WEIGHTS);
		if (to_net)
			memcpy(lam_param_edit(weight(net, i)), array + at, count * sizeof *array);
		else
			memcpy(array + at, lam_param_value(weight(net, i)), count * sizeof *array);
		at += count;
	}
	check(at == WEIGHTS);
}

#endif
