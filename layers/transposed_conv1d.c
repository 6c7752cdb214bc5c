/* SPDX-License-Identifier: MIT */
/* Transposed convolution of signals, as torch.nn.ConvTranspose1d:
 *
 *   x [in, L],   w [in, out/groups, k],   b [out],   y [out, OL]
 *
 *   y[o][v]        = b[o] + sum over c, q, j of w[c][o][q] x[c][j]
 *   dL/dx[c][j]    = sum over o, q of w[c][o][q] dL/dy[o][v]
 *   dL/dw[c][o][q] = sum over samples, j of x[c][j] dL/dy[o][v]
 *   dL/db[o]       = sum over samples, v of dL/dy[o][v]
 *
 * where v = j stride + q dilation - pad in the first three; o runs over the channels of c's group;
 * dL/dy is zero outside [0, OL). */
#include "layers/classes.h"
#include "layers/conv_common.h"

static const lam_option options[] = {
	LAM_CONV_WINDOW_OPTIONS(lam_transposed_conv1d_options, LAM_OPTION_INT),
	LAM_OPTION(lam_transposed_conv1d_options, output_pad, INT, .most = INT_MAX),
	LAM_CONV_WEIGHT_OPTIONS(lam_transposed_conv1d_options),
	LAM_OPTIONS_END,
};

static lam_status init(lam_layer *self)
{
	const lam_transposed_conv1d_options *o =
		&((const struct conv *)lam_layer_state(self))->options.transposed1d;
	return lam_conv_init(self,
		(struct conv_setup){.sides = 1,
			.transposed = true,
			.out = o->out,
			.groups = o->groups,
			.kernel = {1, o->kernel},
			.stride = {1, o->stride},
			.pad = {0, o->pad},
			.dilation = {1, o->dilation},
			.output_pad = {0, o->output_pad},
			.bias = !o->no_bias,
			.direct = o->direct,
			.init = o->init,
			.init_scale = o->init_scale});
}

const lam_layer_class lam_transposed_conv1d_class = {
	LAM_LAYER_ABI,
	.kind = "transposed_conv1d",
	LAM_CONV_CLASS,
	.options = options,
	.init = init,
};

lam_layer *lam_transposed_conv1d_new(const lam_transposed_conv1d_options *options)
{
	return lam_layer_new(&lam_transposed_conv1d_class, options);
}
