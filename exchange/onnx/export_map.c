/* SPDX-License-Identifier: MIT */
/* Functions of single values that take several nodes, sums and products. */
#include "exchange/onnx/export.h"

#include "layers/standardize_numbers.h"

lam_shape lam_onnx_channel_shape(int64_t channels, const lam_shape *like)
{
	lam_shape shape = {.rank = like->rank, .dim = {channels}};
	for (int d = 1; d < like->rank; d++)
		shape.dim[d] = 1;
	return shape;
}

/* 0.5 x (1 + erf(x / sqrt 2)) */
lam_status lam_onnx_emit_gelu(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	const char *x = lam_onnx_input_name(onnx, 0);
	if (lam_onnx_opset(onnx) >= 20) {
		lam_onnx_add_node(onnx, "Gelu", x, NULL);
		return LAM_OK;
	}
	lam_status status = lam_onnx_expect_opset(onnx, 9, "its erf");
	if (status)
		return status;
	const char *part = lam_onnx_add_node(
		onnx, "Div", x, lam_onnx_add_scalar(onnx, 1.41421356237309504880), NULL);
	part = lam_onnx_add_node(onnx, "Erf", part, NULL);
	part = lam_onnx_add_node(onnx, "Add", part, lam_onnx_add_scalar(onnx, 1), NULL);
	part = lam_onnx_add_node(onnx, "Mul", x, part, NULL);
	lam_onnx_add_node(onnx, "Mul", part, lam_onnx_add_scalar(onnx, 0.5), NULL);
	return LAM_OK;
}

lam_status lam_onnx_emit_silu(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	const char *x = lam_onnx_input_name(onnx, 0);
	lam_onnx_add_node(onnx, "Mul", x, lam_onnx_add_node(onnx, "Sigmoid", x, NULL), NULL);
	return LAM_OK;
}

/* log(1 + e^(beta x)) / beta, or x where beta x is above the threshold. From 16 on the two differ
 * by less than a float can tell. */
lam_status lam_onnx_emit_softplus(const lam_layer *self, lam_onnx *onnx)
{
	const char *x = lam_onnx_input_name(onnx, 0), *z = x;
	const double beta = lam_onnx_option(self, "beta", 0),
		     threshold = lam_onnx_option(self, "threshold", 0);
	lam_status status = threshold < 16 ? lam_onnx_expect_opset(onnx, 9, "a threshold below 16")
					   : LAM_OK;
	if (status)
		return status;
	if (beta != 1)
		z = lam_onnx_add_node(onnx, "Mul", x, lam_onnx_add_scalar(onnx, beta), NULL);
	const char *y = lam_onnx_add_node(onnx, "Softplus", z, NULL);
	if (beta != 1)
		y = lam_onnx_add_node(onnx, "Div", y, lam_onnx_add_scalar(onnx, beta), NULL);
	if (threshold < 16) {
		const char *above = lam_onnx_add_node(
			onnx, "Greater", z, lam_onnx_add_scalar(onnx, threshold), NULL);
		lam_onnx_add_node(onnx, "Where", above, x, y, NULL);
	}
	return LAM_OK;
}

lam_status lam_onnx_emit_hard_swish(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	const char *x = lam_onnx_input_name(onnx, 0);
	if (lam_onnx_opset(onnx) >= 14) {
		lam_onnx_add_node(onnx, "HardSwish", x, NULL);
		return LAM_OK;
	}
	const char *gate = lam_onnx_add_node(onnx, "HardSigmoid", x, NULL);
	lam_onnx_set_real(onnx, "alpha", 1.0 / 6);
	lam_onnx_set_real(onnx, "beta", 0.5);
	lam_onnx_add_node(onnx, "Mul", x, gate, NULL);
	return LAM_OK;
}

lam_status lam_onnx_emit_clip(const lam_layer *self, lam_onnx *onnx)
{
	const double least = lam_onnx_option(self, "least", 0),
		     most = lam_onnx_option(self, "most", 0);
	const char *x = lam_onnx_input_name(onnx, 0);
	if (lam_onnx_opset(onnx) < 11) {
		lam_onnx_add_node(onnx, "Clip", x, NULL);
		lam_onnx_set_real(onnx, "min", least);
		lam_onnx_set_real(onnx, "max", most);
		return LAM_OK;
	}
	const char *from = lam_onnx_add_scalar(onnx, least), *to = lam_onnx_add_scalar(onnx, most);
	lam_onnx_add_node(onnx, "Clip", x, from, to, NULL);
	return LAM_OK;
}

lam_status lam_onnx_emit_scale(const lam_layer *self, lam_onnx *onnx)
{
	lam_onnx_add_node(onnx, "Mul", lam_onnx_input_name(onnx, 0),
		lam_onnx_add_scalar(onnx, lam_onnx_option(self, "factor", 0)), NULL);
	return LAM_OK;
}

/* Parameter 0 with a value for each channel, so that it spreads over the places. */
static const char *channel_param(lam_onnx *onnx)
{
	const lam_shape like = lam_onnx_shape_of(onnx, 0);
	return lam_onnx_param_as(onnx, 0, lam_onnx_channel_shape(like.dim[0], &like));
}

lam_status lam_onnx_emit_layer_scale(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	lam_onnx_add_node(onnx, "Mul", lam_onnx_input_name(onnx, 0), channel_param(onnx), NULL);
	return LAM_OK;
}

lam_status lam_onnx_emit_prelu(const lam_layer *self, lam_onnx *onnx)
{
	const bool shared = lam_onnx_option(self, "shared", 0) != 0;
	lam_onnx_add_node(onnx, "PRelu", lam_onnx_input_name(onnx, 0),
		shared ? lam_onnx_param_name(onnx, 0) : channel_param(onnx), NULL);
	return LAM_OK;
}

/* A node with one number for all channels, or one for each. Without any, x as it is. */
static const char *shift(
	lam_onnx *onnx, const char *type, const char *x, struct lam_numbers numbers)
{
	const lam_shape like = lam_onnx_shape_of(onnx, 0);
	double *values = lam_onnx_alloc(&onnx->arena, (size_t)numbers.count, sizeof *values);
	onnx->failed |= !values;
	for (int64_t c = 0; values && c < numbers.count; c++)
		values[c] = lam_number_at(numbers, c, 0);
	if (!values || !numbers.count)
		return x;
	const lam_shape shape = lam_onnx_channel_shape(numbers.count, &like);
	return lam_onnx_add_node(onnx, type, x, lam_onnx_add_reals(onnx, values, shape), NULL);
}

lam_status lam_onnx_emit_standardize(const lam_layer *self, lam_onnx *onnx)
{
	const lam_standardize_options *o = lam_layer_state(self);
	const char *x = shift(onnx, "Sub", lam_onnx_input_name(onnx, 0), lam_means_of(o));
	shift(onnx, "Div", x, lam_stds_of(o));
	return LAM_OK;
}

/* A node of two inputs for each input but the first. An input of fewer dimensions gets those of the
 * output, [C] those of the channels. */
static void join(lam_onnx *onnx, const char *type)
{
	const lam_shape out = lam_onnx_shape_of(onnx, -1);
	const char *sum = NULL;
	for (int k = 0; lam_onnx_shape_of(onnx, k).rank; k++) {
		const lam_shape in = lam_onnx_shape_of(onnx, k);
		const lam_shape spread = lam_onnx_channel_shape(in.dim[0], &out);
		const char *x = lam_onnx_input_name(onnx, k);
		if (in.rank < out.rank)
			x = lam_onnx_add_reshape(onnx, x, &spread);
		sum = sum ? lam_onnx_add_node(onnx, type, sum, x, NULL) : x;
	}
}

lam_status lam_onnx_emit_add(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	join(onnx, "Add");
	return LAM_OK;
}

lam_status lam_onnx_emit_multiply(const lam_layer *self, lam_onnx *onnx)
{
	(void)self;
	join(onnx, "Mul");
	return LAM_OK;
}
