/* SPDX-License-Identifier: MIT */
/* Sums, products and extremes of several values. */
#include "exchange/onnx/operators.h"
#include "exchange/onnx/spread.h"

#include "layers/activation.h"
#include "layers/conv.h"
#include "layers/join.h"
#include "layers/upsample.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define JOIN_OPTIONS(text) \
	&(lam_join_options) \
	{ \
		.size = sizeof(lam_join_options), .name = (text) \
	}

/* Repeats the one channel of a value: by a convolution of one tap, whose weights are 1. */
static lam_status repeat_channel(lam_onnx_import *im, lam_onnx_flow *flow, int64_t channels)
{
	lam_shape shape = flow->shape;
	const char *name = lam_onnx_layer_name(im, "repeat");
	if (channels > LAM_ONNX_MOST_DIMENSION)
		return lam_fail(LAM_ERR_UNSUPPORTED, "%" PRId64 " channels", channels);
	lam_status status = lam_onnx_reshape(im, flow, LAM_SHAPE(1, lam_shape_count(&shape)));
	if (!status)
		status = lam_onnx_apply(im, flow,
			lam_conv1d(.name = name, .out = (int)channels, .kernel = 1,
				.no_bias = true));
	if (!status)
		status = lam_onnx_weigh(im, name, "weight",
			(lam_onnx_weight){.factor = 1, .shift = 1, .frozen = true});
	shape.dim[0] = channels;
	return status ? status : lam_onnx_reshape(im, flow, shape);
}

/* Repeats a value along the axes of places where it has one and `to` has more. */
static lam_status repeat_places(lam_onnx_import *im, lam_onnx_flow *flow, const lam_shape *to)
{
	const lam_shape *from = &flow->shape;
	lam_upsample2d_options o = {
		.size = sizeof o, .name = lam_onnx_layer_name(im, "repeat"), .scale = {1, 1}};
	if (from->rank < 2 || from->rank > 3)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"samples of %s beside samples of %s: only places of signals and images "
			"are repeated",
			lam_shape_text(*from).text, lam_shape_text(*to).text);
	for (int i = 1; i < from->rank; i++)
		o.scale[i - 1] = from->dim[i] == to->dim[i] ? 1 : (int)to->dim[i];
	return lam_onnx_apply(im, flow,
		from->rank == 2 ? lam_upsample1d(.name = o.name, .scale = o.scale[0])
				: lam_upsample2d_new(&o));
}

/* Repeats a value along all axes where it has one and `to` has more. */
static lam_status repeat(lam_onnx_import *im, lam_onnx_flow *flow, const lam_shape *to)
{
	const lam_shape *from = &flow->shape;
	bool places = false;
	for (int i = 0; i < to->rank; i++) {
		if (from->dim[i] != to->dim[i] && from->dim[i] != 1)
			return lam_fail(LAM_ERR_SHAPE, "samples of %s beside samples of %s",
				lam_shape_text(*from).text, lam_shape_text(*to).text);
		places = places || (i && from->dim[i] != to->dim[i]);
	}
	lam_status status = LAM_OK;
	if (from->dim[0] != to->dim[0])
		status = repeat_channel(im, flow, to->dim[0]);
	return status || !places ? status : repeat_places(im, flow, to);
}

/* Values of one rank: beside a longer shape, ONNX would take the batch of a shorter one for another
 * axis. */
static lam_status same_rank(int a, int b)
{
	return a == b ? LAM_OK
		      : lam_fail(LAM_ERR_UNSUPPORTED,
			      "a value of %d dimensions beside one of %d, with the batch", a, b);
}

/* The shape of both together. */
static lam_status common_shape(const lam_shape *a, const lam_shape *b, lam_shape *both)
{
	*both = *a;
	for (int i = 0; i < a->rank; i++)
		both->dim[i] = a->dim[i] == 1 ? b->dim[i] : a->dim[i];
	if (a->rank == b->rank)
		return LAM_OK;
	return lam_fail(LAM_ERR_UNSUPPORTED, "samples of %s beside samples of %s",
		lam_shape_text(*a).text, lam_shape_text(*b).text);
}

/* Whether a product spreads this shape over `to` by itself: factors of channels or of places. */
static bool spreads(const lam_shape *from, const lam_shape *to)
{
	bool channels = from->dim[0] == to->dim[0], places = from->dim[0] == 1;
	for (int i = 1; i < from->rank; i++) {
		channels = channels && from->dim[i] == 1;
		places = places && from->dim[i] == to->dim[i];
	}
	return channels || places || lam_shape_equal(from, to);
}

static lam_status join_two(lam_onnx_import *im, const char *name, bool product,
	lam_onnx_flow *flows, lam_onnx_flow *out)
{
	lam_shape both;
	lam_status status = common_shape(&flows[0].shape, &flows[1].shape, &both);
	if (!status && product
		&& (lam_shape_equal(&flows[0].shape, &both)
			|| lam_shape_equal(&flows[1].shape, &both))
		&& spreads(&flows[0].shape, &both) && spreads(&flows[1].shape, &both))
		return lam_onnx_join(im, flows, 2, lam_multiply_new(JOIN_OPTIONS(name)), out);
	for (int i = 0; i < 2 && !status; i++)
		status = repeat(im, &flows[i], &both);
	if (status)
		return status;
	return lam_onnx_join(im, flows, 2,
		product ? lam_multiply_new(JOIN_OPTIONS(name)) : lam_add_new(JOIN_OPTIONS(name)),
		out);
}

/* Before opset 7, `axis` is where the constant's first dimension lies: ones follow it. */
static lam_onnx_tensor *align(lam_onnx_import *im, const lam_onnx_node *node,
	const lam_onnx_value *x, lam_onnx_tensor *constant)
{
	const int64_t axis = lam_onnx_int(node, "axis", -1);
	const int64_t ones = axis < 0 ? 0 : x->rank - axis - constant->rank;
	if (ones <= 0 || constant->rank + ones > LAM_ONNX_MOST_RANK)
		return constant;
	lam_onnx_tensor *made = lam_onnx_alloc(im->arena, 1, sizeof *made);
	if (!made)
		return NULL;
	*made = *constant;
	while (made->rank < constant->rank + ones)
		made->dims[made->rank++] = 1;
	return made;
}

/* Samples and a constant. `first`: the constant is the first of the two. */
static lam_status with_constant(lam_onnx_import *im, const lam_onnx_node *node, char operation,
	const lam_onnx_value *x, lam_onnx_tensor *constant, bool first, lam_onnx_flow *flow)
{
	lam_onnx_form form;
	constant = align(im, node, x, constant);
	lam_status status = constant ? lam_onnx_spread(im, x, &constant, &form)
				     : lam_error_status();
	if (status)
		return status;
	const double sign = operation == 'S' && !first ? -1 : 1;
	if (operation == 'D' && first)
		return lam_fail(LAM_ERR_UNSUPPORTED, "it divides a constant");
	if (operation == 'S' && first)
		status = lam_onnx_scale_by(im, flow, -1);
	if (!status && form == LAM_ONNX_SINGLE) {
		const double number = lam_onnx_number(constant, 0);
		return operation == 'D'    ? lam_onnx_scale_by(im, flow, 1 / number)
			: operation == 'M' ? lam_onnx_scale_by(im, flow, number)
					   : lam_onnx_shift_by(im, flow, sign * number);
	}
	const char *name = lam_onnx_name_of(im, node, constant);
	if (!status && operation == 'D') {
		constant = lam_onnx_reciprocal(im, constant);
		status = constant ? LAM_OK : LAM_ERR_MEMORY;
	}
	const bool scales = operation == 'M' || operation == 'D';
	return status ? status
		      : lam_onnx_affine_by(im, name, flow, form, scales ? constant : NULL,
			      scales ? NULL : constant, sign);
}

lam_status lam_onnx_binary(lam_onnx_import *im, const lam_onnx_node *node)
{
	const char operation = node->proto->op_type[0]; /* Add, Sub, Mul, Div */
	if (!lam_onnx_given(node, 0) || !lam_onnx_given(node, 1))
		return lam_fail(LAM_ERR_FORMAT, "it has no second input");
	const bool first = node->in[0]->state == LAM_ONNX_CONSTANT,
		   constant = first || node->in[1]->state == LAM_ONNX_CONSTANT;
	const lam_onnx_value *x = node->in[first];
	lam_onnx_flow flows[2] = {x->flow, node->in[1]->flow};
	lam_status status = LAM_OK;
	if (constant) {
		status = with_constant(
			im, node, operation, x, node->in[!first]->tensor, first, &flows[0]);
	} else if (operation == 'D') {
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it divides samples by samples");
	} else {
		status = same_rank(x->rank, node->in[1]->rank);
		if (!status && operation == 'S')
			status = lam_onnx_scale_by(im, &flows[1], -1);
		if (!status)
			status = join_two(im, lam_onnx_name_of(im, node, NULL), operation == 'M',
				flows, &flows[0]);
	}
	lam_onnx_give(node, 0, flows[0], x->rank);
	return status;
}

/* Sum and Mean of any number of values. */
lam_status lam_onnx_sum(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	lam_status status = lam_onnx_samples(node, 0, "first input", &x);
	if (status)
		return status;
	lam_onnx_flow flows[2] = {x->flow};
	for (int i = 1; i < node->inputs && !status; i++) {
		const lam_onnx_value *next;
		status = lam_onnx_samples(node, i, "input", &next);
		if (!status)
			status = same_rank(x->rank, next->rank);
		if (status)
			return status;
		flows[1] = next->flow;
		status = join_two(im, lam_onnx_name_of(im, node, NULL), false, flows, &flows[0]);
	}
	if (!status && node->proto->op_type[0] == 'M')
		status = lam_onnx_scale_by(im, &flows[0], 1.0 / node->inputs);
	lam_onnx_give(node, 0, flows[0], x->rank);
	return status;
}

/* max(a, b) = a + max(b - a, 0), and min(a, b) = a - max(a - b, 0). */
static lam_status extreme_of_two(
	lam_onnx_import *im, const lam_onnx_node *node, bool max, lam_onnx_flow *flows)
{
	const lam_onnx_flow a = flows[0];
	lam_onnx_flow parts[2] = {flows[1], flows[0]};
	lam_status status = lam_onnx_scale_by(im, &parts[max], -1);
	if (!status)
		status = join_two(
			im, lam_onnx_layer_name(im, "difference"), false, parts, &parts[0]);
	if (!status)
		status = lam_onnx_apply(
			im, &parts[0], lam_relu(.name = lam_onnx_layer_name(im, "excess")));
	if (!status && !max)
		status = lam_onnx_scale_by(im, &parts[0], -1);
	parts[1] = a;
	return status ? status
		      : join_two(im, lam_onnx_name_of(im, node, NULL), false, parts, &flows[0]);
}

lam_status lam_onnx_extreme(lam_onnx_import *im, const lam_onnx_node *node)
{
	const bool max = !strcmp(node->proto->op_type, "Max");
	lam_onnx_flow flows[2];
	int found = 0, rank = 0, of_constants = 0;
	double bound = max ? -INFINITY : INFINITY;
	lam_status status = LAM_OK;
	for (int i = 0; i < node->inputs && !status; i++) {
		if (!lam_onnx_given(node, i))
			return lam_fail(LAM_ERR_FORMAT, "input %d is left out", i);
		if (node->in[i]->state == LAM_ONNX_CONSTANT) {
			double number = 0;
			status = lam_onnx_single(im, node, i, "constant", &number);
			const int of_it = node->in[i]->tensor->rank;
			of_constants = of_it > of_constants ? of_it : of_constants;
			bound = max ? fmax(bound, number) : fmin(bound, number);
			continue;
		}
		if (found)
			status = same_rank(rank, node->in[i]->rank);
		rank = node->in[i]->rank;
		flows[found > 0] = node->in[i]->flow;
		if (found++ && !status)
			status = extreme_of_two(im, node, max, flows);
	}
	if (!status)
		status = lam_onnx_expect_rank(of_constants, rank);
	if (!status)
		status = lam_onnx_clip_between(
			im, node, &flows[0], max ? bound : -INFINITY, max ? INFINITY : bound);
	lam_onnx_give(node, 0, flows[0], rank);
	return status;
}

/* Squares and cubes as products. */
lam_status lam_onnx_power(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	double exponent = 2;
	lam_status status = lam_onnx_samples(node, 0, "base", &x);
	if (!status && !lam_onnx_given(node, 1))
		status = lam_fail(LAM_ERR_FORMAT, "it has no exponent");
	if (!status)
		status = lam_onnx_single(im, node, 1, "exponent", &exponent);
	if (!status)
		status = lam_onnx_expect_rank(node->in[1]->tensor->rank, x->rank);
	if (!status && exponent != 1 && exponent != 2 && exponent != 3)
		status = lam_fail(
			LAM_ERR_UNSUPPORTED, "an exponent of %g; expected 1, 2 or 3", exponent);
	if (status)
		return status;
	lam_onnx_flow flows[3] = {x->flow, x->flow, x->flow};
	if (exponent > 1)
		status = lam_onnx_join(im, flows, (int)exponent,
			lam_multiply_new(JOIN_OPTIONS(lam_onnx_name_of(im, node, NULL))),
			&flows[0]);
	lam_onnx_give(node, 0, flows[0], x->rank);
	return status;
}
