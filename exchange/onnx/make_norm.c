/* SPDX-License-Identifier: MIT */
/* Normalisations, as operators and in parts. */
#include "exchange/onnx/operators.h"
#include "exchange/onnx/spread.h"

#include "layers/batch_norm.h"
#include "layers/norm.h"
#include "layers/standardize.h"

#include <inttypes.h>
#include <math.h>

/* The constant input `i`: `count` real numbers. */
static lam_status take(lam_onnx_import *im, const lam_onnx_node *node, int i, const char *what,
	int64_t count, lam_onnx_tensor **tensor)
{
	lam_status status = lam_onnx_constant(im, node, i, what, tensor);
	if (!status && (!*tensor || (*tensor)->whole || (*tensor)->count != count))
		status = lam_fail(LAM_ERR_UNSUPPORTED,
			"its %s has %" PRId64 " values; expected %" PRId64 " real numbers", what,
			*tensor ? (*tensor)->count : 0, count);
	return status;
}

/* Joins all places into one axis, where there are more than an image has. */
static lam_status flatten_places(lam_onnx_import *im, lam_onnx_flow *flow)
{
	const int64_t channels = flow->shape.dim[0];
	return flow->shape.rank < 4
		? LAM_OK
		: lam_onnx_reshape(
			im, flow, LAM_SHAPE(channels, lam_shape_count(&flow->shape) / channels));
}

static lam_layer *batch_norm_layer(const char *name, double eps, double momentum)
{
	return lam_batch_norm(.name = name, .eps = lam_onnx_as_option(eps),
		.momentum = lam_onnx_as_option(momentum));
}

lam_status lam_onnx_batch_norm(lam_onnx_import *im, const lam_onnx_node *node)
{
	static const char *const parameters[] = {"weight", "bias", "running_mean", "running_var"};
	const lam_onnx_value *x;
	lam_onnx_tensor *tensors[4];
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status && lam_onnx_int(node, "training_mode", 0))
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it is in training mode");
	if (!status && !lam_onnx_int(node, "spatial", 1))
		status = lam_fail(LAM_ERR_UNSUPPORTED, "each value has its own mean (spatial 0)");
	/* Older operators say it by their outputs, and those before 7 by is_test. */
	for (int i = 1; i < node->outputs && !status; i++)
		if (node->out[i] && (node->out[i]->readers || im->opset < 14))
			status = lam_fail(LAM_ERR_UNSUPPORTED,
				im->opset < 14
					? "it is in training mode: it has outputs of statistics"
					: "its statistics are read");
	if (!status && im->opset < 7 && !lam_onnx_int(node, "is_test", 0))
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it is in training mode (is_test 0)");
	for (int i = 0; i < 4 && !status; i++)
		status = take(im, node, i + 1, parameters[i], x->flow.shape.dim[0], &tensors[i]);
	if (status)
		return status;
	const char *name = lam_onnx_name_of(im, node, tensors[0]);
	lam_onnx_flow flow = x->flow;
	status = flatten_places(im, &flow);
	if (!status)
		status = lam_onnx_apply(im, &flow,
			batch_norm_layer(name, lam_onnx_real(node, "epsilon", 1e-5),
				1 - lam_onnx_real(node, "momentum", 0.9)));
	for (int i = 0; i < 4 && !status; i++)
		status = lam_onnx_weigh(im, name, parameters[i],
			(lam_onnx_weight){.tensor = tensors[i], .factor = 1});
	if (!status)
		status = lam_onnx_reshape(im, &flow, x->flow.shape);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* Adds a constant to samples, or multiplies them by it. */
static lam_status apply_constant(lam_onnx_import *im, const lam_onnx_node *node,
	lam_onnx_flow *flow, lam_onnx_form form, lam_onnx_tensor *tensor, bool scales, double sign)
{
	if (form != LAM_ONNX_SINGLE)
		return lam_onnx_affine_by(im, lam_onnx_name_of(im, node, NULL), flow, form,
			scales ? tensor : NULL, scales ? NULL : tensor, sign);
	const double number = lam_onnx_number(tensor, 0);
	return scales ? lam_onnx_scale_by(im, flow, number)
		      : lam_onnx_shift_by(im, flow, sign * number);
}

/* x w + b as one layer, if both have one form. */
static lam_status scale_and_shift(lam_onnx_import *im, const lam_onnx_node *node,
	const lam_onnx_value *x, lam_onnx_tensor *w, lam_onnx_tensor *b, lam_onnx_flow *flow)
{
	lam_onnx_form of_w, of_b;
	const lam_onnx_tensor *named = w;
	lam_status status = lam_onnx_spread(im, x, &w, &of_w);
	if (!status)
		status = lam_onnx_spread(im, x, &b, &of_b);
	if (status)
		return status;
	if (of_w == of_b && of_w != LAM_ONNX_SINGLE)
		return lam_onnx_affine_by(
			im, lam_onnx_name_of(im, node, named), flow, of_w, w, b, 1);
	status = apply_constant(im, node, flow, of_w, w, true, 1);
	return status ? status : apply_constant(im, node, flow, of_b, b, false, 1);
}

lam_status lam_onnx_affine_chain(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x = lam_onnx_letter(node, 'x');
	lam_onnx_flow flow = x->flow;
	lam_status status = scale_and_shift(im, node, x, lam_onnx_letter(node, 'w')->tensor,
		lam_onnx_letter(node, 'b')->tensor, &flow);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* (x - m) / s w + b: a batch norm of the variance s s - eps. */
static lam_status as_batch_norm(lam_onnx_import *im, const lam_onnx_node *node,
	lam_onnx_tensor *const *t, lam_onnx_flow *flow)
{
	static const char *const parameters[] = {"running_mean", "running_var", "weight", "bias"};
	lam_onnx_tensor *variance = lam_onnx_tensor_new(im->arena, false, t[1]->rank, t[1]->dims);
	double least = INFINITY;
	if (!variance)
		return LAM_ERR_MEMORY;
	for (int64_t i = 0; i < t[1]->count; i++)
		least = fmin(least, lam_onnx_number(t[1], i) * lam_onnx_number(t[1], i));
	const double eps = least > 1e-5 ? 1e-5 : 1e-12;
	for (int64_t i = 0; i < t[1]->count; i++) {
		const double s = lam_onnx_number(t[1], i);
		variance->reals[i] = (lam_real)fmax(s * s - eps, 0);
	}
	const lam_onnx_tensor *values[4] = {t[0], variance, t[2], t[3]};
	const char *name = lam_onnx_name_of(im, node, t[2]);
	const lam_shape shape = flow->shape;
	lam_status status = flatten_places(im, flow);
	if (!status)
		status = lam_onnx_apply(im, flow, batch_norm_layer(name, eps, 0.1));
	for (int i = 0; i < 4 && !status; i++)
		status = lam_onnx_weigh(im, name, parameters[i],
			(lam_onnx_weight){.tensor = values[i], .factor = 1});
	return status ? status : lam_onnx_reshape(im, flow, shape);
}

/* (x - m) / s of constants, as before a net's first layer: they stay constants. */
lam_status lam_onnx_standardize_parts(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x = lam_onnx_letter(node, 'x');
	lam_onnx_tensor *m = lam_onnx_letter(node, 'm')->tensor,
			*s = lam_onnx_letter(node, 's')->tensor;
	lam_onnx_form of_m, of_s;
	lam_status status = lam_onnx_spread(im, x, &m, &of_m);
	if (!status)
		status = lam_onnx_spread(im, x, &s, &of_s);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	if (of_m == LAM_ONNX_PER_CHANNEL && of_s == LAM_ONNX_PER_CHANNEL) {
		status = lam_onnx_apply(im, &flow,
			lam_standardize(.name = lam_onnx_name_of(im, node, NULL), .count = m->count,
				.means = m->reals, .stds = s->reals));
	} else {
		lam_onnx_tensor *factor = lam_onnx_reciprocal(im, s);
		status = factor ? apply_constant(im, node, &flow, of_m, m, false, -1)
				: LAM_ERR_MEMORY;
		if (!status)
			status = apply_constant(im, node, &flow, of_s, factor, true, 1);
	}
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

lam_status lam_onnx_batch_norm_parts(lam_onnx_import *im, const lam_onnx_node *node)
{
	static const char letters[] = "msw";
	const lam_onnx_value *x = lam_onnx_letter(node, 'x');
	lam_onnx_tensor *t[4] = {NULL, NULL, NULL, lam_onnx_letter(node, 'b')->tensor};
	lam_onnx_form forms[4];
	bool channels = true;
	lam_status status = LAM_OK;
	for (int i = 0; i < 4 && !status; i++) {
		t[i] = i < 3 ? lam_onnx_letter(node, letters[i])->tensor : t[3];
		status = lam_onnx_spread(im, x, &t[i], &forms[i]);
		channels = channels && forms[i] == LAM_ONNX_PER_CHANNEL;
	}
	if (status)
		return status;
	bool positive = channels; /* and so that the square less eps is a variance */
	for (int64_t i = 0; i < t[1]->count && positive; i++)
		positive = lam_onnx_number(t[1], i) > 1e-5 && lam_onnx_number(t[1], i) < 1e15;
	lam_onnx_flow flow = x->flow;
	if (positive) {
		status = as_batch_norm(im, node, t, &flow);
	} else {
		lam_onnx_tensor *factor = lam_onnx_reciprocal(im, t[1]);
		status = factor ? apply_constant(im, node, &flow, forms[0], t[0], false, -1)
				: LAM_ERR_MEMORY;
		if (!status)
			status = apply_constant(im, node, &flow, forms[1], factor, true, 1);
		if (!status)
			status = scale_and_shift(im, node, x, t[2], t[3], &flow);
	}
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

lam_status lam_onnx_instance_norm(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	lam_onnx_tensor *weight = NULL, *bias = NULL;
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	if (!status)
		status = take(im, node, 1, "scale", x->flow.shape.dim[0], &weight);
	if (!status)
		status = take(im, node, 2, "bias", x->flow.shape.dim[0], &bias);
	if (status)
		return status;
	const char *name = lam_onnx_name_of(im, node, weight);
	lam_onnx_flow flow = x->flow;
	status = flatten_places(im, &flow);
	if (!status)
		status = lam_onnx_apply(im, &flow,
			lam_instance_norm(.name = name,
				.eps = lam_onnx_as_option(lam_onnx_real(node, "epsilon", 1e-5))));
	if (!status)
		status = lam_onnx_weigh_both(im, name, weight, bias);
	if (!status)
		status = lam_onnx_reshape(im, &flow, x->flow.shape);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* Weights of groups, as opset 18 has them, for each channel. */
static lam_status of_channels(lam_onnx_import *im, int64_t channels, lam_onnx_tensor **tensor)
{
	const lam_onnx_tensor *given = *tensor;
	if (given->count == channels)
		return LAM_OK;
	*tensor = lam_onnx_tensor_new(im->arena, false, 1, &channels);
	for (int64_t i = 0; *tensor && i < channels; i++)
		(*tensor)->reals[i] = (lam_real)lam_onnx_number(
			given, i / (channels / given->count));
	return *tensor ? LAM_OK : LAM_ERR_MEMORY;
}

static lam_status put_group_norm(lam_onnx_import *im, const char *name, int64_t groups, double eps,
	const lam_onnx_tensor *weight, const lam_onnx_tensor *bias, lam_onnx_flow *flow)
{
	if (groups < 1 || groups > flow->shape.dim[0])
		return lam_fail(LAM_ERR_SHAPE, "%" PRId64 " groups of %" PRId64 " channels", groups,
			flow->shape.dim[0]);
	lam_status status = lam_onnx_apply(im, flow,
		lam_group_norm(.name = name, .groups = (int)groups,
			.eps = lam_onnx_as_option(eps)));
	return status ? status : lam_onnx_weigh_both(im, name, weight, bias);
}

lam_status lam_onnx_group_norm(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	lam_onnx_tensor *weight = NULL, *bias = NULL;
	const int64_t groups = lam_onnx_int(node, "num_groups", 0);
	lam_status status = lam_onnx_samples(node, 0, "input", &x);
	const int64_t channels = status ? 0 : x->flow.shape.dim[0];
	if (!status && (groups < 1 || channels % groups))
		status = lam_fail(LAM_ERR_SHAPE, "%" PRId64 " groups of %" PRId64 " channels",
			groups, channels);
	const int64_t count = im->opset < 21 ? groups : channels;
	if (!status)
		status = take(im, node, 1, "scale", count, &weight);
	if (!status)
		status = take(im, node, 2, "bias", count, &bias);
	if (!status)
		status = of_channels(im, channels, &weight);
	if (!status)
		status = of_channels(im, channels, &bias);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	status = put_group_norm(im, lam_onnx_name_of(im, node, weight), groups,
		lam_onnx_real(node, "epsilon", 1e-5), weight, bias, &flow);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

/* Reshape to groups, an instance norm of weights 1 and 0, reshape back, scale and shift. */
lam_status lam_onnx_group_norm_parts(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x = lam_onnx_letter(node, 'x');
	lam_onnx_tensor *w = lam_onnx_letter(node, 'w')->tensor,
			*b = lam_onnx_letter(node, 'b')->tensor;
	const int64_t groups = lam_onnx_letter(node, 'p')->tensor->count, /* not 0: it fits */
		channels = x->flow.shape.dim[0];
	lam_onnx_form of_w, of_b;
	lam_status status = lam_onnx_spread(im, x, &w, &of_w);
	if (!status)
		status = lam_onnx_spread(im, x, &b, &of_b);
	const int64_t count = lam_shape_count(&x->flow.shape);
	const int64_t grouped[3] = {im->batch, groups, count / groups};
	int64_t dims[LAM_MAX_RANK + 1];
	lam_onnx_dims(im, x, dims);
	if (!status
		&& (count % groups
			|| !lam_onnx_reshapes_to(
				im, lam_onnx_letter(node, 's'), dims, x->rank, grouped, 3)
			|| !lam_onnx_reshapes_to(
				im, lam_onnx_letter(node, 't'), grouped, 3, dims, x->rank)))
		status = lam_fail(LAM_ERR_UNSUPPORTED,
			"a group norm in parts that gives its values another shape");
	if (!status && (of_w == LAM_ONNX_PER_VALUE || of_b == LAM_ONNX_PER_VALUE))
		status = lam_fail(LAM_ERR_UNSUPPORTED,
			"scale and shift behind a group norm have not one value for each channel");
	if (!status)
		status = of_channels(im, channels, &w);
	if (!status)
		status = of_channels(im, channels, &b);
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	status = put_group_norm(im, lam_onnx_name_of(im, node, w), groups,
		lam_onnx_real(lam_onnx_inner(node, 'I'), "epsilon", 1e-5), w, b, &flow);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

bool lam_onnx_fits_group_norm(lam_onnx_import *im, const lam_onnx_node *node)
{
	lam_onnx_tensor *one = lam_onnx_letter(node, 'p')->tensor,
			*zero = lam_onnx_letter(node, 'q')->tensor,
			*shape = lam_onnx_letter(node, 's')->tensor;
	if (lam_onnx_tensor_decode(im->file, im->arena, one)
		|| lam_onnx_tensor_decode(im->file, im->arena, zero)
		|| lam_onnx_tensor_decode(im->file, im->arena, shape) || !shape->whole
		|| shape->count != 3 || shape->numbers[1] != one->count)
		return false;
	bool fits = one->count && one->count == zero->count && !one->whole && !zero->whole;
	for (int64_t i = 0; i < one->count && fits; i++)
		fits = one->reals[i] == 1 && zero->reals[i] == 0;
	return fits;
}
