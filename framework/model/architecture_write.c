/* SPDX-License-Identifier: MIT */
#include "framework/model/architecture.h"

#include "framework/base/number.h"
#include "framework/base/shown.h"
#include "framework/layer/group.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/model/arrays.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A growing text. After a failure it stays unchanged. */
struct text {
	char *data;
	size_t length, room;
	int layers, arrays;
	const struct lam_group **groups; /* of shared layers so far, numbered from 1 */
	int group_count, group_room;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void refuse(struct text *text, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	if (!text->failed)
		lam_fail_v(LAM_ERR_UNSUPPORTED, format, arguments);
	va_end(arguments);
	text->failed = true;
}

static void put(struct text *text, const char *piece)
{
	size_t length = strlen(piece);
	if (text->length + length > LAM_ARCHITECTURE_BYTES)
		refuse(text, "the model's text has more than %d bytes: no file takes it",
			LAM_ARCHITECTURE_BYTES);
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

/* Writes a name from a user's class. It must be one word without `stop`, to be read back. */
static void put_word(struct text *text, const lam_layer *layer, const char *word, char stop)
{
	if (!*word || strpbrk(word, " \t\r\n") || strchr(word, stop))
		refuse(text, "%s: \"%s\" is no word; expected one without blanks and %c",
			layer->layer_class->kind, lam_show(word).text, stop);
	put(text, word);
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

/* Writes a list up to its last value that is not 0. LAM_ZERO is written as 0. */
static void put_reals(struct text *text, const lam_real *values, int count)
{
	while (count > 1 && values[count - 1] == 0)
		count--;
	for (int i = 0; i < count; i++) {
		put(text, i ? "," : "");
		put(text, lam_real_text(values[i] == LAM_ZERO ? 0 : values[i]).text);
	}
}

static void put_value(struct text *text, const lam_layer *layer, const lam_option *option)
{
	const void *at = (const char *)layer->state + option->offset;
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
		put_word(text, layer, option->choices[*(const int *)at], '\n');
		break;
	case LAM_OPTION_COUNT:
		put(text, lam_double_text((double)*(const int64_t *)at).text);
		break;
	case LAM_OPTION_ARRAY:
		put(text, lam_array_entry(text->arrays++).text);
		break;
	}
}

/* Layers that share parameters have the same number. */
static void put_group(struct text *text, const lam_layer *layer)
{
	if (lam_group_members(layer) == 1 || text->failed)
		return;
	int number = 0;
	while (number < text->group_count && text->groups[number] != layer->group)
		number++;
	if (number == text->group_room) {
		const int room = 2 * text->group_room + 8;
		const struct lam_group **grown = lam_grow(text->groups, (size_t)text->group_count,
			(size_t)room, sizeof *text->groups);
		text->failed = !grown;
		if (!grown)
			return;
		text->groups = grown;
		text->group_room = room;
	}
	if (number == text->group_count)
		text->groups[text->group_count++] = layer->group;
	put(text, " share=");
	put_int(text, number + 1);
}

/* Refuses an option of a user's class whose word has another meaning in the text. */
static void check_word(
	struct text *text, const lam_layer *layer, const char *word, const lam_wire *wire)
{
	const bool loss = layer->layer_class->flags & LAM_LOSS;
	if (!strcmp(word, "name") || !strcmp(word, "share"))
		refuse(text, "%s has an option \"%s\", which every layer has",
			layer->layer_class->kind, word);
	if (wire && (!strcmp(word, "from") || (loss && !strcmp(word, "weight"))))
		refuse(text, "%s has an option \"%s\", which in a graph is the graph's own",
			layer->layer_class->kind, word);
}

/* Writes what child `index` of a wired container reads, and the weight of a loss. */
static void put_wire(struct text *text, const lam_layer *container, int index)
{
	const lam_wire *wire = &container->wires[index];
	if (wire->weight != 1) {
		put(text, " weight=");
		put(text, lam_real_text(wire->weight).text);
	}
	for (int k = 0; k < wire->inputs; k++) {
		put(text, k ? "," : " from=");
		const char *name = container->children[wire->from[k]]->name;
		if (name)
			put(text, name);
		else
			put_int(text, wire->from[k]);
	}
}

static void put_layer(
	struct text *text, const lam_layer *layer, const lam_layer *container, int index, int depth)
{
	if (depth >= LAM_MOST_DEPTH + !lam_layer_contains(layer))
		refuse(text, "containers nested more than %d deep: no file takes them",
			LAM_MOST_DEPTH);
	if (++text->layers > LAM_ARCHITECTURE_LAYERS)
		refuse(text, "more than %d layers and containers: no file takes them",
			LAM_ARCHITECTURE_LAYERS);
	if (text->failed)
		return;
	for (int i = 0; i < depth; i++)
		put(text, "\t");
	const lam_wire *wire = container && container->wires ? &container->wires[index] : NULL;
	const char *role = container && container->layer_class->role
		? container->layer_class->role(container, index)
		: NULL;
	if (role) {
		put_word(text, layer, role, ':');
		put(text, ": ");
	}
	put(text, layer->layer_class->kind);
	for (const lam_option *option = layer->layer_class->options; option && option->name;
		option++) {
		if (lam_option_is_default(option, layer->state))
			continue;
		put(text, " ");
		check_word(text, layer, option->name, wire);
		put_word(text, layer, option->name, '=');
		put(text, "=");
		put_value(text, layer, option);
	}
	put_group(text, layer);
	if (layer->name) {
		put(text, " name=");
		put(text, layer->name);
	}
	if (wire)
		put_wire(text, container, index);
	if (!layer->child_count) {
		put(text, "\n");
		return;
	}
	put(text, " {\n");
	for (int i = 0; i < layer->child_count; i++)
		put_layer(text, layer->children[i], layer, i, depth + 1);
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
	put_layer(&text, model, NULL, 0, 0);
	lam_free(text.groups);
	if (!text.failed)
		return text.data;
	lam_free(text.data);
	return NULL;
}
