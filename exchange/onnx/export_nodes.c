/* SPDX-License-Identifier: MIT */
#include "exchange/onnx/export.h"

#include "framework/io.h"
#include "framework/operations.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { AS_FLOAT = 1, AS_INT = 2, AS_STRING = 3, AS_FLOATS = 6, AS_INTS = 7 }; /* of an attribute */

char *lam_onnx_text_of(lam_onnx *onnx, const char *format, ...)
{
	static char none[1];
	char line[1001];
	va_list values;
	va_start(values, format);
	vsnprintf(line, sizeof line, format, values);
	va_end(values);
	char *text = lam_onnx_alloc(&onnx->arena, strlen(line) + 1, 1);
	onnx->failed |= !text;
	return text ? strcpy(text, line) : none;
}

bool lam_onnx_room(lam_onnx *onnx, void *list, size_t count, size_t *room)
{
	void ***array = list;
	if (count < *room)
		return true;
	void **more = lam_onnx_alloc(&onnx->arena, *room * 2 + 16, sizeof *more);
	onnx->failed |= !more;
	if (!more)
		return false;
	if (count)
		memcpy(more, *array, count * sizeof *more);
	*room = *room * 2 + 16;
	*array = more;
	return true;
}

lam_shape lam_onnx_shape_of(const lam_onnx *onnx, int index)
{
	const int inputs = lam_net_input_count(onnx->net);
	return lam_net_value_shape(onnx->net,
		index < 0 ? inputs + onnx->operation
			  : lam_net_operation_input(onnx->net, onnx->operation, index));
}

int lam_onnx_opset(const lam_onnx *onnx)
{
	return onnx->opset;
}

lam_status lam_onnx_expect_opset(const lam_onnx *onnx, int least, const char *what)
{
	return onnx->opset >= least
		? LAM_OK
		: lam_fail(LAM_ERR_UNSUPPORTED, "%s needs opset %d or newer, and .opset is %d",
			what, least, onnx->opset);
}

const char *lam_onnx_input_name(lam_onnx *onnx, int index)
{
	const int value = lam_net_operation_input(onnx->net, onnx->operation, index);
	return value < 0 ? "" : onnx->values[value];
}

/* Whether a node's output or a tensor has this name. */
static bool is_taken(const lam_onnx *onnx, const char *name)
{
	for (size_t i = 0; i < onnx->graph.n_node; i++)
		if (!strcmp(onnx->graph.node[i]->output[0], name))
			return true;
	for (size_t i = 0; i < onnx->graph.n_initializer; i++)
		if (!strcmp(onnx->graph.initializer[i]->name, name))
			return true;
	return false;
}

/* "4.body.0/Conv", or with a number behind it if there is one. */
static char *name_for(lam_onnx *onnx, const char *what)
{
	const char *path = lam_net_operation_path(onnx->net, onnx->operation);
	char *name = lam_onnx_text_of(onnx, "%s/%s", path, what);
	for (int k = 1; !onnx->failed && is_taken(onnx, name); k++)
		name = lam_onnx_text_of(onnx, "%s/%s_%d", path, what, k);
	return name;
}

const char *lam_onnx_add_node(lam_onnx *onnx, const char *type, ...)
{
	LaminaOnnx__Node *node = lam_onnx_alloc(&onnx->arena, 1, sizeof *node);
	char **output = lam_onnx_alloc(&onnx->arena, 1, sizeof *output);
	onnx->failed |= !node || !output;
	if (onnx->failed
		|| !lam_onnx_room(onnx, &onnx->graph.node, onnx->graph.n_node, &onnx->node_room))
		return "";
	lamina_onnx__node__init(node);
	size_t room = 0;
	va_list inputs;
	va_start(inputs, type);
	for (const char *input; (input = va_arg(inputs, const char *));)
		if (lam_onnx_room(onnx, &node->input, node->n_input, &room))
			node->input[node->n_input++] = lam_onnx_text_of(onnx, "%s", input);
	va_end(inputs);
	*output = node->name = name_for(onnx, type);
	node->op_type = lam_onnx_text_of(onnx, "%s", type);
	node->output = output;
	node->n_output = 1;
	onnx->graph.node[onnx->graph.n_node++] = node;
	return *output;
}

/* The last node of this operation; NULL: there is none, or memory was short. */
static LaminaOnnx__Node *last_node(const lam_onnx *onnx)
{
	const size_t nodes = onnx->graph.n_node;
	return onnx->failed || nodes == onnx->first_node ? NULL : onnx->graph.node[nodes - 1];
}

void lam_onnx_add_input(lam_onnx *onnx, const char *input)
{
	LaminaOnnx__Node *node = last_node(onnx);
	size_t room = node ? node->n_input : 0; /* each list is longer than the one before */
	if (node && lam_onnx_room(onnx, &node->input, node->n_input, &room))
		node->input[node->n_input++] = lam_onnx_text_of(onnx, "%s", input);
}

/* A new attribute of the last node; NULL: there is none, or memory is short. */
static LaminaOnnx__Attribute *attribute(lam_onnx *onnx, const char *name, int type)
{
	LaminaOnnx__Node *node = last_node(onnx);
	if (!node)
		return NULL;
	LaminaOnnx__Attribute *new = lam_onnx_alloc(&onnx->arena, 1, sizeof *new);
	size_t room = node->n_attribute;
	onnx->failed |= !new;
	if (!new || !lam_onnx_room(onnx, &node->attribute, node->n_attribute, &room))
		return NULL;
	lamina_onnx__attribute__init(new);
	new->name = lam_onnx_text_of(onnx, "%s", name);
	new->has_type = true;
	new->type = type;
	node->attribute[node->n_attribute++] = new;
	return new;
}

void lam_onnx_set_int(lam_onnx *onnx, const char *name, int64_t value)
{
	LaminaOnnx__Attribute *new = attribute(onnx, name, AS_INT);
	if (new) {
		new->has_i = true;
		new->i = value;
	}
}

void lam_onnx_set_real(lam_onnx *onnx, const char *name, double value)
{
	LaminaOnnx__Attribute *new = attribute(onnx, name, AS_FLOAT);
	if (new) {
		new->has_f = true;
		new->f = (float)value;
	}
}

void lam_onnx_set_word(lam_onnx *onnx, const char *name, const char *value)
{
	LaminaOnnx__Attribute *new = attribute(onnx, name, AS_STRING);
	if (new) {
		new->has_s = true;
		new->s.data = (uint8_t *)lam_onnx_text_of(onnx, "%s", value);
		new->s.len = strlen((const char *)new->s.data);
	}
}

void lam_onnx_set_reals(lam_onnx *onnx, const char *name, const double *values, int count)
{
	LaminaOnnx__Attribute *new = attribute(onnx, name, AS_FLOATS);
	float *copy = new ? lam_onnx_alloc(&onnx->arena, (size_t)count, sizeof *copy) : NULL;
	onnx->failed |= !copy;
	if (!copy)
		return;
	for (int i = 0; i < count; i++)
		copy[i] = (float)values[i];
	new->floats = copy;
	new->n_floats = (size_t)count;
}

void lam_onnx_set_ints(lam_onnx *onnx, const char *name, const int64_t *values, int count)
{
	LaminaOnnx__Attribute *new = attribute(onnx, name, AS_INTS);
	int64_t *copy = new ? lam_onnx_alloc(&onnx->arena, (size_t)count, sizeof *copy) : NULL;
	onnx->failed |= !copy;
	if (copy) {
		memcpy(copy, values, (size_t)count * sizeof *copy);
		new->ints = copy;
		new->n_ints = (size_t)count;
	}
}

/* A new tensor without values, which has bytes for them, little-endian; NULL when memory is
 * short. */
static uint8_t *tensor(lam_onnx *onnx, char *name, int type, const int64_t *dims, int rank)
{
	LaminaOnnx__Tensor *new = lam_onnx_alloc(&onnx->arena, 1, sizeof *new);
	int64_t *copy = lam_onnx_alloc(&onnx->arena, (size_t)rank, sizeof *copy);
	size_t count = 1;
	for (int d = 0; d < rank; d++)
		count *= (size_t)dims[d];
	const size_t size = type == LAM_ONNX_FLOAT ? 4 : 8;
	uint8_t *bytes = lam_onnx_alloc(&onnx->arena, count, size);
	onnx->failed |= !new || !copy || !bytes;
	if (onnx->failed
		|| !lam_onnx_room(onnx, &onnx->graph.initializer, onnx->graph.n_initializer,
			&onnx->tensor_room))
		return NULL;
	lamina_onnx__tensor__init(new);
	memcpy(copy, dims, (size_t)rank * sizeof *copy);
	new->dims = copy;
	new->n_dims = (size_t)rank;
	new->has_data_type = new->has_raw_data = true;
	new->data_type = type;
	new->raw_data = (ProtobufCBinaryData){count * size, bytes};
	new->name = name;
	onnx->graph.initializer[onnx->graph.n_initializer++] = new;
	return bytes;
}

static void put(uint8_t *to, uint64_t bits, int bytes)
{
	for (int k = 0; k < bytes; k++)
		to[k] = (uint8_t)(bits >> (8 * k));
}

static void put_float(uint8_t *to, float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	put(to, bits, 4);
}

const char *lam_onnx_add_reals(lam_onnx *onnx, const double *values, lam_shape shape)
{
	char *name = name_for(onnx, "constant");
	const int64_t count = lam_onnx_count(&shape, 0);
	uint8_t *bytes = tensor(onnx, name, LAM_ONNX_FLOAT, shape.dim, shape.rank);
	for (int64_t i = 0; bytes && i < count; i++)
		put_float(bytes + 4 * i, (float)values[i]);
	return name;
}

const char *lam_onnx_add_repeated(lam_onnx *onnx, double value, int64_t count)
{
	char *name = name_for(onnx, "constant");
	uint8_t *bytes = tensor(onnx, name, LAM_ONNX_FLOAT, &count, 1);
	for (int64_t i = 0; bytes && i < count; i++)
		put_float(bytes + 4 * i, (float)value);
	return name;
}

const char *lam_onnx_add_ints(lam_onnx *onnx, const int64_t *values, int count)
{
	char *name = name_for(onnx, "constant");
	uint8_t *bytes = tensor(onnx, name, LAM_ONNX_INT64, (const int64_t[1]){count}, 1);
	for (int i = 0; bytes && i < count; i++)
		put(bytes + 8 * (size_t)i, (uint64_t)values[i], 8);
	return name;
}

/* A parameter or state under its name, once in each shape. */
static const char *array(lam_onnx *onnx, const lam_param *param, lam_shape shape)
{
	if (!param)
		return "";
	const lam_shape own = lam_param_shape(param);
	const int64_t count = lam_onnx_count(&own, 0);
	char *name = lam_onnx_text_of(onnx, "%s", lam_param_name(param));
	for (size_t i = 0; i < onnx->graph.n_initializer; i++) {
		const LaminaOnnx__Tensor *other = onnx->graph.initializer[i];
		if (strcmp(other->name, name) != 0)
			continue;
		if (other->n_dims == (size_t)shape.rank
			&& !memcmp(other->dims, shape.dim, (size_t)shape.rank * sizeof *shape.dim))
			return name;
		name = name_for(onnx, lam_param_name(param));
	}
	const lam_real *values = lam_param_value(param);
	uint8_t *bytes = tensor(onnx, name, LAM_ONNX_FLOAT, shape.dim, shape.rank);
	for (int64_t i = 0; bytes && i < count; i++)
		put_float(bytes + 4 * i, (float)values[i]);
	return name;
}

const char *lam_onnx_param_as(lam_onnx *onnx, int index, lam_shape shape)
{
	const lam_param *param = lam_net_operation_param(onnx->net, onnx->operation, index);
	const lam_shape own = param ? lam_param_shape(param) : (lam_shape){0};
	return array(
		onnx, param, lam_onnx_count(&own, 0) == lam_onnx_count(&shape, 0) ? shape : own);
}

const char *lam_onnx_param_name(lam_onnx *onnx, int index)
{
	const lam_param *param = lam_net_operation_param(onnx->net, onnx->operation, index);
	return array(onnx, param, param ? lam_param_shape(param) : (lam_shape){0});
}

const char *lam_onnx_state_name(lam_onnx *onnx, int index)
{
	const lam_param *param = lam_net_operation_state(onnx->net, onnx->operation, index);
	return array(onnx, param, param ? lam_param_shape(param) : (lam_shape){0});
}

double lam_onnx_option(const lam_layer *layer, const char *name, int index)
{
	const double value = lam_layer_option(layer, name, index);
	return isnan(value) ? 0 : value;
}

int64_t lam_onnx_count(const lam_shape *shape, int first)
{
	int64_t count = 1;
	for (int d = first; d < shape->rank; d++)
		count *= shape->dim[d];
	return count;
}

const char *lam_onnx_add_scalar(lam_onnx *onnx, double value)
{
	return lam_onnx_add_reals(onnx, &value, (lam_shape){0});
}
