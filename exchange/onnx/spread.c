/* SPDX-License-Identifier: MIT */
#include "exchange/onnx/spread.h"

#include "layers/activation.h"
#include "layers/conv.h"
#include "layers/reshape.h"
#include "layers/standardize.h"

#include <inttypes.h>
#include <math.h>

/* Whether each dimension of the constant is 1 or that of x. */
static lam_status check(
	const lam_onnx_import *im, const lam_onnx_value *x, const lam_onnx_tensor *tensor)
{
	int64_t dims[LAM_MAX_RANK + 1];
	lam_onnx_dims(im, x, dims);
	lam_status status = lam_onnx_expect_rank(tensor->rank, x->rank);
	if (status)
		return status;
	for (int i = 0; i < tensor->rank; i++) {
		const int at = x->rank - tensor->rank + i;
		if (tensor->dims[i] == 1)
			continue;
		if (at == 0)
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"a constant that differs from sample to sample");
		if (tensor->dims[i] != dims[at])
			return lam_fail(dims[at] == 1 ? LAM_ERR_UNSUPPORTED : LAM_ERR_SHAPE,
				"a constant of %" PRId64 " values along axis %d, where samples "
				"have %" PRId64,
				tensor->dims[i], at, dims[at]);
	}
	return LAM_OK;
}

/* Repeats values along the axes in which the constant is 1. */
static lam_onnx_tensor *expand(
	lam_onnx_import *im, const lam_onnx_value *x, const lam_onnx_tensor *tensor)
{
	const lam_shape *shape = &x->flow.shape;
	int64_t count = lam_shape_count(shape), stride[LAM_MAX_RANK] = {0}, step = 1;
	lam_onnx_tensor *made = lam_onnx_tensor_new(im->arena, false, 1, &count);
	if (!made)
		return NULL;
	for (int i = tensor->rank - 1; i >= 0; i--) {
		const int at = x->rank - tensor->rank + i - 1;
		if (at >= 0 && tensor->dims[i] != 1)
			stride[at] = step;
		step *= tensor->dims[i];
	}
	for (int64_t i = 0; i < count; i++) {
		int64_t rest = i, from = 0;
		for (int d = shape->rank - 1; d >= 0; d--) {
			from += rest % shape->dim[d] * stride[d];
			rest /= shape->dim[d];
		}
		made->reals[i] = (lam_real)lam_onnx_number(tensor, from);
	}
	return made;
}

lam_status lam_onnx_spread(
	lam_onnx_import *im, const lam_onnx_value *x, lam_onnx_tensor **tensor, lam_onnx_form *form)
{
	lam_onnx_tensor *t = *tensor;
	lam_status status = lam_onnx_tensor_decode(im->file, im->arena, t);
	if (!status)
		status = lam_onnx_expect_known(im, t);
	if (!status)
		status = check(im, x, t);
	if (status)
		return status;
	*form = LAM_ONNX_SINGLE;
	if (t->count == 1)
		return LAM_OK;
	if (!t->whole && t->count == x->flow.shape.dim[0] && t->rank >= x->rank - 1
		&& t->dims[t->rank - (x->rank - 1)] == t->count) {
		*form = LAM_ONNX_PER_CHANNEL;
		return LAM_OK;
	}
	*form = LAM_ONNX_PER_VALUE;
	*tensor = expand(im, x, t);
	return *tensor ? LAM_OK : LAM_ERR_MEMORY;
}

lam_status lam_onnx_scale_by(lam_onnx_import *im, lam_onnx_flow *flow, double factor)
{
	if (factor == 1)
		return LAM_OK;
	return lam_onnx_apply(im, flow,
		lam_scale(.name = lam_onnx_layer_name(im, "scale"),
			.factor = lam_onnx_as_option(factor)));
}

lam_status lam_onnx_shift_by(lam_onnx_import *im, lam_onnx_flow *flow, double number)
{
	if (number == 0)
		return LAM_OK;
	return lam_onnx_apply(im, flow,
		lam_standardize(.name = lam_onnx_layer_name(im, "shift"),
			.mean = {(lam_real)-number}));
}

/* A convolution of one tap for each channel, with a bias. */
static lam_layer *one_tap(const char *name, lam_shape shape)
{
	const int channels = (int)shape.dim[0];
	return shape.rank == 2
		? lam_conv1d(.name = name, .out = channels, .kernel = 1, .groups = channels)
		: lam_conv2d(.name = name, .out = channels, .kernel = {1}, .groups = channels);
}

lam_status lam_onnx_affine_by(lam_onnx_import *im, const char *name, lam_onnx_flow *flow,
	lam_onnx_form form, const lam_onnx_tensor *weight, const lam_onnx_tensor *bias, double sign)
{
	const lam_shape shape = flow->shape;
	const int64_t count = lam_shape_count(&shape);
	lam_shape as = shape;
	if (form == LAM_ONNX_PER_VALUE)
		as = bias ? LAM_SHAPE(count, 1) : LAM_SHAPE(count);
	else if (bias && (shape.rank == 1 || shape.rank == 4))
		as = LAM_SHAPE(shape.dim[0], count / shape.dim[0]);
	if (as.dim[0] > LAM_ONNX_MOST_DIMENSION)
		return lam_fail(LAM_ERR_UNSUPPORTED, "a constant of %" PRId64 " values", as.dim[0]);
	lam_status status = lam_onnx_reshape(im, flow, as);
	if (!status)
		status = lam_onnx_apply(
			im, flow, bias ? one_tap(name, as) : lam_layer_scale(.name = name));
	if (!status)
		status = lam_onnx_weigh(im, name, "weight",
			(lam_onnx_weight){.tensor = weight,
				.factor = 1,
				.shift = weight ? 0 : 1,
				.frozen = !weight});
	if (!status && bias)
		status = lam_onnx_weigh(
			im, name, "bias", (lam_onnx_weight){.tensor = bias, .factor = sign});
	return status ? status : lam_onnx_reshape(im, flow, shape);
}

lam_onnx_tensor *lam_onnx_reciprocal(lam_onnx_import *im, const lam_onnx_tensor *tensor)
{
	lam_onnx_tensor *made = lam_onnx_tensor_new(im->arena, false, tensor->rank, tensor->dims);
	for (int64_t i = 0; made && i < made->count; i++)
		made->reals[i] = (lam_real)(1 / lam_onnx_number(tensor, i));
	return made;
}
