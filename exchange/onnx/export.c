/* SPDX-License-Identifier: MIT */
#include "exchange/onnx/export.h"

#include "framework/io.h"
#include "framework/operations.h"

#include <string.h>

/* Keeps a reason why an operation has no form, and tells it. */
static void refuse(lam_onnx *onnx, const char *reason)
{
	const char *path = lam_net_operation_path(onnx->net, onnx->operation);
	const char *line = lam_onnx_text_of(
		onnx, "%s \"%s\": %s", lam_layer_class_of(onnx->layer)->kind, path, reason);
	if (onnx->refused)
		fprintf(onnx->refused, "%s\n", line);
	if (!onnx->reason_count++)
		snprintf(onnx->first_reason, sizeof onnx->first_reason, "%s", line);
}

/* Writes the nodes of the current operation, and names its output. */
static void operation(lam_onnx *onnx)
{
	const lam_layer_class *class = lam_layer_class_of(onnx->layer);
	const char *kind = lam_net_operation_kind(onnx->net, onnx->operation);
	lam_onnx_emitter *emit = kind ? lam_onnx_emitter_of(kind) : class->emit_onnx;
	const int value = lam_net_input_count(onnx->net) + onnx->operation;
	onnx->first_node = onnx->graph.n_node;
	if (!emit)
		refuse(onnx, "its class has no .emit_onnx, so it has no form in ONNX");
	else if (emit(onnx->layer, onnx))
		refuse(onnx, lam_error());
	const size_t nodes = onnx->graph.n_node;
	onnx->values[value] = nodes > onnx->first_node ? onnx->graph.node[nodes - 1]->output[0]
						       : lam_onnx_input_name(onnx, 0);
}

/* Whether an input, or an output before `outputs`, has this name. */
static bool is_end(const lam_onnx *onnx, const char *name, size_t outputs)
{
	for (size_t i = 0; i < onnx->graph.n_input; i++)
		if (!strcmp(onnx->graph.input[i]->name, name))
			return true;
	for (size_t i = 0; i < outputs; i++)
		if (!strcmp(onnx->graph.output[i]->name, name))
			return true;
	return false;
}

/* Gives a value the name of the net's output. */
static void rename_value(lam_onnx *onnx, const char *old, char *new)
{
	for (size_t i = 0; i < onnx->graph.n_node; i++) {
		LaminaOnnx__Node *node = onnx->graph.node[i];
		for (size_t k = 0; k < node->n_input; k++)
			if (!strcmp(node->input[k], old))
				node->input[k] = new;
		if (!strcmp(node->output[0], old))
			node->output[0] = new;
	}
}

/* An input or output of the graph. A dimension of 0 is the batch. */
static LaminaOnnx__ValueInfo *info_of(
	lam_onnx *onnx, char *name, int type, const int64_t *dims, size_t rank)
{
	struct parts {
		LaminaOnnx__ValueInfo info;
		LaminaOnnx__Type type;
		LaminaOnnx__TensorType tensor;
		LaminaOnnx__TensorShape shape;
		LaminaOnnx__Dimension dim[LAM_MAX_RANK + 1], *dims[LAM_MAX_RANK + 1];
	} *p = lam_onnx_alloc(&onnx->arena, 1, sizeof *p);
	onnx->failed |= !p;
	if (!p)
		return NULL;
	lamina_onnx__value_info__init(&p->info);
	lamina_onnx__type__init(&p->type);
	lamina_onnx__tensor_type__init(&p->tensor);
	lamina_onnx__tensor_shape__init(&p->shape);
	p->info.name = name;
	p->info.type = &p->type;
	p->type.tensor_type = &p->tensor;
	p->tensor.has_elem_type = true;
	p->tensor.elem_type = type;
	p->tensor.shape = &p->shape;
	p->shape.dim = p->dims;
	p->shape.n_dim = rank;
	for (size_t d = 0; d < rank; d++) {
		lamina_onnx__dimension__init(&p->dim[d]);
		p->dims[d] = &p->dim[d];
		p->dim[d].has_dim_value = dims[d] > 0;
		p->dim[d].dim_value = dims[d];
		if (!dims[d])
			p->dim[d].dim_param = lam_onnx_text_of(onnx, "batch");
	}
	return &p->info;
}

/* An end of the graph: [batch, shape]. */
static LaminaOnnx__ValueInfo *end(lam_onnx *onnx, char *name, const lam_shape *shape)
{
	int64_t dims[LAM_MAX_RANK + 1] = {0};
	memcpy(dims + 1, shape->dim, (size_t)shape->rank * sizeof *dims);
	return info_of(onnx, name, LAM_ONNX_FLOAT, dims, (size_t)shape->rank + 1);
}

static void inputs(lam_onnx *onnx)
{
	const int count = lam_net_input_count(onnx->net);
	size_t room = 0;
	for (int i = 0; i < count; i++) {
		if (!lam_onnx_room(onnx, &onnx->graph.input, onnx->graph.n_input, &room))
			return;
		char *name = lam_onnx_text_of(onnx, "%s", lam_net_input_name(onnx->net, i));
		const lam_shape shape = lam_net_value_shape(onnx->net, i);
		onnx->graph.input[onnx->graph.n_input] = end(onnx, name, &shape);
		if (onnx->failed)
			return;
		onnx->graph.n_input++;
		onnx->values[i] = name;
	}
}

/* Names the outputs. One that is an input, or an output already, is copied. */
static void outputs(lam_onnx *onnx)
{
	const int count = lam_net_output_count(onnx->net),
		  values = lam_net_input_count(onnx->net) + lam_net_operation_count(onnx->net);
	size_t room = 0;
	for (int i = 0; i < count; i++) {
		if (!lam_onnx_room(onnx, &onnx->graph.output, onnx->graph.n_output, &room))
			return;
		const int value = lam_net_output_value(onnx->net, i);
		const lam_shape shape = lam_net_value_shape(onnx->net, value);
		char *name = lam_onnx_text_of(onnx, "%s", lam_net_output_name(onnx->net, i));
		for (int k = 1; !onnx->failed && is_end(onnx, name, onnx->graph.n_output); k++)
			name = lam_onnx_text_of(
				onnx, "%s_%d", lam_net_output_name(onnx->net, i), k);
		const char *old = onnx->values[value];
		if (is_end(onnx, old, onnx->graph.n_output)) {
			onnx->operation = value >= (int)onnx->graph.n_input
				? value - (int)onnx->graph.n_input
				: 0;
			old = lam_onnx_add_node(onnx, "Identity", old, NULL);
		}
		onnx->graph.output[onnx->graph.n_output] = end(onnx, name, &shape);
		if (onnx->failed)
			return;
		onnx->graph.n_output++;
		rename_value(onnx, old, name);
		for (int k = 0; k < values; k++)
			if (!strcmp(onnx->values[k], old))
				onnx->values[k] = name;
	}
}

/* The old format of files wants constants among the inputs. */
static void list_constants(lam_onnx *onnx)
{
	size_t room = onnx->graph.n_input;
	for (size_t i = 0; i < onnx->graph.n_initializer; i++) {
		const LaminaOnnx__Tensor *tensor = onnx->graph.initializer[i];
		LaminaOnnx__ValueInfo *info = info_of(
			onnx, tensor->name, tensor->data_type, tensor->dims, tensor->n_dims);
		if (!info || !lam_onnx_room(onnx, &onnx->graph.input, onnx->graph.n_input, &room))
			return;
		onnx->graph.input[onnx->graph.n_input++] = info;
	}
}

lam_status lam_onnx_export(lam_onnx *onnx)
{
	const int count = lam_net_operation_count(onnx->net);
	const int values = lam_net_input_count(onnx->net) + count;
	lamina_onnx__graph__init(&onnx->graph);
	onnx->graph.name = lam_onnx_text_of(onnx, "lamina");
	onnx->values = lam_onnx_alloc(&onnx->arena, (size_t)values, sizeof *onnx->values);
	onnx->failed |= !onnx->values;
	if (!onnx->failed)
		inputs(onnx);
	for (int i = 0; i < count && !onnx->failed; i++) {
		onnx->operation = i;
		onnx->layer = lam_net_operation_layer(onnx->net, i);
		operation(onnx);
	}
	if (!onnx->failed && !onnx->reason_count)
		outputs(onnx);
	if (!onnx->failed && onnx->opset <= LAM_ONNX_LISTED_OPSET)
		list_constants(onnx);
	if (onnx->failed)
		return LAM_ERR_MEMORY;
	if (onnx->reason_count)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_onnx_save: %d layer%s no form in ONNX: %s%s", onnx->reason_count,
			onnx->reason_count == 1 ? " has" : "s have", onnx->first_reason,
			onnx->reason_count == 1 ? "" : "; ...");
	return LAM_OK;
}
