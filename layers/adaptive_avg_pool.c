/* SPDX-License-Identifier: MIT */
/* Average pooling to planes of a given size, as torch.nn.AdaptiveAvgPool1d and AdaptiveAvgPool2d:
 *
 *   x [C, H, W],   y [C, OH, OW]
 *
 *   y[c][i][j]     = mean of x[c][u][v] over the window (i, j)
 *   dL/dx[c][u][v] = sum of dL/dy[c][i][j] / (values of the window) over the windows with (u, v)
 *
 * The rows of window i are floor(i H / OH) to ceil((i + 1) H / OH) - 1, and its columns likewise.
 * Where OH divides H and OW divides W, it is average pooling whose windows lie side by side. */
#include "framework/kernels/kernels.h"
#include "layers/classes.h"
#include "layers/pool_common.h"

static const lam_option options1d[] = {
	LAM_OPTION(lam_adaptive_avg_pool1d_options, out, INT, .least = 1, .most = INT_MAX,
		.required = true),
	LAM_OPTIONS_END,
};

static const lam_option options2d[] = {
	LAM_OPTION(lam_adaptive_avg_pool2d_options, out, PAIR, .least = 1, .most = INT_MAX,
		.required = true),
	LAM_OPTIONS_END,
};

/* The windows of planes `in` that give planes `out`. */
static struct lam_pool_geometry geometry_of(
	int64_t channels, const int64_t in[2], const int64_t out[2])
{
	struct lam_pool_geometry g = {.channels = channels, .exclude_pad = true};
	g.adaptive = in[0] % out[0] != 0 || in[1] % out[1] != 0;
	for (int i = 0; i < 2; i++) {
		g.in[i] = in[i];
		g.out[i] = out[i];
		g.kernel[i] = g.stride[i] = g.adaptive ? 1 : in[i] / out[i];
		g.dilation[i] = 1;
	}
	return g;
}

static lam_status check1d(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct pool *pool = lam_layer_state(self);
	if (in->rank != 2)
		return lam_fail(LAM_ERR_SHAPE,
			"an input of rank %d (%s): adaptive_avg_pool1d takes CxL", in->rank,
			lam_shape_text(*in).text);
	*out = LAM_SHAPE(in->dim[0], pool->options.adaptive1d.out);
	pool->geometry = geometry_of(
		in->dim[0], (int64_t[]){1, in->dim[1]}, (int64_t[]){1, out->dim[1]});
	return LAM_OK;
}

static lam_status check2d(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct pool *pool = lam_layer_state(self);
	const int *size = pool->options.adaptive2d.out;
	if (in->rank != 3)
		return lam_fail(LAM_ERR_SHAPE,
			"an input of rank %d (%s): adaptive_avg_pool2d takes CxHxW", in->rank,
			lam_shape_text(*in).text);
	*out = LAM_SHAPE(in->dim[0], size[0], size[1]);
	pool->geometry = geometry_of(in->dim[0], &in->dim[1], &out->dim[1]);
	return LAM_OK;
}

const lam_layer_class lam_adaptive_avg_pool1d_class = {
	LAM_LAYER_ABI,
	.kind = "adaptive_avg_pool1d",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct pool),
	.options = options1d,
	.check = check1d,
	.phases = lam_pool_phases,
	.forward = lam_pool_average_forward,
	.backward = lam_pool_average_backward,
	.sample = &lam_pool_average_form,
};

const lam_layer_class lam_adaptive_avg_pool2d_class = {
	LAM_LAYER_ABI,
	.kind = "adaptive_avg_pool2d",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct pool),
	.options = options2d,
	.check = check2d,
	.phases = lam_pool_phases,
	.forward = lam_pool_average_forward,
	.backward = lam_pool_average_backward,
	.sample = &lam_pool_average_form,
};

lam_layer *lam_adaptive_avg_pool1d_new(const lam_adaptive_avg_pool1d_options *options)
{
	return lam_layer_new(&lam_adaptive_avg_pool1d_class, options);
}

lam_layer *lam_adaptive_avg_pool2d_new(const lam_adaptive_avg_pool2d_options *options)
{
	return lam_layer_new(&lam_adaptive_avg_pool2d_class, options);
}
