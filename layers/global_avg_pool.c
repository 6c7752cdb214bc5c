/* SPDX-License-Identifier: MIT */
/* The mean of each channel: x [C, P] with P places of a signal or an image, y [C].
 *
 *   y[c]        = 1 / P sum over p of x[c][p]
 *   dL/dx[c][p] = 1 / P dL/dy[c] */
#include "framework/kernels/kernels.h"
#include "layers/channels.h"
#include "layers/classes.h"
#include "layers/pool.h"

struct global_avg_pool {
	lam_global_avg_pool_options options;
	int64_t channels, places;
};

static const lam_option options[] = {
	LAM_OPTIONS_END,
};

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct global_avg_pool *pool = lam_layer_state(self);
	if (in->rank != 2 && in->rank != 3)
		return lam_fail(LAM_ERR_SHAPE,
			"an input of rank %d (%s): global_avg_pool takes CxL or CxHxW", in->rank,
			lam_shape_text(*in).text);
	pool->channels = in->dim[0];
	pool->places = lam_shape_count(in) / in->dim[0];
	*out = LAM_SHAPE(in->dim[0]);
	return LAM_OK;
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)job, (void)mode, (void)blocks;
	const struct global_avg_pool *pool = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(pool->channels, pool->channels * pool->places)};
	return 1;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct global_avg_pool *pool = lam_layer_state(self);
	const struct channels run = lam_channels_of(
		pass, lam_channel_groups(pass->x, pool->channels));
	lam_kernel()->pool.global_average_forward(lam_channel_at(pass->out, run.first),
		lam_channel_at(pass->x, run.first), (size_t)run.count, (size_t)pool->places);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct global_avg_pool *pool = lam_layer_state(self);
	const struct channels run = lam_channels_of(pass, pool->channels);
	lam_kernel()->pool.global_average_backward(lam_channel_at(pass->dx, run.first),
		lam_channel_at(pass->dy, run.first), (size_t)run.count, (size_t)pool->places);
	return LAM_OK;
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct global_avg_pool *pool = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_group_slices(pool->channels, pool->places)};
	return 1;
}

/* With channels in the lanes the loops are the same, but a "channel" is sixteen of them. */
static const lam_sample_form sample_form = {
	.phases = sample_phases,
	.forward = forward,
};

const lam_layer_class lam_global_avg_pool_class = {
	LAM_LAYER_ABI,
	.kind = "global_avg_pool",
	.flags = LAM_LOOKS_THROUGH,
	.state_size = sizeof(struct global_avg_pool),
	.options = options,
	.check = check,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_global_avg_pool_new(const lam_global_avg_pool_options *options)
{
	return lam_layer_new(&lam_global_avg_pool_class, options);
}
