/* SPDX-License-Identifier: MIT */
/* Average pooling, as torch.nn.AvgPool1d and AvgPool2d:
 *
 *   x [C, H, W],   y [C, OH, OW]
 *
 *   y[c][i][j]     = 1 / N[i][j] sum over p, q of x[c][u][v]
 *   dL/dx[c][u][v] = sum of dL/dy[c][i][j] / N[i][j] over the windows (i, j) with (u, v)
 *
 *   where  u = i stride[0] + p - pad[0]  and  v = j stride[1] + q - pad[1]
 *
 * Only places inside x are summed. N[i][j] is the number of the window's places inside the padded
 * input, or with exclude_pad inside x. Without exclude_pad it is kernel[0] kernel[1], except where
 * ceil mode reaches beyond the padding. */
#include "framework/kernels/kernels.h"
#include "layers/classes.h"
#include "layers/pool_common.h"

static const lam_option options1d[] = {
	LAM_OPTION(
		lam_avg_pool1d_options, kernel, INT, .least = 1, .most = INT_MAX, .required = true),
	LAM_OPTION(lam_avg_pool1d_options, stride, INT, .least = 1, .most = INT_MAX),
	LAM_OPTION(lam_avg_pool1d_options, pad, INT, .most = INT_MAX),
	LAM_OPTION(lam_avg_pool1d_options, ceil_mode, BOOL),
	LAM_OPTION(lam_avg_pool1d_options, exclude_pad, BOOL),
	LAM_OPTIONS_END,
};

static const lam_option options2d[] = {
	LAM_OPTION(lam_avg_pool2d_options, kernel, PAIR, .least = 1, .most = INT_MAX,
		.required = true),
	LAM_OPTION(lam_avg_pool2d_options, stride, PAIR, .least = 1, .most = INT_MAX),
	LAM_OPTION(lam_avg_pool2d_options, pad, PAIR, .most = INT_MAX),
	LAM_OPTION(lam_avg_pool2d_options, ceil_mode, BOOL),
	LAM_OPTION(lam_avg_pool2d_options, exclude_pad, BOOL),
	LAM_OPTIONS_END,
};

static lam_status init1d(lam_layer *self)
{
	const lam_avg_pool1d_options *o =
		&((const struct pool *)lam_layer_state(self))->options.avg1d;
	return lam_pool_init(self,
		(struct pool_setup){.sides = 1,
			.kernel = {1, o->kernel},
			.stride = {1, o->stride},
			.pad = {0, o->pad},
			.dilation = {1, 1},
			.ceil_mode = o->ceil_mode,
			.exclude_pad = o->exclude_pad});
}

static lam_status init2d(lam_layer *self)
{
	const lam_avg_pool2d_options *o =
		&((const struct pool *)lam_layer_state(self))->options.avg2d;
	return lam_pool_init(self,
		(struct pool_setup){.sides = 2,
			.kernel = {o->kernel[0], o->kernel[1]},
			.stride = {o->stride[0], o->stride[1]},
			.pad = {o->pad[0], o->pad[1]},
			.dilation = {1, 1},
			.ceil_mode = o->ceil_mode,
			.exclude_pad = o->exclude_pad});
}

const lam_layer_class lam_avg_pool1d_class = {
	LAM_LAYER_ABI,
	.kind = "avg_pool1d",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct pool),
	.options = options1d,
	.init = init1d,
	.check = lam_pool_check,
	.phases = lam_pool_phases,
	.forward = lam_pool_average_forward,
	.backward = lam_pool_average_backward,
	.sample = &lam_pool_average_form,
};

const lam_layer_class lam_avg_pool2d_class = {
	LAM_LAYER_ABI,
	.kind = "avg_pool2d",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct pool),
	.options = options2d,
	.init = init2d,
	.check = lam_pool_check,
	.phases = lam_pool_phases,
	.forward = lam_pool_average_forward,
	.backward = lam_pool_average_backward,
	.sample = &lam_pool_average_form,
};

lam_layer *lam_avg_pool1d_new(const lam_avg_pool1d_options *options)
{
	return lam_layer_new(&lam_avg_pool1d_class, options);
}

lam_layer *lam_avg_pool2d_new(const lam_avg_pool2d_options *options)
{
	return lam_layer_new(&lam_avg_pool2d_class, options);
}
