/* SPDX-License-Identifier: MIT */
/* Layer norm, as an operator and in parts. */
#include "exchange/onnx/operators.h"

#include "layers/norm.h"

#include <inttypes.h>

/* Normalises over the axes from `axis` on, which counts the batch, or over the channels alone, at
 * each place. NULL: no weights. */
static lam_status normalise(lam_onnx_import *im, const char *name, int axis, bool channels,
	double eps, const lam_onnx_tensor *weight, const lam_onnx_tensor *bias, lam_onnx_flow *flow)
{
	static const int swapped[2] = {1, 0};
	const lam_shape shape = flow->shape;
	int64_t places = 1;
	for (int i = 0; i < axis - 1; i++)
		places *= shape.dim[i];
	const int64_t values = channels ? shape.dim[0] : lam_shape_count(&shape) / places;
	const lam_onnx_tensor *both[2] = {weight, bias};
	for (int i = 0; i < 2; i++)
		if (both[i] && (both[i]->whole || both[i]->count != values))
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"its weight or bias has %" PRId64 " values; expected %" PRId64,
				both[i]->count, values);
	const bool affine = weight || bias;
	lam_status status = LAM_OK;
	if (places > 1)
		status = lam_onnx_reshape(im, flow, LAM_SHAPE(places, values));
	if (!status && places > 1)
		status = lam_onnx_permute(im, flow, swapped);
	if (!status)
		status = lam_onnx_apply(im, flow,
			lam_layer_norm(.name = name, .eps = lam_onnx_as_option(eps),
				.channels = channels || places > 1, .no_affine = !affine));
	if (!status && places > 1)
		status = lam_onnx_permute(im, flow, swapped);
	if (!status)
		status = lam_onnx_reshape(im, flow, shape);
	if (!status && affine)
		status = lam_onnx_weigh(im, name, "weight",
			(lam_onnx_weight){.tensor = weight,
				.factor = 1,
				.shift = weight ? 0 : 1,
				.frozen = !weight});
	if (!status && affine)
		status = lam_onnx_weigh(im, name, "bias",
			(lam_onnx_weight){.tensor = bias, .factor = 1, .frozen = !bias});
	return status;
}

lam_status lam_onnx_layer_norm(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	lam_onnx_tensor *weight = NULL, *bias = NULL;
	int axis;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = lam_onnx_constant(im, node, 1, "scale", &weight);
	if (!status)
		status = lam_onnx_constant(im, node, 2, "bias", &bias);
	if (!status)
		status = lam_onnx_axis(lam_onnx_int(node, "axis", -1), x->rank, &axis);
	if (!status && !axis)
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it normalises over the batch");
	for (int i = 1; i < node->outputs && !status; i++)
		if (node->out[i] && node->out[i]->readers)
			status = lam_fail(LAM_ERR_UNSUPPORTED, "its statistics are read");
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	status = normalise(im, lam_onnx_name_of(im, node, weight), axis, false,
		lam_onnx_real(node, "epsilon", 1e-5), weight, bias, &flow);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* The first of the axes of a mean, if they are the last ones; 0: they are not, or not constant. */
static int64_t first_axis(lam_onnx_import *im, const lam_onnx_node *mean, int *count)
{
	const int64_t *axes;
	if (lam_onnx_numbers(im, mean, mean->inputs > 1 ? 1 : -1, "axes", &axes, count)
		|| *count < 1 || lam_onnx_int(mean, "keepdims", 1) != 1)
		return 0;
	for (int i = 1; i < *count; i++)
		if (axes[i] != axes[0] + i)
			return 0;
	return axes[0];
}

bool lam_onnx_fits_layer_norm(lam_onnx_import *im, const lam_onnx_node *node)
{
	int count, of_other;
	lam_onnx_tensor *eps = lam_onnx_letter(node, 'e')->tensor;
	const int64_t axis = first_axis(im, lam_onnx_inner(node, 'M'), &count);
	bool fits = axis && eps->count == 1 && !lam_onnx_tensor_decode(im->file, im->arena, eps);
	for (const char *other = "NOV"; *other && fits; other++) {
		const lam_onnx_node *mean = lam_onnx_inner(node, *other);
		fits = !mean || (first_axis(im, mean, &of_other) == axis && of_other == count);
	}
	return fits;
}

/* Whether a constant beside samples differs only along the axes from `first` to `end` - 1. */
static bool varies_along(const lam_onnx_value *x, const lam_onnx_tensor *t, int first, int end)
{
	for (int i = 0; i < t->rank; i++) {
		const int at = x->rank - t->rank + i;
		if (t->dims[i] != 1 && (at < first || at >= end))
			return false;
	}
	return true;
}

/* Weight or bias behind a layer norm in parts; a letter that is not there is none. */
static lam_status take_along(lam_onnx_import *im, const lam_onnx_node *node, char letter, int axis,
	int count, lam_onnx_tensor **tensor)
{
	const lam_onnx_value *x = lam_onnx_letter(node, 'x'),
			     *value = lam_onnx_letter(node, letter);
	*tensor = value ? value->tensor : NULL;
	if (!value)
		return LAM_OK;
	if (!varies_along(x, *tensor, axis, axis + count))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"its weight or bias differs along axes over which it does not normalise");
	return lam_onnx_tensor_decode(im->file, im->arena, *tensor);
}

lam_status lam_onnx_layer_norm_parts(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x = lam_onnx_letter(node, 'x');
	lam_onnx_tensor *weight = NULL, *bias = NULL;
	int axis, count;
	const int64_t first = first_axis(im, lam_onnx_inner(node, 'M'), &count);
	lam_status status = lam_onnx_axis(first, x->rank, &axis);
	const bool channels = !status && axis == 1 && count == 1 && x->rank > 2;
	if (!status && !channels && (!axis || axis + count != x->rank))
		status = lam_fail(
			LAM_ERR_UNSUPPORTED, "it normalises over axes that are not the last");
	if (!status)
		status = take_along(im, node, 'w', axis, count, &weight);
	if (!status)
		status = take_along(im, node, 'b', axis, count, &bias);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	status = normalise(im, lam_onnx_name_of(im, node, weight), axis, channels,
		lam_onnx_number(lam_onnx_letter(node, 'e')->tensor, 0), weight, bias, &flow);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}
