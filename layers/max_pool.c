/* SPDX-License-Identifier: MIT */
/* Maximum pooling, as torch.nn.MaxPool1d and MaxPool2d:
 *
 *   x [C, H, W],   y [C, OH, OW]
 *
 *   y[c][i][j]     = max over p, q of x[c][u][v]
 *   dL/dx[c][u][v] = sum of dL/dy[c][i][j] over the windows (i, j) with the maximum at (u, v)
 *
 *   where  u = i stride[0] + p dilation[0] - pad[0]  and  v = j stride[1] + q dilation[1] - pad[1]
 *
 * Only places inside x count. A window with dilation may be completely in the padding, and gives
 * -inf. The first of equal maxima counts; NaN is larger than any number. Forward in training saves
 * the index in its window of each maximum. */
#include "framework/kernels/kernels.h"
#include "layers/classes.h"
#include "layers/pool_common.h"

static const lam_option options1d[] = {
	LAM_OPTION(
		lam_max_pool1d_options, kernel, INT, .least = 1, .most = INT_MAX, .required = true),
	LAM_OPTION(lam_max_pool1d_options, stride, INT, .least = 1, .most = INT_MAX),
	LAM_OPTION(lam_max_pool1d_options, pad, INT, .most = INT_MAX),
	LAM_OPTION(
		lam_max_pool1d_options, dilation, INT, .fallback = 1, .least = 1, .most = INT_MAX),
	LAM_OPTION(lam_max_pool1d_options, ceil_mode, BOOL),
	LAM_OPTIONS_END,
};

static const lam_option options2d[] = {
	LAM_OPTION(lam_max_pool2d_options, kernel, PAIR, .least = 1, .most = INT_MAX,
		.required = true),
	LAM_OPTION(lam_max_pool2d_options, stride, PAIR, .least = 1, .most = INT_MAX),
	LAM_OPTION(lam_max_pool2d_options, pad, PAIR, .most = INT_MAX),
	LAM_OPTION(
		lam_max_pool2d_options, dilation, PAIR, .fallback = 1, .least = 1, .most = INT_MAX),
	LAM_OPTION(lam_max_pool2d_options, ceil_mode, BOOL),
	LAM_OPTIONS_END,
};

static lam_status init1d(lam_layer *self)
{
	const lam_max_pool1d_options *o =
		&((const struct pool *)lam_layer_state(self))->options.max1d;
	return lam_pool_init(self,
		(struct pool_setup){.sides = 1,
			.kernel = {1, o->kernel},
			.stride = {1, o->stride},
			.pad = {0, o->pad},
			.dilation = {1, o->dilation},
			.ceil_mode = o->ceil_mode});
}

static lam_status init2d(lam_layer *self)
{
	const lam_max_pool2d_options *o =
		&((const struct pool *)lam_layer_state(self))->options.max2d;
	return lam_pool_init(self,
		(struct pool_setup){.sides = 2,
			.kernel = {o->kernel[0], o->kernel[1]},
			.stride = {o->stride[0], o->stride[1]},
			.pad = {o->pad[0], o->pad[1]},
			.dilation = {o->dilation[0], o->dilation[1]},
			.ceil_mode = o->ceil_mode});
}

/* The bytes that hold the indices of `channels` channels of one block. */
static int64_t index_bytes(const struct lam_pool_geometry *geometry, int64_t channels)
{
	return channels * geometry->out[0] * geometry->out[1] * LAM_LANES
		* (int64_t)lam_pool_index_bytes(geometry->kernel);
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	const struct pool *pool = lam_layer_state(self);
	if (!lam_plan_inference(plan))
		lam_plan_saved(plan, index_bytes(&pool->geometry, lam_planned_groups(plan, in)));
	return LAM_OK;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	struct channels run;
	const struct lam_pool_geometry geometry = lam_pool_cut(self, pass, &run);
	void *index = pass->backward_may_follow
		? (char *)pass->saved + index_bytes(&geometry, run.first)
		: NULL;
	lam_kernel()->pool.max_forward(lam_channel_at(pass->out, run.first), index,
		lam_channel_at(pass->x, run.first), &geometry);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	struct channels run;
	const struct lam_pool_geometry geometry = lam_pool_cut(self, pass, &run);
	const void *index = (const char *)pass->saved + index_bytes(&geometry, run.first);
	lam_kernel()->pool.max_backward(lam_channel_at(pass->dx, run.first),
		lam_channel_at(pass->dy, run.first), index, &geometry);
	return LAM_OK;
}

/* With channels in the lanes the loops are the same, but a "channel" is sixteen of them. */
static const lam_sample_training training = {
	.backward = backward,
};

static const lam_sample_form sample_form = {
	.phases = lam_pool_sample_phases,
	.forward = forward,
	.training = &training,
};

const lam_layer_class lam_max_pool1d_class = {
	LAM_LAYER_ABI,
	.kind = "max_pool1d",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct pool),
	.options = options1d,
	.init = init1d,
	.check = lam_pool_check,
	.plan = plan,
	.phases = lam_pool_phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

const lam_layer_class lam_max_pool2d_class = {
	LAM_LAYER_ABI,
	.kind = "max_pool2d",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct pool),
	.options = options2d,
	.init = init2d,
	.check = lam_pool_check,
	.plan = plan,
	.phases = lam_pool_phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_max_pool1d_new(const lam_max_pool1d_options *options)
{
	return lam_layer_new(&lam_max_pool1d_class, options);
}

lam_layer *lam_max_pool2d_new(const lam_max_pool2d_options *options)
{
	return lam_layer_new(&lam_max_pool2d_class, options);
}
