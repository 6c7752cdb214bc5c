/* SPDX-License-Identifier: MIT */
/* Products with matrices. */
#include "exchange/onnx/operators.h"
#include "exchange/onnx/spread.h"

#include "layers/affine.h"
#include "layers/conv.h"

#include <inttypes.h>
#include <string.h>

/* A matrix whose rows or columns are the inputs, and what its products are added to. */
typedef struct matrix {
	lam_onnx_tensor *weight, *bias; /* bias NULL: none */
	bool rows_are_outputs;
	double alpha, beta;
} matrix;

static int64_t outputs_of(const matrix *m)
{
	return m->weight->dims[m->rows_are_outputs ? 0 : 1];
}

static lam_status check(const matrix *m, int64_t inputs)
{
	const lam_onnx_tensor *w = m->weight;
	if (!w || w->whole || w->rank != 2)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"its weight has %d dimensions of %s numbers; expected a matrix of real "
			"ones",
			w ? w->rank : 0, w && w->whole ? "whole" : "real");
	if (w->dims[m->rows_are_outputs ? 1 : 0] != inputs)
		return lam_fail(LAM_ERR_SHAPE,
			"its weight is %" PRId64 " x %" PRId64 " for %" PRId64 " inputs",
			w->dims[0], w->dims[1], inputs);
	if (outputs_of(m) < 1 || outputs_of(m) > LAM_ONNX_MOST_DIMENSION)
		return lam_fail(LAM_ERR_UNSUPPORTED, "%" PRId64 " outputs", outputs_of(m));
	if (m->bias
		&& (m->bias->whole
			|| (m->bias->count != 1
				&& (m->bias->count != outputs_of(m)
					|| m->bias->dims[m->bias->rank - 1] != m->bias->count))))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"it adds %" PRId64 " values; expected %" PRId64 " real numbers, or one",
			m->bias->count, outputs_of(m));
	return LAM_OK;
}

static lam_status weigh(lam_onnx_import *im, const char *name, const matrix *m)
{
	lam_status status = lam_onnx_weigh(im, name, "weight",
		(lam_onnx_weight){.tensor = m->weight,
			.factor = m->alpha,
			.transpose = !m->rows_are_outputs});
	if (!status && m->bias)
		status = lam_onnx_weigh(im, name, "bias",
			(lam_onnx_weight){.tensor = m->bias,
				.factor = m->beta,
				.repeat = m->bias->count == 1});
	return status;
}

/* Puts the layer there: features [in], or a convolution of one tap over [P, in], where P are the
 * places of a signal. */
static lam_status put(lam_onnx_import *im, const char *name, lam_onnx_flow *flow, const matrix *m)
{
	static const int swapped[2] = {1, 0};
	const bool places = flow->shape.rank > 1;
	const int outputs = (int)outputs_of(m);
	bool tied = false;
	lam_layer *layer = places
		? lam_conv1d(.name = name, .out = outputs, .kernel = 1, .no_bias = !m->bias)
		: lam_affine(.name = name, .out = outputs, .no_bias = !m->bias);
	lam_status status = LAM_OK;
	if (m->alpha == 1 && m->beta == 1)
		status = lam_onnx_tie(im, &layer, m->weight, m->bias, !m->rows_are_outputs, &tied);
	if (!status && places)
		status = lam_onnx_permute(im, flow, swapped);
	if (!status)
		status = lam_onnx_apply(im, flow, layer);
	if (!status && places)
		status = lam_onnx_permute(im, flow, swapped);
	return status || tied ? status : weigh(im, name, m);
}

/* Multiplies the last axis of *flow. */
static lam_status multiply(lam_onnx_import *im, const lam_onnx_node *node, int rank,
	const matrix *m, lam_onnx_flow *flow)
{
	lam_shape shape = flow->shape;
	const int64_t inputs = shape.dim[shape.rank - 1];
	lam_status status = rank < 2 ? lam_fail(LAM_ERR_UNSUPPORTED, "it multiplies over the batch")
				     : check(m, inputs);
	if (status)
		return status;
	const int64_t places = lam_shape_count(&shape) / inputs;
	const lam_onnx_tensor *named = m->weight->name && strstr(m->weight->name, ".weight")
		? m->weight
		: m->bias;
	const char *name = lam_onnx_name_of(im, node, named);
	status = lam_onnx_reshape(
		im, flow, shape.rank == 1 ? LAM_SHAPE(inputs) : LAM_SHAPE(places, inputs));
	if (!status)
		status = put(im, name, flow, m);
	shape.dim[shape.rank - 1] = outputs_of(m);
	return status ? status : lam_onnx_reshape(im, flow, shape);
}

static lam_status give(
	lam_onnx_import *im, const lam_onnx_node *node, const lam_onnx_value *x, const matrix *m)
{
	lam_onnx_flow flow = x->flow;
	lam_status status = multiply(im, node, x->rank, m, &flow);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

lam_status lam_onnx_gemm(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	matrix m = {.alpha = lam_onnx_real(node, "alpha", 1),
		.beta = lam_onnx_real(node, "beta", 1),
		.rows_are_outputs = lam_onnx_int(node, "transB", 0) != 0};
	lam_status status = lam_onnx_samples(node, 0, "first input", &x);
	if (!status && lam_onnx_int(node, "transA", 0))
		status = lam_fail(LAM_ERR_UNSUPPORTED, "its samples are columns (transA)");
	if (!status && x->rank != 2)
		status = lam_fail(
			LAM_ERR_SHAPE, "its input has %d dimensions; expected 2", x->rank);
	if (!status)
		status = lam_onnx_constant(im, node, 1, "weight", &m.weight);
	if (!status)
		status = lam_onnx_constant(im, node, 2, "bias", &m.bias);
	return status ? status : give(im, node, x, &m);
}

/* w x: the axis before the last one is multiplied. */
static lam_status from_left(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	matrix m = {.alpha = 1, .beta = 1, .rows_are_outputs = true};
	int axes[LAM_MAX_RANK] = {0, 1, 2, 3};
	lam_status status = lam_onnx_samples(node, 1, "second input", &x);
	if (!status)
		status = lam_onnx_constant(im, node, 0, "first input", &m.weight);
	if (!status && x->rank < 3)
		status = lam_fail(LAM_ERR_UNSUPPORTED, "it multiplies over the batch");
	if (status)
		return status;
	lam_onnx_flow flow = x->flow;
	axes[x->rank - 2] = x->rank - 3;
	axes[x->rank - 3] = x->rank - 2;
	status = lam_onnx_permute(im, &flow, axes);
	if (!status)
		status = multiply(im, node, x->rank, &m, &flow);
	if (!status)
		status = lam_onnx_permute(im, &flow, axes);
	lam_onnx_give(node, 0, flow, x->rank);
	return status;
}

lam_status lam_onnx_matmul(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_value *x;
	matrix m = {.alpha = 1, .beta = 1};
	if (lam_onnx_given(node, 0) && node->in[0]->state == LAM_ONNX_CONSTANT)
		return from_left(im, node);
	lam_status status = lam_onnx_samples(node, 0, "first input", &x);
	if (!status)
		status = lam_onnx_constant(im, node, 1, "second input", &m.weight);
	return status ? status : give(im, node, x, &m);
}

/* x w + b */
lam_status lam_onnx_matmul_add(lam_onnx_import *im, const lam_onnx_node *node)
{
	matrix m = {.alpha = 1,
		.beta = 1,
		.weight = lam_onnx_letter(node, 'w')->tensor,
		.bias = lam_onnx_letter(node, 'b')->tensor};
	lam_status status = lam_onnx_tensor_decode(im->file, im->arena, m.weight);
	if (!status)
		status = lam_onnx_tensor_decode(im->file, im->arena, m.bias);
	return status ? status : give(im, node, lam_onnx_letter(node, 'x'), &m);
}

bool lam_onnx_fits_matmul(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_tensor *w = lam_onnx_letter(node, 'w')->tensor,
			      *b = lam_onnx_letter(node, 'b')->tensor;
	(void)im;
	return w->rank == 2 && !w->whole && !b->whole
		&& lam_onnx_inner(node, 'M')->out[0]->readers == 1 && b->count == w->dims[1]
		&& b->rank > 0 && b->dims[b->rank - 1] == b->count;
}
