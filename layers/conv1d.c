/* SPDX-License-Identifier: MIT */
/* Convolution of signals, as torch.nn.Conv1d:
 *
 *   x [in, L],   w [out, in/groups, k],   b [out],   y [out, OL]
 *
 *   y[o][j]        = b[o] + sum over c, q of w[o][c][q] x[c][v]
 *   dL/dx[c][v]    = sum over o, q, j of w[o][c][q] dL/dy[o][j]
 *   dL/dw[o][c][q] = sum over samples, j of dL/dy[o][j] x[c][v]
 *   dL/db[o]       = sum over samples, j of dL/dy[o][j]
 *
 * where v = j stride + q dilation - pad in the first three; c runs over the channels of o's group;
 * x is zero outside [0, L). */
#include "layers/classes.h"
#include "layers/conv_common.h"

static const lam_option options[] = {
	LAM_CONV_WINDOW_OPTIONS(lam_conv1d_options, LAM_OPTION_INT),
	LAM_CONV_WEIGHT_OPTIONS(lam_conv1d_options),
	LAM_OPTIONS_END,
};

static lam_status init(lam_layer *self)
{
	const lam_conv1d_options *o = &((const struct conv *)lam_layer_state(self))->options.conv1d;
	return lam_conv_init(self,
		(struct conv_setup){.sides = 1,
			.out = o->out,
			.groups = o->groups,
			.kernel = {1, o->kernel},
			.stride = {1, o->stride},
			.pad = {0, o->pad},
			.dilation = {1, o->dilation},
			.bias = !o->no_bias,
			.direct = o->direct,
			.init = o->init,
			.init_scale = o->init_scale});
}

const lam_layer_class lam_conv1d_class = {
	LAM_LAYER_ABI,
	.kind = "conv1d",
	LAM_CONV_CLASS,
	.options = options,
	.init = init,
};

lam_layer *lam_conv1d_new(const lam_conv1d_options *options)
{
	return lam_layer_new(&lam_conv1d_class, options);
}
