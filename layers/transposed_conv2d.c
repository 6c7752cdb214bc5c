/* SPDX-License-Identifier: MIT */
/* Transposed convolution of images, as torch.nn.ConvTranspose2d:
 *
 *   x [in, H, W],   w [in, out/groups, kh, kw],   b [out],   y [out, OH, OW]
 *
 *   y[o][u][v]        = b[o] + sum over c, p, q, i, j of w[c][o][p][q] x[c][i][j]
 *   dL/dx[c][i][j]    = sum over o, p, q of w[c][o][p][q] dL/dy[o][u][v]
 *   dL/dw[c][o][p][q] = sum over samples, i, j of x[c][i][j] dL/dy[o][u][v]
 *   dL/db[o]          = sum over samples, u, v of dL/dy[o][u][v]
 *
 * where u = i stride[0] + p dilation[0] - pad[0] and v = j stride[1] + q dilation[1] - pad[1] in
 * the first three; o runs over the channels of c's group; dL/dy is zero outside the plane. */
#include "layers/classes.h"
#include "layers/conv_common.h"

static const lam_option options[] = {
	LAM_CONV_WINDOW_OPTIONS(lam_transposed_conv2d_options, LAM_OPTION_PAIR),
	LAM_OPTION(lam_transposed_conv2d_options, output_pad, PAIR, .most = INT_MAX),
	LAM_CONV_WEIGHT_OPTIONS(lam_transposed_conv2d_options),
	LAM_OPTIONS_END,
};

static lam_status init(lam_layer *self)
{
	const lam_transposed_conv2d_options *o =
		&((const struct conv *)lam_layer_state(self))->options.transposed2d;
	return lam_conv_init(self,
		(struct conv_setup){.sides = 2,
			.transposed = true,
			.out = o->out,
			.groups = o->groups,
			.kernel = {o->kernel[0], o->kernel[1]},
			.stride = {o->stride[0], o->stride[1]},
			.pad = {o->pad[0], o->pad[1]},
			.dilation = {o->dilation[0], o->dilation[1]},
			.output_pad = {o->output_pad[0], o->output_pad[1]},
			.bias = !o->no_bias,
			.direct = o->direct,
			.init = o->init,
			.init_scale = o->init_scale});
}

const lam_layer_class lam_transposed_conv2d_class = {
	LAM_LAYER_ABI,
	.kind = "transposed_conv2d",
	LAM_CONV_CLASS,
	.options = options,
	.init = init,
};

lam_layer *lam_transposed_conv2d_new(const lam_transposed_conv2d_options *options)
{
	return lam_layer_new(&lam_transposed_conv2d_class, options);
}
