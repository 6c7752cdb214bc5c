/* SPDX-License-Identifier: MIT */
/* From a file to a graph of lamina's and its weights. */
#include "exchange/onnx/import.h"

#include "exchange/onnx/graph.h"
#include "exchange/onnx/operators.h"
#include "framework/base/shown.h"

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
	lam_status status = lam_onnx_find_outputs(im, *loss, outputs, count);
	if (!status)
		status = fold_constants(im);
	if (status)
		return status;
	mark_wanted(im, outputs, count);
	status = lam_onnx_find_patterns(im);
	mark_wanted(im, outputs, count);
	if (!status)
		status = lam_onnx_add_inputs(im, shape);
	for (int n = 0; n < im->node_count && !status; n++)
		if (im->nodes[n].wanted)
			status = make_node(im, &im->nodes[n]);
	if (!status && im->refusals)
		status = told(im);
	return status ? status : lam_onnx_add_outputs(im, loss, outputs, count);
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
