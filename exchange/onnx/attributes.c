/* SPDX-License-Identifier: MIT */
#include "exchange/onnx/import.h"

#include "framework/base/shown.h"

#include <string.h>

/* ONNX's numbers of the types of attributes. */
enum { IS_FLOAT = 1, IS_INT, IS_STRING, IS_TENSOR, IS_GRAPH, IS_FLOATS, IS_INTS, IS_STRINGS };

static const struct {
	char letter;
	int number;
	const char *text;
} types[] = {
	{'f', IS_FLOAT, "a real number"},
	{'i', IS_INT, "a whole number"},
	{'s', IS_STRING, "a text"},
	{'t', IS_TENSOR, "a tensor"},
	{'F', IS_FLOATS, "real numbers"},
	{'I', IS_INTS, "whole numbers"},
	{'S', IS_STRINGS, "texts"},
};

/* The type by what is there: old files do not say it. */
static int type_of(const LaminaOnnx__Attribute *a)
{
	if (a->has_type && a->type)
		return a->type;
	return a->has_f        ? IS_FLOAT
		: a->has_i     ? IS_INT
		: a->has_s     ? IS_STRING
		: a->t         ? IS_TENSOR
		: a->has_g     ? IS_GRAPH
		: a->n_floats  ? IS_FLOATS
		: a->n_ints    ? IS_INTS
		: a->n_strings ? IS_STRINGS
			       : 0;
}

static lam_status check(const LaminaOnnx__Attribute *a, const char *known)
{
	const size_t length = strlen(a->name);
	if (!strcmp(a->name, "consumed_inputs")) /* of opset 1, about memory */
		return LAM_OK;
	for (const char *at = known; at && *at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL) {
		if (strncmp(at, a->name, length) != 0 || at[length] != '=')
			continue;
		for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
			if (types[i].letter != at[length + 1])
				continue;
			if (types[i].number == type_of(a) && (types[i].letter != 't' || a->t))
				return LAM_OK;
			return lam_fail(
				LAM_ERR_FORMAT, "attribute %s is not %s", a->name, types[i].text);
		}
	}
	return lam_fail(
		LAM_ERR_UNSUPPORTED, "attribute \"%s\" is not known", lam_show(a->name).text);
}

lam_status lam_onnx_check_attributes(const LaminaOnnx__Node *node, const char *known)
{
	for (size_t i = 0; i < node->n_attribute; i++) {
		const LaminaOnnx__Attribute *a = node->attribute[i];
		if (!a->name || !*a->name)
			return lam_fail(LAM_ERR_FORMAT, "attribute %zu has no name", i);
		if (a->ref_attr_name && *a->ref_attr_name)
			return lam_fail(LAM_ERR_UNSUPPORTED,
				"attribute \"%s\" belongs to a function", lam_show(a->name).text);
		lam_status status = check(a, known);
		if (status)
			return status;
	}
	return LAM_OK;
}

const LaminaOnnx__Attribute *lam_onnx_attribute(const lam_onnx_node *node, const char *name)
{
	for (size_t i = 0; i < node->proto->n_attribute; i++)
		if (!strcmp(node->proto->attribute[i]->name, name))
			return node->proto->attribute[i];
	return NULL;
}

bool lam_onnx_has(const lam_onnx_node *node, const char *name)
{
	return lam_onnx_attribute(node, name) != NULL;
}

int64_t lam_onnx_int(const lam_onnx_node *node, const char *name, int64_t otherwise)
{
	const LaminaOnnx__Attribute *a = lam_onnx_attribute(node, name);
	return a ? a->i : otherwise;
}

double lam_onnx_real(const lam_onnx_node *node, const char *name, double otherwise)
{
	const LaminaOnnx__Attribute *a = lam_onnx_attribute(node, name);
	return a ? (double)a->f : otherwise;
}

bool lam_onnx_is(
	const lam_onnx_node *node, const char *name, const char *text, const char *otherwise)
{
	const LaminaOnnx__Attribute *a = lam_onnx_attribute(node, name);
	if (!a)
		return !strcmp(text, otherwise);
	return a->s.len == strlen(text) && (!a->s.len || !memcmp(a->s.data, text, a->s.len));
}

int lam_onnx_ints(const lam_onnx_node *node, const char *name, const int64_t **list)
{
	const LaminaOnnx__Attribute *a = lam_onnx_attribute(node, name);
	*list = a ? a->ints : NULL;
	return a && a->n_ints < INT32_MAX ? (int)a->n_ints : 0;
}

lam_status lam_onnx_numbers(lam_onnx_import *im, const lam_onnx_node *node, int i, const char *name,
	const int64_t **list, int *count)
{
	lam_onnx_tensor *tensor = NULL;
	*count = -1;
	*list = NULL;
	if (name && lam_onnx_has(node, name)) {
		*count = lam_onnx_ints(node, name, list);
		return LAM_OK;
	}
	if (i < 0)
		return LAM_OK;
	lam_status status = lam_onnx_constant(im, node, i, name ? name : "list", &tensor);
	if (status || !tensor)
		return status;
	if (!tensor->whole || tensor->rank > 1 || tensor->count > LAM_ONNX_MOST_NODES)
		return lam_fail(LAM_ERR_UNSUPPORTED, "%s is no list of whole numbers",
			name ? name : "an input");
	*list = tensor->numbers;
	*count = (int)tensor->count;
	return LAM_OK;
}
