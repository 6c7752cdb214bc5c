/* SPDX-License-Identifier: MIT */
/* The mean of each channel: x [C, P] with P places of a signal or an image, y [C].
 *
 *   y[c]        = 1 / P sum over p of x[c][p]
 *   dL/dx[c][p] = 1 / P dL/dy[c] */
#include "framework/kernels/kernels.h"
#include "layers/channels.h"
#include "layers/classes.h"
#include "layers/global_pool.h"

static const lam_option options[] = {
	LAM_OPTIONS_END,
};

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct global_pool *pool = lam_layer_state(self);
	const struct channels run = lam_channels_of(
		pass, lam_channel_groups(pass->x, pool->channels));
	lam_kernel()->pool.global_average_forward(lam_channel_at(pass->out, run.first),
		lam_channel_at(pass->x, run.first), (size_t)run.count, (size_t)pool->places);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct global_pool *pool = lam_layer_state(self);
	const struct channels run = lam_channels_of(
		pass, lam_channel_groups(pass->x, pool->channels));
	lam_kernel()->pool.global_average_backward(lam_channel_at(pass->dx, run.first),
		lam_channel_at(pass->dy, run.first), (size_t)run.count, (size_t)pool->places);
	return LAM_OK;
}

/* With channels in the lanes the loops are the same, but a "channel" is sixteen of them. */
static const lam_sample_training training = {
	.backward = backward,
};

static const lam_sample_form sample_form = {
	.phases = lam_global_pool_sample_phases,
	.forward = forward,
	.training = &training,
};

const lam_layer_class lam_global_avg_pool_class = {
	LAM_LAYER_ABI,
	.kind = "global_avg_pool",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct global_pool),
	.options = options,
	.check = lam_global_pool_check,
	.phases = lam_global_pool_phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_global_avg_pool_new(const lam_global_avg_pool_options *options)
{
	return lam_layer_new(&lam_global_avg_pool_class, options);
}
