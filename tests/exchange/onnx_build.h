/* SPDX-License-Identifier: MIT */
/* Small ONNX models for tests: what is added is copied, and build_free() frees all. */
#ifndef LAM_TESTS_ONNX_BUILD_H
#define LAM_TESTS_ONNX_BUILD_H

#include "exchange/onnx/load.h"
#include "exchange/onnx/tensor.h"
#include "tests/kit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUILD_UNUSED __attribute__((unused))

enum { BUILD_NODES = 32, BUILD_ENDS = 16, BUILD_ATTRIBUTES = 8 };

typedef struct build {
	LaminaOnnx__Model model;
	LaminaOnnx__Graph graph;
	LaminaOnnx__OperatorSet opset, *opsets[1];
	LaminaOnnx__Node node[BUILD_NODES], *nodes[BUILD_NODES];
	LaminaOnnx__Tensor tensor[BUILD_ENDS], *tensors[BUILD_ENDS];
	LaminaOnnx__ValueInfo input[BUILD_ENDS], *inputs[BUILD_ENDS];
	LaminaOnnx__ValueInfo output[BUILD_ENDS], *outputs[BUILD_ENDS];
	void *memory[512];
	int blocks;
} build;

BUILD_UNUSED static void *build_alloc(build *b, size_t bytes)
{
	return b->memory[b->blocks++] = calloc(1, bytes ? bytes : 1);
}

BUILD_UNUSED static char *build_text(build *b, const char *text, size_t length)
{
	char *copy = build_alloc(b, length + 1);
	memcpy(copy, text, length);
	return copy;
}

/* The parts of "a b c"; a "-" is an empty name. */
BUILD_UNUSED static char **build_names(build *b, const char *text, size_t *count)
{
	char **list = build_alloc(b, BUILD_ENDS * sizeof *list);
	for (*count = 0; *text; text += strspn(text, " ")) {
		const size_t length = strcspn(text, " ");
		list[(*count)++] = build_text(b, text, *text == '-' ? 0 : length);
		text += length;
	}
	return list;
}

BUILD_UNUSED static void build_begin(build *b, int opset)
{
	memset(b, 0, sizeof *b);
	lamina_onnx__model__init(&b->model);
	lamina_onnx__graph__init(&b->graph);
	lamina_onnx__operator_set__init(&b->opset);
	b->opset.has_version = 1;
	b->opset.version = opset;
	b->opset.domain = build_text(b, "", 0);
	b->opsets[0] = &b->opset;
	b->model.n_opset_import = 1;
	b->model.opset_import = b->opsets;
	b->model.has_ir_version = 1;
	b->model.ir_version = 8;
	b->model.graph = &b->graph;
	b->graph.node = b->nodes;
	b->graph.initializer = b->tensors;
	b->graph.input = b->inputs;
	b->graph.output = b->outputs;
}

/* An input or output; a dimension of 0 is open. */
BUILD_UNUSED static void build_end(
	build *b, bool output, const char *name, int rank, const int64_t *dims)
{
	const size_t at = output ? b->graph.n_output++ : b->graph.n_input++;
	LaminaOnnx__ValueInfo *info = output ? &b->output[at] : &b->input[at];
	(output ? b->outputs : b->inputs)[at] = info;
	lamina_onnx__value_info__init(info);
	info->name = build_text(b, name, strlen(name));
	info->type = build_alloc(b, sizeof *info->type);
	lamina_onnx__type__init(info->type);
	LaminaOnnx__TensorType *type = build_alloc(b, sizeof *type);
	lamina_onnx__tensor_type__init(type);
	info->type->tensor_type = type;
	type->has_elem_type = 1;
	type->elem_type = LAM_ONNX_FLOAT;
	type->shape = build_alloc(b, sizeof *type->shape);
	lamina_onnx__tensor_shape__init(type->shape);
	type->shape->n_dim = (size_t)rank;
	type->shape->dim = build_alloc(b, (size_t)rank * sizeof *type->shape->dim);
	for (int i = 0; i < rank; i++) {
		LaminaOnnx__Dimension *dim = build_alloc(b, sizeof *dim);
		lamina_onnx__dimension__init(dim);
		dim->has_dim_value = dims[i] > 0;
		dim->dim_value = dims[i];
		if (dims[i] <= 0)
			dim->dim_param = build_text(b, "n", 1);
		type->shape->dim[i] = dim;
	}
}
#define build_input(b, name, ...) \
	build_end((b), false, (name), (int)(sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t)), \
		(int64_t[]){__VA_ARGS__})
#define build_output(b, name) build_end((b), true, (name), 0, NULL)

/* An initialiser of floats as raw data; its values may be changed until it is packed. */
BUILD_UNUSED static LaminaOnnx__Tensor *build_tensor(
	build *b, const char *name, int rank, const int64_t *dims)
{
	const size_t at = b->graph.n_initializer++;
	LaminaOnnx__Tensor *tensor = b->tensors[at] = &b->tensor[at];
	lamina_onnx__tensor__init(tensor);
	tensor->name = build_text(b, name, strlen(name));
	tensor->has_data_type = 1;
	tensor->data_type = LAM_ONNX_FLOAT;
	tensor->n_dims = (size_t)rank;
	tensor->dims = build_alloc(b, (size_t)rank * sizeof *dims);
	size_t count = 1;
	for (int i = 0; i < rank; i++)
		count *= (size_t)(tensor->dims[i] = dims[i]);
	tensor->has_raw_data = 1;
	tensor->raw_data.len = count * sizeof(float);
	tensor->raw_data.data = build_alloc(b, count * sizeof(float));
	float *values = (float *)(void *)tensor->raw_data.data;
	for (size_t i = 0; i < count; i++)
		values[i] = (float)((int)((i * 7 + at * 3) % 11) - 5) / 8;
	return tensor;
}
#define build_weights(b, name, ...) \
	build_tensor((b), (name), (int)(sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t)), \
		(int64_t[]){__VA_ARGS__})

/* A list of whole numbers as an initialiser. */
BUILD_UNUSED static void build_numbers(
	build *b, const char *name, int64_t count, const int64_t *numbers)
{
	LaminaOnnx__Tensor *tensor = build_tensor(b, name, 1, &count);
	tensor->data_type = LAM_ONNX_INT64;
	tensor->has_raw_data = 0;
	tensor->n_int64_data = (size_t)count;
	tensor->int64_data = build_alloc(b, (size_t)count * sizeof *numbers);
	memcpy(tensor->int64_data, numbers, (size_t)count * sizeof *numbers);
}

BUILD_UNUSED static LaminaOnnx__Node *build_node(
	build *b, const char *operation, const char *inputs, const char *outputs)
{
	const size_t at = b->graph.n_node++;
	LaminaOnnx__Node *node = b->nodes[at] = &b->node[at];
	char name[32];
	lamina_onnx__node__init(node);
	snprintf(name, sizeof name, "node%zu", at);
	node->name = build_text(b, name, strlen(name));
	node->op_type = build_text(b, operation, strlen(operation));
	node->input = build_names(b, inputs, &node->n_input);
	node->output = build_names(b, outputs, &node->n_output);
	node->attribute = build_alloc(b, BUILD_ATTRIBUTES * sizeof *node->attribute);
	return node;
}

BUILD_UNUSED static LaminaOnnx__Attribute *build_attribute(
	build *b, LaminaOnnx__Node *node, const char *name)
{
	LaminaOnnx__Attribute *a = build_alloc(b, sizeof *a);
	lamina_onnx__attribute__init(a);
	a->name = build_text(b, name, strlen(name));
	node->attribute[node->n_attribute++] = a;
	return a;
}

BUILD_UNUSED static void build_int(
	build *b, LaminaOnnx__Node *node, const char *name, int64_t number)
{
	LaminaOnnx__Attribute *a = build_attribute(b, node, name);
	a->has_i = 1;
	a->i = number;
	a->has_type = 1;
	a->type = 2;
}

BUILD_UNUSED static void build_ints(
	build *b, LaminaOnnx__Node *node, const char *name, size_t count, const int64_t *numbers)
{
	LaminaOnnx__Attribute *a = build_attribute(b, node, name);
	a->n_ints = count;
	a->ints = build_alloc(b, count * sizeof *numbers);
	memcpy(a->ints, numbers, count * sizeof *numbers);
	a->has_type = 1;
	a->type = 7;
}

/* The model's bytes, from malloc(). */
BUILD_UNUSED static uint8_t *build_pack(const build *b, size_t *size)
{
	*size = lamina_onnx__model__get_packed_size(&b->model);
	uint8_t *bytes = malloc(*size + 1);
	lamina_onnx__model__pack(&b->model, bytes);
	return bytes;
}

/* A net of the model; options.path is for sentences. */
BUILD_UNUSED static lam_net *build_load(const build *b, lam_onnx_load_options options)
{
	lam_onnx_file file;
	size_t size;
	uint8_t *bytes = build_pack(b, &size);
	options.size = sizeof options;
	lam_net *net = NULL;
	if (lam_onnx_file_unpack(&file, options.path ? options.path : "it", bytes, size))
		lam_layer_free(options.loss);
	else
		net = lam_onnx_load_file(&file, &options);
	lam_onnx_file_free(&file);
	free(bytes);
	return net;
}

/* x [n, 6] w [6, 4] + b. */
BUILD_UNUSED static void build_affine(build *b)
{
	build_begin(b, 13);
	build_input(b, "x", 0, 6);
	build_weights(b, "w", 6, 4);
	build_weights(b, "b", 4);
	build_node(b, "Gemm", "x w b", "y");
	build_output(b, "y");
}

BUILD_UNUSED static void build_write_bytes(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		exit(99);
}

BUILD_UNUSED static void build_write(const build *b, const char *path)
{
	size_t size;
	uint8_t *bytes = build_pack(b, &size);
	build_write_bytes(path, bytes, size);
	free(bytes);
}

BUILD_UNUSED static void build_free(build *b)
{
	while (b->blocks)
		free(b->memory[--b->blocks]);
}

/* Files, errors and values of the tests. */

static char folder[] = "/tmp/lamina-onnx-XXXXXX";

BUILD_UNUSED static const char *in_folder(const char *name)
{
	static char paths[4][128];
	static int at;
	at = (at + 1) % 4;
	snprintf(paths[at], sizeof paths[at], "%s/%s", folder, name);
	return paths[at];
}

BUILD_UNUSED static void says(lam_status status, const char *part)
{
	check(lam_error_status() == status, "status %s, expected %s (%s)",
		lam_status_text(lam_error_status()), lam_status_text(status), lam_error());
	check(strstr(lam_error(), part) != NULL, "\"%s\" does not say \"%s\"", lam_error(), part);
}

BUILD_UNUSED static lam_real value(int i)
{
	return (lam_real)((i * 5 + 3) % 17 - 8) / 7;
}

#endif
