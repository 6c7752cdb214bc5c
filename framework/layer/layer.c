/* SPDX-License-Identifier: MIT */
/* Makes layers from classes and options, composes them, and frees them. */
#include "framework/layer/inside.h"

#include "framework/base/failure.h"
#include "framework/base/options.h"
#include "framework/base/shown.h"
#include "framework/layer/group.h"
#include "framework/memory.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_PAGE = 4096 };

static bool word(const char *kind)
{
	if (!kind || !*kind || strlen(kind) > 64)
		return false;
	for (; *kind; kind++)
		if (!(*kind >= 'a' && *kind <= 'z') && !(*kind >= 'A' && *kind <= 'Z')
			&& !(*kind >= '0' && *kind <= '9') && *kind != '_')
			return false;
	return true;
}

/* Checks a layer's name, which becomes part of the names of parameters and of file entries. No
 * text lies in the first page of memory: a pointer there is a number that was given without its
 * option's name, or for a layer. */
static lam_status check_name(const char *name)
{
	if ((uintptr_t)name < FIRST_PAGE)
		return lam_fail(LAM_ERR_ARGUMENT, LAM_NOT_NAMED);
	size_t length = strlen(name);
	if (length == 0 || length > 64)
		return lam_fail(LAM_ERR_ARGUMENT,
			"option name has %zu characters; expected 1 to 64", length);
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || strchr("./\\\"{}:=", *c)
			|| (unsigned char)*c >= 127)
			return lam_fail(LAM_ERR_ARGUMENT,
				"option name is \"%s\"; expected printable ASCII without space and "
				"any of ./\\\"{}:=",
				lam_show(name).text);
	return LAM_OK;
}

bool lam_layer_expands(const lam_layer_class *layer_class)
{
	return layer_class->expand || layer_class->expand_join;
}

bool lam_layer_contains(const lam_layer *layer)
{
	return lam_layer_expands(layer->layer_class) || layer->child_count > 0;
}

bool lam_layer_is_number(const lam_layer *layer)
{
	return layer && (uintptr_t)layer < FIRST_PAGE;
}

static lam_status check_class(const lam_layer_class *layer_class)
{
	if (!layer_class)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_layer_new: the class is NULL");
	if (layer_class->abi != LAM_LAYER_ABI_NUMBER)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_layer_new: the class was compiled for another lamina (abi %#x); "
			"expected %#x: begin it with LAM_LAYER_ABI and check -DLAM_DOUBLE",
			(unsigned)layer_class->abi, (unsigned)LAM_LAYER_ABI_NUMBER);
	if (!word(layer_class->kind))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_layer_new: the class's kind is \"%s\"; expected one word of letters, "
			"digits and underscores",
			lam_show(layer_class->kind).text);
	if (!layer_class->forward && !lam_layer_expands(layer_class)
		&& !(layer_class->flags & LAM_VIEW))
		return lam_fail(LAM_ERR_ARGUMENT, "lam_layer_new: the class \"%s\" has no .forward",
			layer_class->kind);
	if (layer_class->options && layer_class->state_size < sizeof(struct lam_option_head))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_layer_new: the class \"%s\" has options but a state of %zu bytes; "
			"expected a struct that begins with them",
			layer_class->kind, layer_class->state_size);
	const lam_option *bad = layer_class->options
		? lam_option_without_range(layer_class->options)
		: NULL;
	if (bad)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_layer_new: the class \"%s\" lets option %s lie from %g to %g; "
			"expected a range (does its row say .most?)",
			layer_class->kind, bad->name, bad->least, bad->most);
	return LAM_OK;
}

/* Puts the layer's kind before the error sentence. `kind` comes from a checked class. */
static lam_status prefix(const char *kind, lam_status status)
{
	return lam_fail(status, "%s: %s", kind, lam_error());
}

lam_status lam_layer_set_name(lam_layer *layer, const char *name)
{
	lam_status status = check_name(name);
	if (status)
		return status;
	layer->name = lam_text_copy(name);
	if (!layer->name)
		return LAM_ERR_MEMORY;
	if (layer->layer_class->state_size >= sizeof(struct lam_option_head))
		((struct lam_option_head *)layer->state)->name = layer->name;
	return LAM_OK;
}

static lam_status take_options(lam_layer *layer, const void *options)
{
	const lam_layer_class *layer_class = layer->layer_class;
	const struct lam_option_head *given = options;
	if (given && layer_class->state_size >= sizeof *given) {
		if (given->size < sizeof *given || given->size > layer_class->state_size)
			return lam_fail(LAM_ERR_ARGUMENT,
				"an options struct of %zu bytes; expected its member size to say "
				"sizeof the struct, at most %zu",
				given->size, layer_class->state_size);
		if (given->named)
			return lam_fail(LAM_ERR_ARGUMENT, LAM_NOT_NAMED);
		memcpy(layer->state, given, given->size);
		lam_status kept = lam_options_keep_arrays(layer_class->options, layer->state);
		if (kept)
			return kept;
		struct lam_option_head *head = (struct lam_option_head *)layer->state;
		if (given->name) {
			lam_status status = lam_layer_set_name(layer, given->name);
			if (status)
				return status;
		}
		head->name = layer->name;
	}
	return lam_options_resolve(layer_class->options, layer->state);
}

static lam_layer *layer_new(const lam_layer_class *layer_class, const void *options)
{
	if (check_class(layer_class))
		return NULL;
	lam_layer *layer = lam_alloc(1, sizeof *layer);
	if (!layer)
		return NULL;
	layer->layer_class = layer_class;
	layer->state = lam_alloc(1, layer_class->state_size);
	if (!layer->state) {
		lam_free(layer);
		return NULL;
	}
	lam_status status = take_options(layer, options);
	const uint64_t before = lam_failures();
	bool initialises = !status && layer_class->init;
	if (initialises)
		status = layer_class->init(layer);
	if (status) {
		if (initialises && lam_unsaid(status, before))
			lam_fail_unsaid(status, layer_class->kind, ".init");
		else if (status != LAM_ERR_MEMORY)
			prefix(layer_class->kind, status);
		lam_layer_free(layer);
		return NULL;
	}
	return layer;
}

lam_layer *lam_layer_new(const lam_layer_class *layer_class, const void *options)
{
	lam_layer *layer = layer_new(layer_class, options);
	if (layer && layer_class->min_children > 0) {
		lam_fail(LAM_ERR_ARGUMENT, "%s: 0 layers; expected at least %d", layer_class->kind,
			layer_class->min_children);
		lam_layer_free(layer);
		return NULL;
	}
	return layer;
}

/* Takes the children. A child that is in the list twice, or belongs to another composition or net,
 * is refused. */
static lam_status take_children(lam_layer *layer, lam_layer *const *children, int count)
{
	const lam_layer_class *layer_class = layer->layer_class;
	if (count < layer_class->min_children || count > layer_class->max_children)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: %d layers; expected %d to %d",
			layer_class->kind, count, layer_class->min_children,
			layer_class->max_children);
	layer->children = lam_alloc((size_t)count, sizeof *layer->children);
	if (!layer->children)
		return LAM_ERR_MEMORY;
	for (int i = 0; i < count; i++) {
		if (children[i]->taken) {
			int first = 0;
			while (children[first] != children[i])
				first++;
			if (first < i)
				return lam_fail(LAM_ERR_ARGUMENT,
					"%s: layers %d and %d are the same %s; expected a layer of "
					"its own for each place",
					layer_class->kind, first, i,
					children[i]->layer_class->kind);
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: layer %d (%s) is already part of another composition or net",
				layer_class->kind, i, children[i]->layer_class->kind);
		}
		const bool end = children[i]->layer_class->flags & (LAM_SOURCE | LAM_SINK);
		if (end && !(layer_class->flags & LAM_WIRED))
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: layer %d (%s) stands outside of a graph", layer_class->kind, i,
				children[i]->layer_class->kind);
		children[i]->taken = true;
		layer->children[layer->child_count++] = children[i];
	}
	return LAM_OK;
}

/* Frees a layer and all layers inside it, parents first. They form a list, as a composition may be
 * nested more deeply than a stack is deep. */
static void destroy(lam_layer *layer)
{
	if (layer)
		layer->next = NULL;
	while (layer) {
		lam_layer *next = layer->next;
		if (layer->layer_class->destroy && layer->state)
			layer->layer_class->destroy(layer);
		for (int i = layer->child_count - 1; i >= 0; i--) {
			layer->children[i]->next = next;
			next = layer->children[i];
		}
		lam_group_leave(layer);
		lam_free(layer->children);
		lam_free(layer->wires);
		if (layer->state)
			lam_options_free_arrays(layer->layer_class->options, layer->state);
		lam_free(layer->state);
		lam_free(layer->name);
		lam_free(layer);
		layer = next;
	}
}

void lam_layer_free(lam_layer *layer)
{
	if (layer && !lam_layer_is_number(layer) && !layer->taken)
		destroy(layer);
}

void lam_layers_free(lam_layer *const *layers, int count)
{
	for (int i = 0; i < count; i++) {
		bool met = false;
		for (int k = 0; k < i; k++)
			met = met || layers[k] == layers[i];
		if (!met)
			lam_layer_free(layers[i]);
	}
}

lam_layer *lam_layer_new_with_children(const lam_layer_class *layer_class, const void *options,
	lam_layer *const *children, int count)
{
	lam_layer *layer = NULL;
	/* For a NULL child the sentence is that of its constructor, which failed. */
	bool complete = true, numbers = false;
	for (int i = 0; i < count; i++) {
		complete = complete && children[i];
		numbers = numbers || lam_layer_is_number(children[i]);
	}
	if (numbers)
		lam_fail(LAM_ERR_ARGUMENT, "%s: a number stands where a layer is expected",
			layer_class && layer_class->kind ? layer_class->kind : "composition");
	else if (complete && (layer = layer_new(layer_class, options))
		&& take_children(layer, children, count) == LAM_OK)
		return layer;
	if (!complete && !*lam_error())
		lam_fail(LAM_ERR_ARGUMENT, "%s: a layer is NULL",
			layer_class && layer_class->kind ? layer_class->kind : "composition");
	lam_layers_free(children, count); /* a failed composition consumes its children too */
	destroy(layer);
	return NULL;
}

void *lam_layer_state(const lam_layer *layer)
{
	return layer ? layer->state : NULL;
}

const lam_layer_class *lam_layer_class_of(const lam_layer *layer)
{
	return layer ? layer->layer_class : NULL;
}

const char *lam_layer_name(const lam_layer *layer)
{
	return layer ? layer->name : NULL;
}

bool lam_layer_direct(const lam_layer *layer)
{
	return layer && layer->direct;
}

int lam_layer_child_count(const lam_layer *layer)
{
	return layer ? layer->child_count : 0;
}

lam_layer *lam_layer_child(const lam_layer *layer, int index)
{
	return layer && index >= 0 && index < layer->child_count ? layer->children[index] : NULL;
}

lam_shape lam_layer_planned_shape(const lam_layer *model, lam_shape first)
{
	const char *name;
	lam_shape second;
	const bool several = model->layer_class->input
		&& model->layer_class->input(model, 1, &name, &second);
	return several ? (lam_shape){0} : first;
}

const char *lam_layer_role(const lam_layer *layer, int index, char number[16])
{
	if (layer->layer_class->role)
		return layer->layer_class->role(layer, index);
	snprintf(number, 16, "%d", index);
	return number;
}
