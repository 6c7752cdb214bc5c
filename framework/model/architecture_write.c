/* SPDX-License-Identifier: MIT */
#include "framework/model/architecture.h"

#include "framework/base/number.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A text that grows; after a failed allocation it stays as it is. */
struct text {
	char *data;
	size_t length, room;
	bool failed;
};

static void put(struct text *text, const char *piece)
{
	size_t length = strlen(piece);
	if (!text->failed && text->length + length + 1 > text->room) {
		size_t room = 2 * (text->length + length + 1);
		char *grown = lam_grow(text->data, text->length, room, 1);
		if (grown) {
			text->data = grown;
			text->room = room;
		} else {
			text->failed = true;
		}
	}
	if (text->failed)
		return;
	memcpy(text->data + text->length, piece, length + 1);
	text->length += length;
}

static void put_int(struct text *text, int value)
{
	char piece[16];
	snprintf(piece, sizeof piece, "%d", value);
	put(text, piece);
}

static void put_ints(struct text *text, const int *values, int count)
{
	for (int i = 0; i < count; i++) {
		put(text, i ? "," : "");
		put_int(text, values[i]);
	}
}

/* Up to the last that is not left out; a zero that was said by LAM_ZERO is written as what it is.
 */
static void put_reals(struct text *text, const lam_real *values, int count)
{
	while (count > 1 && values[count - 1] == 0)
		count--;
	for (int i = 0; i < count; i++) {
		put(text, i ? "," : "");
		put(text, lam_real_text(values[i] == LAM_ZERO ? 0 : values[i]).text);
	}
}

static void put_value(struct text *text, const lam_option *option, const void *state)
{
	const void *at = (const char *)state + option->offset;
	switch (option->type) {
	case LAM_OPTION_INT:
		put_ints(text, at, 1);
		break;
	case LAM_OPTION_PAIR:
		put_ints(text, at, 2);
		break;
	case LAM_OPTION_INTS:
		put_ints(text, at, option->count);
		break;
	case LAM_OPTION_REAL:
		put_reals(text, at, 1);
		break;
	case LAM_OPTION_REALS:
		put_reals(text, at, option->count);
		break;
	case LAM_OPTION_BOOL:
		put(text, "true");
		break;
	case LAM_OPTION_SHAPE:
		put(text, lam_shape_text(*(const lam_shape *)at).text);
		break;
	case LAM_OPTION_CHOICE:
		put(text, option->choices[*(const int *)at]);
		break;
	}
}

static void put_layer(struct text *text, const lam_layer *layer, const char *role, int depth)
{
	for (int i = 0; i < depth; i++)
		put(text, "\t");
	if (role) {
		put(text, role);
		put(text, ": ");
	}
	put(text, layer->layer_class->kind);
	for (const lam_option *option = layer->layer_class->options; option && option->name;
		option++) {
		if (lam_option_is_default(option, layer->state))
			continue;
		put(text, " ");
		put(text, option->name);
		put(text, "=");
		put_value(text, option, layer->state);
	}
	if (layer->name) {
		put(text, " name=");
		put(text, layer->name);
	}
	if (!layer->child_count) {
		put(text, "\n");
		return;
	}
	put(text, " {\n");
	for (int i = 0; i < layer->child_count; i++)
		put_layer(text, layer->children[i],
			layer->layer_class->role ? layer->layer_class->role(layer, i) : NULL,
			depth + 1);
	for (int i = 0; i < depth; i++)
		put(text, "\t");
	put(text, "}\n");
}

char *lam_architecture_write(const lam_layer *model, lam_shape input)
{
	struct text text = {0};
	put(&text, "lamina-architecture 1\ninput ");
	put(&text, lam_shape_text(input).text);
	put(&text, "\n");
	put_layer(&text, model, NULL, 0);
	if (!text.failed)
		return text.data;
	lam_free(text.data);
	return NULL;
}
