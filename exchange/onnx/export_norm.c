/* SPDX-License-Identifier: MIT */
/* Norms. */
#include "exchange/onnx/export.h"

lam_status lam_onnx_emit_batch_norm(const lam_layer *self, lam_onnx *onnx)
{
	lam_onnx_add_node(onnx, "BatchNormalization", lam_onnx_input_name(onnx, 0),
		lam_onnx_param_name(onnx, 0), lam_onnx_param_name(onnx, 1),
		lam_onnx_state_name(onnx, 0), lam_onnx_state_name(onnx, 1), NULL);
	lam_onnx_set_real(onnx, "epsilon", lam_onnx_option(self, "eps", 0));
	/* ONNX's is the weight of the old value. */
	lam_onnx_set_real(onnx, "momentum", 1 - lam_onnx_option(self, "momentum", 0));
	return LAM_OK;
}

/* InstanceNormalization, with weights of 1 and 0 if none are given. */
static const char *instance(const lam_layer *self, lam_onnx *onnx, const char *x, int64_t channels,
	const char *weight, const char *bias)
{
	x = lam_onnx_add_node(onnx, "InstanceNormalization", x,
		weight ? weight : lam_onnx_add_repeated(onnx, 1, channels),
		bias ? bias : lam_onnx_add_repeated(onnx, 0, channels), NULL);
	lam_onnx_set_real(onnx, "epsilon", lam_onnx_option(self, "eps", 0));
	return x;
}

lam_status lam_onnx_emit_instance_norm(const lam_layer *self, lam_onnx *onnx)
{
	const bool affine = lam_onnx_option(self, "no_affine", 0) == 0;
	instance(self, onnx, lam_onnx_input_name(onnx, 0), lam_onnx_shape_of(onnx, 0).dim[0],
		affine ? lam_onnx_param_name(onnx, 0) : NULL,
		affine ? lam_onnx_param_name(onnx, 1) : NULL);
	return LAM_OK;
}

/* y = weight x + bias with numbers of this shape. */
static void affine(lam_onnx *onnx, const char *x, lam_shape shape)
{
	x = lam_onnx_add_node(onnx, "Mul", x, lam_onnx_param_as(onnx, 0, shape), NULL);
	lam_onnx_add_node(onnx, "Add", x, lam_onnx_param_as(onnx, 1, shape), NULL);
}

/* The values of a group as those of a channel. */
lam_status lam_onnx_emit_group_norm(const lam_layer *self, lam_onnx *onnx)
{
	const lam_shape in = lam_onnx_shape_of(onnx, 0);
	const int64_t groups = (int64_t)lam_onnx_option(self, "groups", 0);
	const lam_shape cut = LAM_SHAPE(groups, lam_onnx_count(&in, 0) / groups);
	const char *x = lam_onnx_add_reshape(onnx, lam_onnx_input_name(onnx, 0), &cut);
	x = instance(self, onnx, x, groups, NULL, NULL);
	x = lam_onnx_add_reshape(onnx, x, &in);
	if (lam_onnx_option(self, "no_affine", 0) == 0)
		affine(onnx, x, lam_onnx_channel_shape(in.dim[0], &in));
	return LAM_OK;
}

/* The mean over some axes, which keep one value. */
static const char *mean(lam_onnx *onnx, const char *x, const int64_t *axes, int count)
{
	if (lam_onnx_opset(onnx) >= 18)
		return lam_onnx_add_node(
			onnx, "ReduceMean", x, lam_onnx_add_ints(onnx, axes, count), NULL);
	x = lam_onnx_add_node(onnx, "ReduceMean", x, NULL);
	lam_onnx_set_ints(onnx, "axes", axes, count);
	return x;
}

/* weight (x - mean) / sqrt(variance + eps) + bias, over the axes from `first` on. The weights have
 * the shape of what is summed over. */
static const char *normalise(const lam_layer *self, lam_onnx *onnx, const char *x, int first)
{
	const int last = lam_onnx_shape_of(onnx, 0).rank;
	const bool affined = lam_onnx_option(self, "no_affine", 0) == 0;
	const double eps = lam_onnx_option(self, "eps", 0);
	if (lam_onnx_opset(onnx) >= 17 && affined) {
		x = lam_onnx_add_node(onnx, "LayerNormalization", x, lam_onnx_param_name(onnx, 0),
			lam_onnx_param_name(onnx, 1), NULL);
		lam_onnx_set_int(onnx, "axis", first);
		lam_onnx_set_real(onnx, "epsilon", eps);
		return x;
	}
	int64_t axes[LAM_MAX_RANK];
	for (int d = first; d <= last; d++)
		axes[d - first] = d;
	x = lam_onnx_add_node(onnx, "Sub", x, mean(onnx, x, axes, last - first + 1), NULL);
	const char *v = lam_onnx_add_node(onnx, "Pow", x, lam_onnx_add_scalar(onnx, 2), NULL);
	v = mean(onnx, v, axes, last - first + 1);
	v = lam_onnx_add_node(onnx, "Add", v, lam_onnx_add_scalar(onnx, eps), NULL);
	v = lam_onnx_add_node(onnx, "Sqrt", v, NULL);
	x = lam_onnx_add_node(onnx, "Div", x, v, NULL);
	if (!affined)
		return x;
	x = lam_onnx_add_node(onnx, "Mul", x, lam_onnx_param_name(onnx, 0), NULL);
	return lam_onnx_add_node(onnx, "Add", x, lam_onnx_param_name(onnx, 1), NULL);
}

/* Over channels: they become the last axis for it. */
lam_status lam_onnx_emit_layer_norm(const lam_layer *self, lam_onnx *onnx)
{
	const int rank = lam_onnx_shape_of(onnx, 0).rank;
	const char *x = lam_onnx_input_name(onnx, 0);
	if (lam_onnx_option(self, "channels", 0) == 0 || rank == 1) {
		normalise(self, onnx, x, 1);
		return LAM_OK;
	}
	x = normalise(self, onnx, lam_onnx_add_turn(onnx, x, rank, false), rank);
	lam_onnx_add_turn(onnx, x, rank, true);
	return LAM_OK;
}

/* LRN, whose windows have an odd number of channels. */
static const char *response(const lam_layer *self, lam_onnx *onnx, const char *x)
{
	x = lam_onnx_add_node(onnx, "LRN", x, NULL);
	lam_onnx_set_int(onnx, "size", (int64_t)lam_onnx_option(self, "window", 0));
	lam_onnx_set_real(onnx, "alpha", lam_onnx_option(self, "alpha", 0));
	lam_onnx_set_real(onnx, "beta", lam_onnx_option(self, "beta", 0));
	lam_onnx_set_real(onnx, "bias", lam_onnx_option(self, "k", 0));
	return x;
}

/* The same of any window: x / (k + alpha / window S)^beta, S = B x^2, where B[c][j] is 1 for the
 * channels j of c's window: a convolution of 1. x is [channels][places]. */
static const char *even_response(
	const lam_layer *self, lam_onnx *onnx, const char *x, int64_t channels)
{
	const int64_t window = (int64_t)lam_onnx_option(self, "window", 0);
	const double alpha = lam_onnx_option(self, "alpha", 0) / (double)window;
	double *band = lam_onnx_alloc(&onnx->arena, (size_t)(channels * channels), sizeof *band);
	onnx->failed |= !band;
	if (!band)
		return "";
	for (int64_t c = 0; c < channels; c++)
		for (int64_t j = 0; j < channels; j++)
			band[c * channels + j] = j >= c - window / 2 && j <= c + (window - 1) / 2
				? alpha
				: 0;
	const char *d = lam_onnx_add_node(onnx, "Mul", x, x, NULL);
	d = lam_onnx_add_node(onnx, "Conv", d,
		lam_onnx_add_reals(onnx, band, LAM_SHAPE(channels, channels, 1)), NULL);
	d = lam_onnx_add_node(
		onnx, "Add", d, lam_onnx_add_scalar(onnx, lam_onnx_option(self, "k", 0)), NULL);
	d = lam_onnx_add_node(
		onnx, "Pow", d, lam_onnx_add_scalar(onnx, lam_onnx_option(self, "beta", 0)), NULL);
	return lam_onnx_add_node(onnx, "Div", x, d, NULL);
}

/* Values of other ranks than runtimes expect become planes, or rows. */
lam_status lam_onnx_emit_response_norm(const lam_layer *self, lam_onnx *onnx)
{
	const lam_shape in = lam_onnx_shape_of(onnx, 0);
	const bool odd = (int64_t)lam_onnx_option(self, "window", 0) % 2 != 0;
	const lam_shape plane = LAM_SHAPE(in.dim[0], lam_onnx_count(&in, 1), 1),
			rows = LAM_SHAPE(in.dim[0], lam_onnx_count(&in, 1));
	const char *x = lam_onnx_input_name(onnx, 0);
	if (in.rank != (odd ? 3 : 2))
		x = lam_onnx_add_reshape(onnx, x, odd ? &plane : &rows);
	x = odd ? response(self, onnx, x) : even_response(self, onnx, x, in.dim[0]);
	if (in.rank != (odd ? 3 : 2))
		lam_onnx_add_reshape(onnx, x, &in);
	return LAM_OK;
}
