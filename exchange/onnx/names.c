/* SPDX-License-Identifier: MIT */
#include "exchange/onnx/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *name, const void *value)
{
	return strcmp(name, (*(lam_onnx_value *const *)value)->name);
}

lam_onnx_value *lam_onnx_find(const lam_onnx_import *im, const char *name)
{
	lam_onnx_value **found = im->value_count
		? bsearch(name, im->sorted, (size_t)im->value_count, sizeof *im->sorted, compare)
		: NULL;
	return found ? *found : NULL;
}

static lam_onnx_name **list_of(lam_onnx_import *im, const char *text)
{
	unsigned hash = 5381;
	for (; *text; text++)
		hash = hash * 33 + (unsigned char)*text;
	return &im->names[hash % LAM_ONNX_NAME_LISTS];
}

static lam_onnx_name *taken(lam_onnx_import *im, const char *text)
{
	lam_onnx_name *name = *list_of(im, text);
	while (name && strcmp(name->text, text) != 0)
		name = name->next;
	return name;
}

const char *lam_onnx_layer_name(lam_onnx_import *im, const char *wish)
{
	enum { ROOM = LAM_ONNX_MOST_NAME - 10 }; /* without the number */
	char plain[ROOM + 1];
	size_t length = 0;
	while (*wish == '/' || *wish == '.' || *wish == ' ')
		wish++;
	for (; *wish && length < ROOM; wish++)
		plain[length++] = (unsigned char)*wish <= ' ' || (unsigned char)*wish >= 127
				|| strchr("./\\\"{}:=", *wish)
			? '_'
			: *wish;
	if (!length)
		plain[length++] = '_';
	plain[length] = 0;
	lam_onnx_name *name = lam_onnx_alloc(im->arena, 1, sizeof *name);
	if (!name)
		return NULL;
	memcpy(name->text, plain, length + 1);
	/* A number that was tried is not tried again: a file may give one name to all nodes. */
	lam_onnx_name *first = taken(im, plain);
	while (first && taken(im, name->text))
		snprintf(name->text, sizeof name->text, "%s_%u", plain, ++first->number);
	name->number = 1;
	lam_onnx_name **list = list_of(im, name->text);
	name->next = *list;
	*list = name;
	return name->text;
}

const char *lam_onnx_name_of(
	lam_onnx_import *im, const lam_onnx_node *node, const lam_onnx_tensor *weight)
{
	static const char *const endings[] = {".weight", ".bias"};
	const size_t length = weight && weight->name ? strlen(weight->name) : 0;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		const size_t ending = strlen(endings[i]);
		char wish[LAM_ONNX_MOST_NAME];
		if (length <= ending || strcmp(weight->name + length - ending, endings[i]) != 0)
			continue;
		snprintf(wish, sizeof wish, "%.*s",
			(int)(length - ending < sizeof wish ? length - ending : sizeof wish - 1),
			weight->name);
		return lam_onnx_layer_name(im, wish);
	}
	if (node->proto->name && *node->proto->name)
		return lam_onnx_layer_name(im, node->proto->name);
	return lam_onnx_layer_name(im, node->proto->op_type);
}
