/* SPDX-License-Identifier: MIT */
/* The maximum of each channel: x [C, P] with P places of a signal or an image, y [C].
 *
 *   y[c]        = max over p of x[c][p]
 *   dL/dx[c][p] = dL/dy[c] where p is the maximum's place, else 0
 *
 * The first of equal maxima counts; NaN is greater than all. It is max pooling with one window, as
 * large as the plane. A forward that a backward may follow keeps the place of each
 * maximum. */
#include "framework/kernels/kernels.h"
#include "layers/channels.h"
#include "layers/classes.h"
#include "layers/global_pool.h"

/* The window over `channels` planes, or over as many groups of sixteen. */
static struct lam_pool_geometry window_of(const struct global_pool *pool, int64_t channels)
{
	return (struct lam_pool_geometry){
		.channels = channels,
		.in = {1, pool->places},
		.out = {1, 1},
		.kernel = {1, pool->places},
		.stride = {1, 1},
		.dilation = {1, 1},
	};
}

/* The bytes that hold the places of the maxima of `channels` channels of one block. */
static int64_t index_bytes(const struct global_pool *pool, int64_t channels)
{
	const int64_t kernel[2] = {1, pool->places};
	return channels * LAM_LANES * (int64_t)lam_pool_index_bytes(kernel);
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	const struct global_pool *pool = lam_layer_state(self);
	if (!lam_plan_inference(plan))
		lam_plan_saved(plan, index_bytes(pool, lam_planned_groups(plan, in)));
	return LAM_OK;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct global_pool *pool = lam_layer_state(self);
	const struct channels run = lam_channels_of(
		pass, lam_channel_groups(pass->x, pool->channels));
	const struct lam_pool_geometry window = window_of(pool, run.count);
	void *index = pass->backward_may_follow ? (char *)pass->saved + index_bytes(pool, run.first)
						: NULL;
	lam_kernel()->pool.max_forward(lam_channel_at(pass->out, run.first), index,
		lam_channel_at(pass->x, run.first), &window);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct global_pool *pool = lam_layer_state(self);
	const struct channels run = lam_channels_of(
		pass, lam_channel_groups(pass->x, pool->channels));
	const struct lam_pool_geometry window = window_of(pool, run.count);
	lam_kernel()->pool.max_backward(lam_channel_at(pass->dx, run.first),
		lam_channel_at(pass->dy, run.first),
		(const char *)pass->saved + index_bytes(pool, run.first), &window);
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

const lam_layer_class lam_global_max_pool_class = {
	LAM_LAYER_ABI,
	.kind = "global_max_pool",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct global_pool),
	.check = lam_global_pool_check,
	.plan = plan,
	.phases = lam_global_pool_phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_global_max_pool_new(const lam_global_max_pool_options *options)
{
	return lam_layer_new(&lam_global_max_pool_class, options);
}
