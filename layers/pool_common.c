/* SPDX-License-Identifier: MIT */
/* Shapes of pooling, as PyTorch's. A kernel of k values with dilation d covers k' = d (k - 1) + 1
 * values. Along a side of n values there are
 *
 *   floor((n + 2 pad - k') / stride) + 1
 *
 * windows. Ceil mode uses the ceiling, but drops a last window that would begin after the input.
 * Sizes come from the caller and are at most INT_MAX, so a product of two fits int64_t. */
#include "layers/pool_common.h"

#include "framework/kernels/kernels.h"

/* "5x5", or "5" for signals. */
static lam_shape_string text(const struct pool_setup *setup, const int64_t side[2])
{
	return lam_shape_text(setup->sides == 1 ? LAM_SHAPE(side[1]) : LAM_SHAPE(side[0], side[1]));
}

lam_status lam_pool_init(lam_layer *self, struct pool_setup setup)
{
	struct pool *pool = lam_layer_state(self);
	for (int i = 0; i < 2; i++) {
		if (setup.stride[i] == 0)
			setup.stride[i] = setup.kernel[i];
		if (setup.pad[i] > setup.kernel[i] / 2)
			return lam_fail(LAM_ERR_ARGUMENT, "pad %s is more than half of kernel %s",
				text(&setup, setup.pad).text, text(&setup, setup.kernel).text);
	}
	if (setup.kernel[0] * setup.kernel[1] > INT_MAX)
		return lam_fail(LAM_ERR_ARGUMENT, "kernel %s has more than %d values",
			text(&setup, setup.kernel).text, INT_MAX);
	pool->setup = setup;
	return LAM_OK;
}

/* The number of windows along a side; less than 1 if the kernel does not fit. */
static int64_t windows(int64_t n, int64_t covered, int64_t stride, int64_t pad, bool ceil_mode)
{
	const int64_t room = n + 2 * pad - covered + (ceil_mode ? stride - 1 : 0);
	if (room < 0)
		return 0;
	const int64_t last = room / stride;
	return ceil_mode && last * stride >= n + pad ? last : last + 1;
}

lam_status lam_pool_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct pool *pool = lam_layer_state(self);
	const struct pool_setup *setup = &pool->setup;
	if (in->rank != setup->sides + 1)
		return lam_fail(LAM_ERR_SHAPE, "an input of rank %d (%s): %s takes %s", in->rank,
			lam_shape_text(*in).text, lam_layer_class_of(self)->kind,
			setup->sides == 1 ? "CxL" : "CxHxW");
	struct lam_pool_geometry g = {.channels = in->dim[0],
		.in = {setup->sides == 1 ? 1 : in->dim[1], in->dim[setup->sides]},
		.exclude_pad = setup->exclude_pad};
	int64_t covered[2], padded[2];
	for (int i = 0; i < 2; i++) {
		g.kernel[i] = setup->kernel[i];
		g.stride[i] = setup->stride[i];
		g.pad[i] = setup->pad[i];
		g.dilation[i] = setup->dilation[i];
		covered[i] = g.dilation[i] * (g.kernel[i] - 1) + 1;
		padded[i] = g.in[i] + 2 * g.pad[i];
		g.out[i] = windows(g.in[i], covered[i], g.stride[i], g.pad[i], setup->ceil_mode);
		if (g.out[i] == 1) /* the stride is unused; a large one would need more scratch */
			g.stride[i] = 1;
	}
	if (g.out[0] < 1 || g.out[1] < 1) {
		if (covered[0] == g.kernel[0] && covered[1] == g.kernel[1])
			return lam_fail(LAM_ERR_SHAPE,
				"kernel %s is larger than the padded input %s%s",
				text(setup, g.kernel).text, text(setup, padded).text,
				lam_side_too_short(covered, padded));
		return lam_fail(LAM_ERR_SHAPE,
			"kernel %s with dilation %s covers %s, more than the padded input %s%s",
			text(setup, g.kernel).text, text(setup, g.dilation).text,
			text(setup, covered).text, text(setup, padded).text,
			lam_side_too_short(covered, padded));
	}
	*out = setup->sides == 1 ? LAM_SHAPE(g.channels, g.out[1])
				 : LAM_SHAPE(g.channels, g.out[0], g.out[1]);
	if (!lam_shape_valid(out))
		return lam_fail(LAM_ERR_SHAPE, "an output of %s has too many values",
			lam_shape_text(*out).text);
	pool->geometry = g;
	return LAM_OK;
}

int lam_pool_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)job, (void)mode, (void)blocks;
	const struct lam_pool_geometry *g = &((const struct pool *)lam_layer_state(self))->geometry;
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(g->channels, g->channels * g->in[0] * g->in[1])};
	return 1;
}

int lam_pool_sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct lam_pool_geometry *g = &((const struct pool *)lam_layer_state(self))->geometry;
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_group_slices(g->channels, g->in[0] * g->in[1])};
	return 1;
}

struct lam_pool_geometry lam_pool_cut(
	const lam_layer *self, const lam_pass *pass, struct channels *run)
{
	struct lam_pool_geometry geometry = ((const struct pool *)lam_layer_state(self))->geometry;
	*run = lam_channels_of(pass, lam_channel_groups(pass->x, geometry.channels));
	geometry.channels = run->count;
	return geometry;
}

lam_status lam_pool_average_forward(const lam_layer *self, const lam_pass *pass)
{
	struct channels run;
	const struct lam_pool_geometry geometry = lam_pool_cut(self, pass, &run);
	lam_kernel()->pool.average_forward(lam_channel_at(pass->out, run.first),
		lam_channel_at(pass->x, run.first), &geometry);
	return LAM_OK;
}

lam_status lam_pool_average_backward(const lam_layer *self, const lam_pass *pass)
{
	struct channels run;
	const struct lam_pool_geometry geometry = lam_pool_cut(self, pass, &run);
	lam_kernel()->pool.average_backward(lam_channel_at(pass->dx, run.first),
		lam_channel_at(pass->dy, run.first), &geometry);
	return LAM_OK;
}

/* With channels in the lanes the loops are the same, but a "channel" is sixteen of them. */
static const lam_sample_training average_training = {
	.backward = lam_pool_average_backward,
};

const lam_sample_form lam_pool_average_form = {
	.phases = lam_pool_sample_phases,
	.forward = lam_pool_average_forward,
	.training = &average_training,
};
