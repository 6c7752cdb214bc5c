/* SPDX-License-Identifier: MIT */
/* The values and the nodes of a file, by name and in order. */
#include "exchange/onnx/graph.h"

#include "framework/base/shown.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return strcmp((*(lam_onnx_value *const *)a)->name, (*(lam_onnx_value *const *)b)->name);
}

static lam_status add(lam_onnx_import *im, const char *name, lam_onnx_node *maker)
{
	if (!name || !*name)
		return lam_fail(LAM_ERR_FORMAT, "an input or an initialiser has no name");
	lam_onnx_value *value = &im->values[im->value_count++];
	value->name = name;
	value->maker = maker;
	return LAM_OK;
}

/* The initialisers come first, then inputs that are none, then what nodes make. */
static lam_status add_values(lam_onnx_import *im, const LaminaOnnx__Graph *g)
{
	lam_status status = LAM_OK;
	for (size_t i = 0; i < g->n_initializer && !status; i++)
		status = add(im, g->initializer[i]->name, NULL);
	for (size_t i = 0; i < g->n_input && !status; i++)
		status = add(im, g->input[i]->name, NULL);
	for (int n = 0; n < im->node_count && !status; n++) {
		const LaminaOnnx__Node *node = g->node[n];
		for (size_t i = 0; i < node->n_output && !status; i++)
			if (*node->output[i])
				status = add(im, node->output[i], &im->nodes[n]);
	}
	return status;
}

/* Sorts the values; an input of an initialiser's name is its shape alone, and goes away. */
static lam_status sort(lam_onnx_import *im, const LaminaOnnx__Graph *g)
{
	int kept = 0;
	for (int i = 0; i < im->value_count; i++)
		im->sorted[i] = &im->values[i];
	qsort(im->sorted, (size_t)im->value_count, sizeof *im->sorted, compare);
	for (int i = 0; i < im->value_count; i++) {
		lam_onnx_value *value = im->sorted[i];
		lam_onnx_value *before = kept ? im->sorted[kept - 1] : NULL;
		if (!before || strcmp(before->name, value->name) != 0) {
			im->sorted[kept++] = value;
			continue;
		}
		const int64_t first = before - im->values, second = value - im->values;
		const int64_t constants = (int64_t)g->n_initializer,
			      ends = constants + (int64_t)g->n_input;
		const int64_t least = first < second ? first : second,
			      most = first < second ? second : first;
		if (least >= constants || most < constants || most >= ends)
			return lam_fail(LAM_ERR_FORMAT, "two values are named \"%s\"",
				lam_show(value->name).text);
		im->sorted[kept - 1] = &im->values[least];
	}
	im->value_count = kept; /* from here on the length of .sorted */
	return LAM_OK;
}

static lam_status decode_constants(lam_onnx_import *im, const LaminaOnnx__Graph *g)
{
	for (size_t i = 0; i < g->n_initializer; i++) {
		lam_onnx_value *value = lam_onnx_find(im, g->initializer[i]->name);
		value->tensor = lam_onnx_tensor_of(im->file, im->arena, g->initializer[i]);
		if (!value->tensor)
			return lam_fail(lam_error_status(), "initialiser \"%s\": %s",
				lam_show(value->name).text, lam_error());
		value->tensor->name = value->name;
		value->state = LAM_ONNX_CONSTANT;
		if (__builtin_add_overflow(
			    im->external, lam_onnx_external_bytes(value->tensor), &im->external))
			return lam_fail(LAM_ERR_FORMAT, "external data of more than 2^64 bytes");
	}
	return LAM_OK;
}

/* Resolves the names that a node reads, which must be made before it. */
static lam_status resolve(lam_onnx_import *im, int n, const LaminaOnnx__Node *proto)
{
	lam_onnx_node *node = &im->nodes[n];
	node->proto = proto;
	node->inputs = (int)proto->n_input;
	node->outputs = (int)proto->n_output;
	node->in = lam_onnx_alloc(im->arena, proto->n_input, sizeof *node->in);
	node->out = lam_onnx_alloc(im->arena, proto->n_output, sizeof *node->out);
	if (!node->in || !node->out)
		return LAM_ERR_MEMORY;
	if (!proto->op_type || !*proto->op_type)
		return lam_fail(LAM_ERR_FORMAT, "node %d has no operator", n);
	for (int i = 0; i < node->inputs; i++) {
		if (!*proto->input[i])
			continue;
		lam_onnx_value *value = lam_onnx_find(im, proto->input[i]);
		if (!value || (value->maker && value->maker >= node))
			return lam_fail(LAM_ERR_FORMAT,
				"node %d \"%s\" (%s) reads \"%s\", which nothing before it makes",
				n, lam_show(proto->name ? proto->name : "").text,
				lam_show(proto->op_type).text, lam_show(proto->input[i]).text);
		node->in[i] = value;
	}
	for (int i = 0; i < node->outputs; i++)
		node->out[i] = *proto->output[i] ? lam_onnx_find(im, proto->output[i]) : NULL;
	return LAM_OK;
}

static lam_status count(lam_onnx_import *im, const LaminaOnnx__Graph *g)
{
	size_t values = g->n_initializer + g->n_input;
	if (g->n_node > LAM_ONNX_MOST_NODES)
		return lam_fail(LAM_ERR_UNSUPPORTED, "%zu nodes; expected at most %d", g->n_node,
			LAM_ONNX_MOST_NODES);
	for (size_t n = 0; n < g->n_node; n++)
		values += g->node[n]->n_output;
	if (values > INT32_MAX / 2)
		return lam_fail(LAM_ERR_UNSUPPORTED, "%zu values; expected at most 2^30", values);
	if (g->n_sparse_initializer)
		return lam_fail(LAM_ERR_UNSUPPORTED, "%zu sparse initialisers; expected dense ones",
			g->n_sparse_initializer);
	im->node_count = (int)g->n_node;
	im->nodes = lam_onnx_alloc(im->arena, g->n_node, sizeof *im->nodes);
	im->values = lam_onnx_alloc(im->arena, values, sizeof *im->values);
	im->sorted = lam_onnx_alloc(im->arena, values, sizeof *im->sorted);
	return im->nodes && im->values && im->sorted ? LAM_OK : LAM_ERR_MEMORY;
}

lam_status lam_onnx_read_graph(lam_onnx_import *im)
{
	const LaminaOnnx__Graph *g = im->file->model->graph;
	lam_status status = count(im, g);
	if (!status)
		status = add_values(im, g);
	if (!status)
		status = sort(im, g);
	if (!status)
		status = decode_constants(im, g);
	for (int n = 0; n < im->node_count && !status; n++)
		status = resolve(im, n, g->node[n]);
	return status;
}

lam_status lam_onnx_read_opset(lam_onnx_import *im)
{
	const LaminaOnnx__Model *model = im->file->model;
	const LaminaOnnx__OperatorSet *found = NULL;
	for (size_t i = 0; i < model->n_opset_import; i++)
		if (lam_onnx_is_domain(model->opset_import[i]->domain))
			found = model->opset_import[i];
	if (!found)
		return lam_fail(LAM_ERR_FORMAT, "not an ONNX file: it names no opset of ONNX's");
	const int64_t opset = found->version;
	if (opset < LAM_ONNX_OLDEST || opset > LAM_ONNX_NEWEST)
		return lam_fail(LAM_ERR_UNSUPPORTED, "opset %" PRId64 "; expected %d to %d", opset,
			LAM_ONNX_OLDEST, LAM_ONNX_NEWEST);
	im->opset = (int)opset;
	return LAM_OK;
}

bool lam_onnx_is_domain(const char *domain)
{
	return !domain || !*domain || !strcmp(domain, "ai.onnx");
}
