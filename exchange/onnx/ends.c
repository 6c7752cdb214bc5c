/* SPDX-License-Identifier: MIT */
/* Inputs and outputs of a file's graph, and the loss that takes the place of an end. */
#include "exchange/onnx/import.h"

#include "exchange/onnx/graph.h"
#include "framework/base/shown.h"
#include "layers/reshape.h"

#include <inttypes.h>
#include <string.h>

/* The batch of the first input is that of the model: a number, or open. */
static lam_status note_batch(
	lam_onnx_import *im, const LaminaOnnx__ValueInfo *info, const LaminaOnnx__Dimension *dim)
{
	const bool number = dim->has_dim_value && dim->dim_value > 0
		&& dim->dim_value < LAM_ONNX_MOST_DIMENSION;
	const int64_t batch = number ? dim->dim_value : LAM_ONNX_BATCH;
	if (im->batch && im->batch != batch)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"input \"%s\" begins with a dimension of %s%" PRId64
			", an input before it with another; expected one batch for all",
			lam_show(info->name).text, number ? "" : "unknown size, not ",
			number ? batch : im->batch);
	im->batch = batch;
	return LAM_OK;
}

/* The shape and the batch of an input of the graph. */
static lam_status input_shape(lam_onnx_import *im, const LaminaOnnx__ValueInfo *info,
	const lam_shape *given, lam_shape *shape)
{
	const LaminaOnnx__TensorType *type = info->type ? info->type->tensor_type : NULL;
	if (!type || !lam_onnx_is_real(type->elem_type))
		return lam_fail(LAM_ERR_UNSUPPORTED, "input \"%s\" holds no real numbers (type %d)",
			lam_show(info->name).text, type ? type->elem_type : 0);
	const size_t rank = type->shape ? type->shape->n_dim : 0;
	int64_t dims[LAM_MAX_RANK + 1];
	lam_status status = rank ? note_batch(im, info, type->shape->dim[0]) : LAM_OK;
	if (status)
		return status;
	if (given->rank) {
		*shape = *given;
		if (!rank || (int)rank == given->rank + 1)
			return LAM_OK;
		return lam_fail(LAM_ERR_SHAPE,
			"input \"%s\" has %zu dimensions with the batch; .shape is %s",
			lam_show(info->name).text, rank, lam_shape_text(*given).text);
	}
	if (rank < 1 || rank > LAM_MAX_RANK + 1)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"input \"%s\" has %zu dimensions; expected 1 to %d, with the batch, or "
			".shape",
			lam_show(info->name).text, rank, LAM_MAX_RANK + 1);
	for (size_t i = 1; i < rank; i++) {
		const LaminaOnnx__Dimension *dim = type->shape->dim[i];
		dims[i] = dim->dim_value;
		if (!dim->has_dim_value)
			return lam_fail(LAM_ERR_SHAPE,
				"dimension %zu of input \"%s\" is open (%s); expected .shape", i,
				lam_show(info->name).text,
				lam_show(dim->dim_param ? dim->dim_param : "?").text);
		if (dims[i] < 1 || dims[i] > LAM_ONNX_MOST_DIMENSION)
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"dimension %zu of input \"%s\" is %" PRId64
				"; expected 1 to %" PRId64,
				i, lam_show(info->name).text, dims[i], LAM_ONNX_MOST_DIMENSION);
	}
	return lam_onnx_sample_shape(dims, (int)rank, shape);
}

static int rank_of(const LaminaOnnx__ValueInfo *info, lam_shape shape)
{
	const LaminaOnnx__TensorShape *given = info->type->tensor_type->shape;
	return given && given->n_dim == 1 ? 1 : shape.rank + 1;
}

lam_status lam_onnx_add_inputs(lam_onnx_import *im, const lam_shape *shape)
{
	const LaminaOnnx__Graph *g = im->file->model->graph;
	size_t found = 0;
	for (size_t i = 0; i < g->n_input; i++)
		found += lam_onnx_find(im, g->input[i]->name)->state != LAM_ONNX_CONSTANT;
	if (shape->rank && found != 1)
		return lam_fail(LAM_ERR_ARGUMENT,
			"option shape for a model of %zu inputs; expected one input", found);
	for (size_t i = 0; i < g->n_input; i++) {
		lam_onnx_value *value = lam_onnx_find(im, g->input[i]->name);
		if (value->state == LAM_ONNX_CONSTANT || !value->readers)
			continue;
		lam_status status = input_shape(im, g->input[i], shape, &value->flow.shape);
		const char *name = status ? NULL : lam_onnx_layer_name(im, value->name);
		if (!status && !name)
			status = LAM_ERR_MEMORY;
		if (status)
			return status;
		value->flow.at = lam_graph_input(im->graph, name, value->flow.shape);
		value->state = LAM_ONNX_SAMPLES;
		value->rank = rank_of(g->input[i], value->flow.shape);
	}
	im->batch = im->batch ? im->batch : LAM_ONNX_BATCH;
	return LAM_OK;
}

/* The value that the loss reads: a softmax or a sigmoid at the end is part of the loss. */
static lam_onnx_value *before_loss(
	lam_onnx_import *im, lam_onnx_value *output, const lam_layer *loss)
{
	const char *kind = lam_layer_class_of(loss)->kind;
	const lam_onnx_node *maker = output->maker;
	const bool softmax = !strcmp(kind, "softmax_cross_entropy"),
		   sigmoid = !strcmp(kind, "sigmoid_cross_entropy");
	if (maker && maker->inputs == 1 && maker->in[0]
		&& ((softmax && !strcmp(maker->proto->op_type, "Softmax"))
			|| (sigmoid && !strcmp(maker->proto->op_type, "Sigmoid")))) {
		im->replaced = maker;
		return maker->in[0];
	}
	return output;
}

lam_status lam_onnx_find_outputs(
	lam_onnx_import *im, const lam_layer *loss, lam_onnx_value **outputs, size_t count)
{
	const LaminaOnnx__Graph *g = im->file->model->graph;
	if (!count)
		return lam_fail(LAM_ERR_FORMAT, "it has no outputs");
	if (loss && count != 1)
		return lam_fail(LAM_ERR_ARGUMENT,
			"option loss for a model of %zu outputs; expected one output", count);
	for (size_t i = 0; i < count; i++) {
		const char *name = g->output[i]->name;
		outputs[i] = name ? lam_onnx_find(im, name) : NULL;
		if (!outputs[i])
			return lam_fail(LAM_ERR_FORMAT, "output \"%s\" is made by no node",
				lam_show(name ? name : "").text);
	}
	if (loss)
		outputs[0] = before_loss(im, outputs[0], loss);
	return LAM_OK;
}

/* Whether a value is an input, perhaps by another name. */
static bool is_input(const lam_onnx_import *im, const lam_onnx_value *value)
{
	const LaminaOnnx__Graph *g = im->file->model->graph;
	for (size_t i = 0; i < g->n_input; i++) {
		const lam_onnx_value *input = lam_onnx_find(im, g->input[i]->name);
		if (input->state == LAM_ONNX_SAMPLES && input->flow.at.node == value->flow.at.node)
			return true;
	}
	return false;
}

/* Whether the softmax that a loss replaces is over the channels, as that of the loss. */
static lam_status check_softmax(lam_onnx_import *im, const lam_onnx_value *value)
{
	int axis;
	const lam_onnx_node *node = im->replaced;
	if (!node || strcmp(node->proto->op_type, "Softmax") != 0)
		return LAM_OK;
	lam_status status = lam_onnx_axis(
		lam_onnx_int(node, "axis", im->opset < 13 ? 1 : -1), value->rank, &axis);
	if (status || (axis == 1 && (im->opset >= 13 || value->rank == 2)))
		return status;
	return lam_fail(LAM_ERR_UNSUPPORTED,
		"option loss: the model's softmax is over another axis than the channels");
}

lam_status lam_onnx_add_outputs(
	lam_onnx_import *im, lam_layer **loss, lam_onnx_value *const *outputs, size_t count)
{
	const LaminaOnnx__Graph *g = im->file->model->graph;
	for (size_t i = 0; i < count; i++) {
		lam_status status = LAM_OK;
		if (outputs[i]->state == LAM_ONNX_SAMPLES && is_input(im, outputs[i]))
			status = lam_onnx_apply(im, &outputs[i]->flow,
				lam_identity(.name = lam_onnx_layer_name(im, "identity")));
		if (status)
			return status;
	}
	memset(im->names, 0, sizeof im->names); /* outputs may have the names of layers */
	for (size_t i = 0; i < count; i++) {
		lam_onnx_value *value = outputs[i];
		if (value->state != LAM_ONNX_SAMPLES)
			return lam_fail(LAM_ERR_UNSUPPORTED, "output \"%s\" depends on no input",
				lam_show(value->name).text);
		const char *name = lam_onnx_layer_name(im, g->output[i]->name);
		lam_status status = name ? check_softmax(im, value) : LAM_ERR_MEMORY;
		if (status)
			return status;
		if (*loss) {
			lam_graph_loss_with(
				&(lam_graph_loss_options){.size = sizeof(lam_graph_loss_options),
					.graph = im->graph,
					.loss = *loss,
					.value = value->flow.at});
			*loss = NULL;
			continue;
		}
		lam_graph_output(im->graph, value->flow.at, name);
	}
	return LAM_OK;
}
