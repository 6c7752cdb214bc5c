/* SPDX-License-Identifier: MIT */
/* Convolution of images, as torch.nn.Conv2d:
 *
 *   x [in, H, W],   w [out, in/groups, kh, kw],   b [out],   y [out, OH, OW]
 *
 *   y[o][i][j]        = b[o] + sum over c, p, q of w[o][c][p][q] x[c][u][v]
 *   dL/dx[c][u][v]    = sum over o, p, q, i, j of w[o][c][p][q] dL/dy[o][i][j]
 *   dL/dw[o][c][p][q] = sum over samples, i, j of dL/dy[o][i][j] x[c][u][v]
 *   dL/db[o]          = sum over samples, i, j of dL/dy[o][i][j]
 *
 * where u = i stride[0] + p dilation[0] - pad[0] and v = j stride[1] + q dilation[1] - pad[1] in
 * the first three; c runs over the channels of o's group; x is zero outside the plane. */
#include "layers/classes.h"
#include "layers/conv_common.h"

static const lam_option options[] = {
	LAM_CONV_WINDOW_OPTIONS(lam_conv2d_options, LAM_OPTION_PAIR),
	LAM_CONV_WEIGHT_OPTIONS(lam_conv2d_options),
	LAM_OPTIONS_END,
};

static lam_status init(lam_layer *self)
{
	const lam_conv2d_options *o = &((const struct conv *)lam_layer_state(self))->options.conv2d;
	return lam_conv_init(self,
		(struct conv_setup){.sides = 2,
			.out = o->out,
			.groups = o->groups,
			.kernel = {o->kernel[0], o->kernel[1]},
			.stride = {o->stride[0], o->stride[1]},
			.pad = {o->pad[0], o->pad[1]},
			.dilation = {o->dilation[0], o->dilation[1]},
			.bias = !o->no_bias,
			.direct = o->direct,
			.init = o->init,
			.init_scale = o->init_scale});
}

const lam_layer_class lam_conv2d_class = {
	LAM_LAYER_ABI,
	.kind = "conv2d",
	LAM_CONV_CLASS,
	.options = options,
	.init = init,
};

lam_layer *lam_conv2d_new(const lam_conv2d_options *options)
{
	return lam_layer_new(&lam_conv2d_class, options);
}
