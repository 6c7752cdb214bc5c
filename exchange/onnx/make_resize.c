/* SPDX-License-Identifier: MIT */
/* Upsampling by whole factors. */
#include "exchange/onnx/operators.h"

#include "layers/upsample.h"

#include <inttypes.h>
#include <math.h>

/* Where sampling points lie, as far as it matters for whole factors. */
static lam_status check_mode(const lam_onnx_import *im, const lam_onnx_node *node, const int *scale,
	lam_upsample_mode *mode, bool *corners)
{
	static const char where[] = "coordinate_transformation_mode";
	const bool old = im->opset < 11; /* Upsample, and the first Resize */
	const char *usual = old ? "asymmetric" : "half_pixel";
	const bool half = lam_onnx_is(node, where, "half_pixel", usual)
		|| lam_onnx_is(node, where, "pytorch_half_pixel", usual),
		   asymmetric = lam_onnx_is(node, where, "asymmetric", usual);
	const char *rounding = old ? "floor" : "round_prefer_floor";
	*corners = lam_onnx_is(node, where, "align_corners", usual);
	*mode = LAM_NEAREST;
	if (lam_onnx_is(node, "mode", "nearest", "nearest")) {
		const bool floors = lam_onnx_is(node, "nearest_mode", "floor", rounding),
			   prefers = lam_onnx_is(
				   node, "nearest_mode", "round_prefer_floor", rounding);
		if ((asymmetric && (floors || (prefers && scale[0] <= 2 && scale[1] <= 2)))
			|| (half && prefers))
			return LAM_OK;
		return lam_fail(
			LAM_ERR_UNSUPPORTED, "it does not repeat each value as often as the next");
	}
	*mode = LAM_LINEAR;
	if ((lam_onnx_is(node, "mode", "linear", "") || lam_onnx_is(node, "mode", "bilinear", ""))
		&& (half || *corners))
		return LAM_OK;
	return lam_fail(LAM_ERR_UNSUPPORTED,
		"its mode; expected nearest, or linear with half pixels or aligned corners");
}

/* The list of scales or sizes, whichever is given; NULL: neither. */
static lam_status take_scales(
	lam_onnx_import *im, const lam_onnx_node *node, lam_onnx_tensor **scales, bool *sizes)
{
	const bool first = node->inputs < 3 && !lam_onnx_given(node, 2);
	*sizes = false;
	lam_status status = lam_onnx_constant(im, node, first ? 1 : 2, "scales", scales);
	if (!status && (!*scales || !(*scales)->count) && lam_onnx_given(node, 3)) {
		*sizes = true;
		status = lam_onnx_constant(im, node, 3, "sizes", scales);
	}
	return status;
}

static lam_status find_scale(
	lam_onnx_import *im, const lam_onnx_node *node, const lam_onnx_value *x, double *scale)
{
	const LaminaOnnx__Attribute *old = lam_onnx_attribute(node, "scales");
	const int64_t *axes;
	lam_onnx_tensor *list = NULL;
	int64_t dims[LAM_MAX_RANK + 1];
	bool sizes = false;
	const int of_axes = lam_onnx_ints(node, "axes", &axes);
	lam_status status = old ? LAM_OK : take_scales(im, node, &list, &sizes);
	const int64_t count = old ? (int64_t)old->n_floats : list ? list->count : 0;
	if (!status && count != (of_axes ? of_axes : x->rank))
		status = lam_fail(LAM_ERR_FORMAT, "%" PRId64 " scales or sizes for %d dimensions",
			count, of_axes ? of_axes : x->rank);
	if (status)
		return status;
	lam_onnx_dims(im, x, dims);
	for (int i = 0; i < x->rank; i++)
		scale[i] = 1;
	for (int i = 0; i < count; i++) {
		int axis = i;
		if (of_axes)
			status = lam_onnx_axis(axes[i], x->rank, &axis);
		if (status)
			return status;
		const double number = old ? (double)old->floats[i] : lam_onnx_number(list, i);
		scale[axis] = sizes ? number / (double)dims[axis] : number;
	}
	return LAM_OK;
}

lam_status lam_onnx_resize(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	double scale[LAM_MAX_RANK + 1];
	int whole[2] = {1, 1};
	lam_upsample_mode mode;
	bool corners;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = find_scale(im, node, x, scale);
	if (!status && (x->rank < 3 || x->rank > 4))
		status = lam_fail(LAM_ERR_UNSUPPORTED,
			"an input of %d dimensions; expected 3 or 4, with the batch", x->rank);
	for (int i = 0; i < x->rank && !status; i++) {
		const double rounded = rint(scale[i]);
		if (!(fabs(scale[i] - rounded) < 1e-6) || rounded < 1 || rounded > 1024
			|| (i < 2 && rounded != 1))
			status = lam_fail(LAM_ERR_UNSUPPORTED,
				"it scales axis %d by %g; expected whole factors of places", i,
				scale[i]);
		else if (i >= 2)
			whole[i - 2] = (int)rounded;
	}
	if (!status)
		status = check_mode(im, node, whole, &mode, &corners);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	const char *name = lam_onnx_name_of(im, node, NULL);
	if (x->rank == 3)
		status = lam_onnx_apply(im, &flow,
			lam_upsample1d(.name = name, .scale = whole[0], .mode = mode,
				.align_corners = corners));
	else
		status = lam_onnx_apply(im, &flow,
			lam_upsample2d(.name = name, .scale = {whole[0], whole[1]}, .mode = mode,
				.align_corners = corners));
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}
