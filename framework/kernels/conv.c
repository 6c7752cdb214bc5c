/* SPDX-License-Identifier: MIT */
/* Chooses the algorithm of each of a convolution's jobs, by its geometry alone. */
#include "framework/kernels/conv_direct.h"
#include "framework/kernels/conv_front.h"
#include "framework/kernels/conv_weight.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/winograd.h"

static void choose(lam_conv_geometry *g, lam_conv_choice choice)
{
	bool winograd = choice != LAM_CONV_DIRECT && winograd_serves(g);

	for (lam_job job = LAM_FORWARD; job < LAM_JOBS; job++)
		g->algorithm[job] = winograd
				&& (choice == LAM_CONV_WINOGRAD || winograd_pays(g, job))
			? &winograd_algorithm
			: &conv_direct_algorithm;
	if (g->kh == 1 && g->kw == 1 && g->sh == 1 && g->sw == 1 && g->ph == 0 && g->pw == 0
		&& g->oh == g->h && g->ow == g->w) {
		g->w = g->ow = g->h * g->w;
		g->h = g->oh = 1;
	}
}

static int64_t slices(const lam_conv_geometry *g)
{
	return conv_direct_slices(g, 1);
}

static int64_t pack_slices(const lam_conv_geometry *g)
{
	return slices_worth((double)conv_direct_weights(g), PACK_SLICE_WEIGHTS, PACK_SLICES);
}

const struct lam_conv_kernels LAM_KERNEL(conv_kernels) = {
	.choose = choose,
	.slices = slices,
	.pack_slices = pack_slices,
	.bias_gradient = conv_bias_gradient,
	.front_needs = conv_front_needs,
	.front = conv_front_run,
};
