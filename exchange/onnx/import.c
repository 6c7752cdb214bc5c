/* SPDX-License-Identifier: MIT */
/* From a file to a graph of lamina's and its weights. */
#include "exchange/onnx/import.h"

#include "exchange/onnx/graph.h"
#include "exchange/onnx/operators.h"
#include "framework/base/shown.h"
#include "layers/reshape.h"

#include <inttypes.h>
#include <string.h>

/* Notes that a node cannot be mapped, and goes on, so that all such nodes are told at once. */
static void refuse(lam_onnx_import *im, const lam_onnx_node *node, lam_status status)
{
	const char *name = node->proto->name;
	char sentence[400];
	snprintf(sentence, sizeof sentence, "node %s%s%s (%s): %s", name && *name ? "\"" : "",
		name && *name ? lam_show(name).text : "without a name", name && *name ? "\"" : "",
		lam_show(node->proto->op_type).text, lam_error());
	if (im->told) {
		char line[800];
		lam_show_line(sentence, line, sizeof line);
		fprintf(im->told, "%s\n", line);
	}
	if (!im->refusals++) {
		im->first = status;
		memcpy(im->sentence, sentence, sizeof sentence);
	}
}

static bool is_fatal(lam_status status)
{
	return status == LAM_ERR_MEMORY || status == LAM_ERR_IO;
}

/* What can be said of a node whatever its inputs are. */
static lam_status check_node(const lam_onnx_node *node)
{
	const LaminaOnnx__Node *proto = node->proto;
	const lam_onnx_operator *operator= node->operator;
	if (!lam_onnx_is_domain(proto->domain))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"an operator of the domain \"%s\"; expected ONNX's own",
			lam_show(proto->domain).text);
	if (!operator)
		return lam_fail(LAM_ERR_UNSUPPORTED, "lamina has no layer for this operator");
	if (node->inputs < operator->least || node->inputs> operator->most)
		return lam_fail(LAM_ERR_FORMAT, "%d inputs; expected %d to %d",
			node->inputs, operator->least, operator->most);
	if (node->outputs < 1)
		return lam_fail(LAM_ERR_FORMAT, "it has no output");
	return lam_onnx_check_attributes(proto, operator->attributes);
}

/* Makes the node's outputs, all of whose inputs are known. */
static lam_status make(lam_onnx_import *im, const lam_onnx_node *node)
{
	const lam_onnx_operator *operator= node->operator;
	bool constant = true;
	for (int i = 0; i < node->inputs; i++)
		constant = constant && (!node->in[i] || node->in[i]->state == LAM_ONNX_CONSTANT);
	if (node->pattern) {
		lam_status status = lam_onnx_expect_rank(
			node->constant_rank, lam_onnx_letter(node, 'x')->rank);
		return status ? status : node->pattern->make(im, node);
	}
	if (constant && operator->fold)
		return operator->fold(im, node);
	if (!constant && operator->make)
		return operator->make(im, node);
	return lam_fail(LAM_ERR_UNSUPPORTED, "lamina has no layer for it, where %s",
		constant ? "all its inputs are constants"
			 : "an input depends on what the net is given");
}

/* Whether an input is lost; of a pattern, whether a letter is. */
static bool reads_lost(const lam_onnx_node *node)
{
	for (int i = 0; i < node->inputs && !node->pattern; i++)
		if (node->in[i] && node->in[i]->state == LAM_ONNX_LOST)
			return true;
	for (int i = 0; i < 26 && node->pattern; i++)
		if (node->letters[i] && node->letters[i]->state == LAM_ONNX_LOST)
			return true;
	return false;
}

static lam_status make_node(lam_onnx_import *im, lam_onnx_node *node)
{
	lam_status status = check_node(node);
	const bool lost = reads_lost(node);
	if (!status && !lost && (!node->out[0] || node->out[0]->state == LAM_ONNX_UNMADE))
		status = make(im, node);
	if (is_fatal(status))
		return status;
	if (status)
		refuse(im, node, status);
	for (int i = 0; i < node->outputs; i++)
		if (node->out[i] && node->out[i]->state == LAM_ONNX_UNMADE)
			node->out[i]->state = LAM_ONNX_LOST;
	return LAM_OK;
}

/* Computes what depends on constants alone. Failures are told later, if the node is wanted. */
static lam_status fold_constants(lam_onnx_import *im)
{
	for (int n = 0; n < im->node_count; n++) {
		lam_onnx_node *node = &im->nodes[n];
		bool constant = node->operator&& node->operator->fold;
		for (int i = 0; i < node->inputs; i++)
			constant = constant
				&& (!node->in[i] || node->in[i]->state == LAM_ONNX_CONSTANT);
		if (!constant || check_node(node))
			continue;
		lam_status status = node->operator->fold(im, node);
		if (is_fatal(status))
			return status;
	}
	return LAM_OK;
}

/* Marks the nodes that outputs depend on, and counts their readers. */
static void mark_wanted(lam_onnx_import *im, lam_onnx_value *const *outputs, size_t count)
{
	for (int i = 0; i < im->value_count; i++)
		im->sorted[i]->readers = im->sorted[i]->is_output = 0;
	for (int n = 0; n < im->node_count; n++)
		im->nodes[n].wanted = false;
	for (size_t i = 0; i < count; i++) {
		outputs[i]->readers++;
		outputs[i]->is_output = true;
	}
	for (int n = im->node_count - 1; n >= 0; n--) {
		lam_onnx_node *node = &im->nodes[n];
		for (int i = 0; i < node->outputs; i++)
			node->wanted = node->wanted || (node->out[i] && node->out[i]->readers);
		if (!node->wanted)
			continue;
		const int most = node->pattern ? 26 : node->inputs;
		for (int i = 0; i < most; i++) {
			lam_onnx_value *read = node->pattern ? node->letters[i] : node->in[i];
			if (read)
				read->readers++;
		}
	}
}

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

/* Adds the inputs that something reads. */
static lam_status add_inputs(lam_onnx_import *im, const lam_shape *shape)
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

static lam_status find_outputs(
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

/* Names the outputs, or ends the one output with a loss, which is consumed if there are no
 * refusals. */
static lam_status add_outputs(
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

static lam_status told(lam_onnx_import *im)
{
	if (im->refusals == 1)
		return lam_fail(im->first, "%s", im->sentence);
	return lam_fail(im->first, "%d nodes cannot be mapped (.refused gets all); %s",
		im->refusals, im->sentence);
}

static lam_status import_graph(lam_onnx_import *im, const lam_shape *shape, lam_layer **loss)
{
	const size_t count = im->file->model->graph->n_output;
	lam_onnx_value **outputs = lam_onnx_alloc(im->arena, count, sizeof(lam_onnx_value *));
	if (!outputs)
		return LAM_ERR_MEMORY;
	for (int n = 0; n < im->node_count; n++)
		im->nodes[n].operator= lam_onnx_operator_of(im->nodes[n].proto->op_type);
	lam_status status = find_outputs(im, *loss, outputs, count);
	if (!status)
		status = fold_constants(im);
	if (status)
		return status;
	mark_wanted(im, outputs, count);
	status = lam_onnx_find_patterns(im);
	mark_wanted(im, outputs, count);
	if (!status)
		status = add_inputs(im, shape);
	for (int n = 0; n < im->node_count && !status; n++)
		if (im->nodes[n].wanted)
			status = make_node(im, &im->nodes[n]);
	if (!status && im->refusals)
		status = told(im);
	return status ? status : add_outputs(im, loss, outputs, count);
}

lam_status lam_onnx_import_file(lam_onnx_import *im, const lam_shape *shape, lam_layer *loss)
{
	im->graph = lam_graph_new();
	lam_status status = im->graph ? lam_onnx_read_opset(im) : LAM_ERR_MEMORY;
	if (!status)
		status = lam_onnx_read_graph(im);
	if (!status)
		status = import_graph(im, shape, &loss);
	lam_layer_free(loss);
	if (status) {
		lam_graph_free(im->graph);
		im->graph = NULL;
	}
	return status;
}
