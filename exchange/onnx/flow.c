/* SPDX-License-Identifier: MIT */
/* What makers of layers use. */
#include "exchange/onnx/import.h"

#include "layers/rearrange.h"
#include "layers/reshape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool lam_onnx_given(const lam_onnx_node *node, int i)
{
	return i < node->inputs && node->in[i];
}

lam_status lam_onnx_constant(lam_onnx_import *im, const lam_onnx_node *node, int i,
	const char *what, lam_onnx_tensor **tensor)
{
	*tensor = NULL;
	if (!lam_onnx_given(node, i))
		return LAM_OK;
	if (node->in[i]->state != LAM_ONNX_CONSTANT)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"its %s is computed while the net runs; expected a constant", what);
	*tensor = node->in[i]->tensor;
	return lam_onnx_tensor_decode(im->file, im->arena, *tensor);
}

lam_status lam_onnx_expect_known(const lam_onnx_import *im, const lam_onnx_tensor *tensor)
{
	for (int64_t i = 0; !tensor->proto && i < tensor->count; i++)
		if (lam_onnx_is_open(im, lam_onnx_number(tensor, i)))
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"its constant depends on the number of samples");
	return LAM_OK;
}

lam_status lam_onnx_single(
	lam_onnx_import *im, const lam_onnx_node *node, int i, const char *what, double *number)
{
	lam_onnx_tensor *tensor;
	lam_status status = lam_onnx_constant(im, node, i, what, &tensor);
	if (status || !tensor)
		return status;
	if (tensor->count != 1)
		return lam_fail(LAM_ERR_UNSUPPORTED, "its %s is %" PRId64 " values; expected one",
			what, tensor->count);
	*number = lam_onnx_number(tensor, 0);
	return lam_onnx_expect_known(im, tensor);
}

lam_status lam_onnx_samples(
	const lam_onnx_node *node, int i, const char *what, const lam_onnx_value **value)
{
	if (!lam_onnx_given(node, i))
		return lam_fail(LAM_ERR_FORMAT, "it has no %s", what);
	if (node->in[i]->state != LAM_ONNX_SAMPLES)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"its %s is a constant; expected a value that depends on the inputs", what);
	*value = node->in[i];
	return LAM_OK;
}

/* The sentence of a constructor or a check, without what lamina puts before it. */
static lam_status layer_failed(void)
{
	return lam_error_status() ? lam_error_status() : LAM_ERR_ARGUMENT;
}

lam_status lam_onnx_apply(lam_onnx_import *im, lam_onnx_flow *flow, lam_layer *layer)
{
	return lam_onnx_join(im, flow, 1, layer, flow);
}

lam_status lam_onnx_join(lam_onnx_import *im, const lam_onnx_flow *flows, int count,
	lam_layer *layer, lam_onnx_flow *out)
{
	if (!layer)
		return layer_failed();
	const lam_layer_class *class = lam_layer_class_of(layer);
	lam_shape *shapes = lam_onnx_alloc(im->arena, (size_t)count, sizeof *shapes);
	lam_value *values = lam_onnx_alloc(im->arena, (size_t)count, sizeof *values);
	lam_status status = shapes && values ? LAM_OK : LAM_ERR_MEMORY;
	for (int i = 0; i < count && !status; i++) {
		shapes[i] = flows[i].shape;
		values[i] = flows[i].at;
	}
	lam_shape shape = flows[0].shape;
	if (!status && class->check)
		status = class->check(layer, shapes, count, &shape);
	if (!status && !lam_shape_valid(&shape))
		status = lam_fail(
			LAM_ERR_SHAPE, "its output would be %s", lam_shape_text(shape).text);
	if (status) {
		lam_layer_free(layer);
		return status;
	}
	out->at = lam_apply_to(im->graph, layer, values, count);
	out->shape = shape;
	return out->at.graph ? LAM_OK : layer_failed();
}

/* Layers without a name would be named by their number, which may be the name of a weight's layer,
 * as "7" of "7.weight". */
lam_status lam_onnx_reshape(lam_onnx_import *im, lam_onnx_flow *flow, lam_shape shape)
{
	if (lam_shape_equal(&flow->shape, &shape))
		return LAM_OK;
	return lam_onnx_apply(
		im, flow, lam_reshape(.name = lam_onnx_layer_name(im, "reshape"), .shape = shape));
}

lam_status lam_onnx_permute(lam_onnx_import *im, lam_onnx_flow *flow, const int *axes)
{
	lam_permute_options options = {.size = sizeof options};
	bool moves = false;
	for (int i = 0; i < flow->shape.rank; i++) {
		options.axes[i] = axes[i];
		moves = moves || axes[i] != i;
	}
	if (!moves)
		return LAM_OK;
	options.name = lam_onnx_layer_name(im, "permute");
	return lam_onnx_apply(im, flow, lam_permute_new(&options));
}

void lam_onnx_give(const lam_onnx_node *node, int i, lam_onnx_flow flow, int rank)
{
	if (i >= node->outputs || !node->out[i])
		return;
	node->out[i]->state = LAM_ONNX_SAMPLES;
	node->out[i]->flow = flow;
	node->out[i]->rank = rank;
}

lam_status lam_onnx_give_constant(const lam_onnx_node *node, int i, lam_onnx_tensor *tensor)
{
	if (!tensor)
		return lam_error_status();
	if (i < node->outputs && node->out[i]) {
		node->out[i]->state = LAM_ONNX_CONSTANT;
		node->out[i]->tensor = tensor;
	}
	return LAM_OK;
}

lam_status lam_onnx_weigh(
	lam_onnx_import *im, const char *name, const char *parameter, lam_onnx_weight weight)
{
	lam_onnx_weight *made = lam_onnx_alloc(im->arena, 1, sizeof *made);
	const size_t room = name ? strlen(name) + strlen(parameter) + 2 : 1;
	char *path = lam_onnx_alloc(im->arena, 1, room);
	if (!made || !path || !name)
		return LAM_ERR_MEMORY;
	snprintf(path, room, "%s.%s", name, parameter);
	*made = weight;
	made->path = path;
	made->next = im->weights;
	im->weights = made;
	return LAM_OK;
}

lam_status lam_onnx_weigh_both(lam_onnx_import *im, const char *name, const lam_onnx_tensor *weight,
	const lam_onnx_tensor *bias)
{
	lam_status status = lam_onnx_weigh(
		im, name, "weight", (lam_onnx_weight){.tensor = weight, .factor = 1});
	if (!status && bias)
		status = lam_onnx_weigh(
			im, name, "bias", (lam_onnx_weight){.tensor = bias, .factor = 1});
	return status;
}

lam_status lam_onnx_tie(lam_onnx_import *im, lam_layer **layer, const lam_onnx_tensor *weight,
	const lam_onnx_tensor *bias, bool transpose, bool *tied)
{
	*tied = false;
	if (!*layer || !weight->name)
		return *layer ? LAM_OK : layer_failed();
	for (const lam_onnx_shared *s = im->shared; s; s = s->next)
		if (s->weight == weight && s->bias == bias && s->transpose == transpose
			&& lam_layer_class_of(s->layer) == lam_layer_class_of(*layer)) {
			*layer = lam_tie(*layer, s->layer);
			*tied = *layer != NULL;
			return *layer ? LAM_OK : layer_failed();
		}
	lam_onnx_shared *made = lam_onnx_alloc(im->arena, 1, sizeof *made);
	if (!made) {
		lam_layer_free(*layer);
		return LAM_ERR_MEMORY;
	}
	*made = (lam_onnx_shared){im->shared, weight, bias, transpose, *layer};
	im->shared = made;
	return LAM_OK;
}

lam_status lam_onnx_axis(int64_t axis, int rank, int *found)
{
	if (axis < -rank || axis >= rank)
		return lam_fail(LAM_ERR_SHAPE,
			"axis %" PRId64 " of a value of %d dimensions; expected %d to %d", axis,
			rank, -rank, rank - 1);
	*found = (int)(axis < 0 ? axis + rank : axis);
	return LAM_OK;
}

lam_status lam_onnx_expect_rank(int of_constant, int of_samples)
{
	return of_constant <= of_samples
		? LAM_OK
		: lam_fail(LAM_ERR_UNSUPPORTED,
			"a constant of %d dimensions, beside %d with the batch", of_constant,
			of_samples);
}

lam_status lam_onnx_sample_shape(const int64_t *dims, int rank, lam_shape *shape)
{
	*shape = (lam_shape){.rank = rank > 1 ? rank - 1 : 1, .dim = {1}};
	if (rank - 1 > LAM_MAX_RANK)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"a value of %d dimensions; expected at most %d, with the batch", rank,
			LAM_MAX_RANK + 1);
	for (int i = 1; i < rank; i++) {
		if (dims[i] < 1 || dims[i] > LAM_ONNX_MOST_DIMENSION)
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"dimension %d would be %" PRId64 "%s; expected a number from 1 on",
				i, dims[i],
				dims[i] >= LAM_ONNX_BATCH ? " (it depends on the batch)" : "");
		shape->dim[i - 1] = dims[i];
	}
	return LAM_OK;
}

void lam_onnx_dims(const lam_onnx_import *im, const lam_onnx_value *value, int64_t *dims)
{
	dims[0] = im->batch;
	for (int i = 1; i < value->rank; i++)
		dims[i] = value->flow.shape.dim[i - 1];
}
