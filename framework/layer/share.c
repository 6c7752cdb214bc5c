/* SPDX-License-Identifier: MIT */
/* Makes layers that share the parameters of others, members of their groups, and copies of models.
 */

#include "framework/base/failure.h"
#include "framework/layer/group.h"
#include "framework/layer/wires.h"
#include "framework/memory.h"

/* The groups of a model that is copied. */
typedef struct copied_groups {
	struct copied_group {
		const struct lam_group *of;
		lam_layer *member; /* the first layer of the copy's group */
	} * list;
	int count, room;
} copied_groups;

static lam_layer *make(lam_layer *layer, copied_groups *groups);

static lam_status make_children(lam_layer *share, const lam_layer *layer, copied_groups *groups)
{
	share->children = lam_alloc((size_t)layer->child_count, sizeof *share->children);
	if (!share->children)
		return LAM_ERR_MEMORY;
	for (int i = 0; i < layer->child_count; i++) {
		lam_layer *child = make(layer->children[i], groups);
		if (!child)
			return lam_error_status();
		child->taken = true;
		share->children[share->child_count++] = child;
	}
	if (layer->wires)
		share->wires = lam_wires_copy(layer->wires, layer->child_count);
	return layer->wires && !share->wires ? LAM_ERR_MEMORY : LAM_OK;
}

/* Gives the share the layer's options, and lets its class make the rest of its state. */
static lam_status copy_state(lam_layer *share, const lam_layer *layer)
{
	const lam_layer_class *layer_class = layer->layer_class;
	lam_options_copy(layer_class->options, share->state, layer->state);
	lam_status status = lam_options_keep_arrays(layer_class->options, share->state);
	if (status || !layer_class->init)
		return status;
	const uint64_t before = lam_failures();
	status = layer_class->init(share);
	return lam_unsaid(status, before) ? lam_fail_unsaid(status, layer_class->kind, ".init")
					  : status;
}

/* Layers of a copy share parameters where the copied ones do. */
static lam_status copy_group(lam_layer *copy, const lam_layer *layer, copied_groups *groups)
{
	for (int i = 0; i < groups->count; i++)
		if (groups->list[i].of == layer->group)
			return lam_group_join(copy, groups->list[i].member);
	if (groups->count == groups->room) {
		const int room = groups->room ? 2 * groups->room : 16;
		void *grown = lam_grow(
			groups->list, (size_t)groups->count, (size_t)room, sizeof *groups->list);
		if (!grown)
			return LAM_ERR_MEMORY;
		groups->list = grown;
		groups->room = room;
	}
	groups->list[groups->count++] = (struct copied_group){layer->group, copy};
	return lam_group_like(copy, layer);
}

/* A container's layers share their parameters, not it. */
static bool joins(const lam_layer *layer)
{
	return !lam_layer_expands(layer->layer_class);
}

/* Makes a copy of a model, whose groups are listed, or without `groups` a share. */
static lam_layer *make(lam_layer *layer, copied_groups *groups)
{
	lam_layer *made = lam_alloc(1, sizeof *made);
	if (!made)
		return NULL;
	made->layer_class = layer->layer_class;
	made->state = lam_alloc(1, layer->layer_class->state_size);
	lam_status status = made->state ? copy_state(made, layer) : LAM_ERR_MEMORY;
	if (!status && groups && layer->name)
		status = lam_layer_set_name(made, layer->name);
	if (!status && layer->child_count)
		status = make_children(made, layer, groups);
	if (!status && !groups && joins(layer))
		status = lam_group_join(made, layer);
	if (!status && groups && layer->group)
		status = copy_group(made, layer, groups);
	if (!status)
		return made;
	lam_layer_free(made);
	return NULL;
}

lam_layer *lam_share(lam_layer *layer)
{
	if (!layer) {
		if (!*lam_error())
			lam_fail(LAM_ERR_ARGUMENT, "lam_share: the layer is NULL");
		return NULL;
	}
	if (lam_layer_is_number(layer)) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_share: a number stands where a layer is expected");
		return NULL;
	}
	return make(layer, NULL);
}

lam_layer *lam_layer_copy(const lam_layer *model)
{
	copied_groups groups = {0};
	/* Only to make a share is the layer written to: it joins a group. */
	lam_layer *copy = make((lam_layer *)model, &groups);
	lam_free(groups.list);
	return copy;
}

static lam_status tie(lam_layer *layer, lam_layer *other)
{
	if (lam_layer_is_number(layer) || lam_layer_is_number(other))
		return lam_fail(
			LAM_ERR_ARGUMENT, "lam_tie: a number stands where a layer is expected");
	if (layer == other)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_tie: both layers are the same %s; expected two",
			layer->layer_class->kind);
	if (lam_layer_contains(layer) || lam_layer_contains(other))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_tie: %s and %s; expected layers without layers inside",
			layer->layer_class->kind, other->layer_class->kind);
	if (layer->group)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_tie: this %s shares its parameters already",
			layer->layer_class->kind);
	return lam_group_join(layer, other);
}

lam_layer *lam_tie(lam_layer *layer, lam_layer *other)
{
	if (layer && other && tie(layer, other) == LAM_OK)
		return layer;
	if ((!layer || !other) && !*lam_error())
		lam_fail(LAM_ERR_ARGUMENT, "lam_tie: the %s is NULL",
			layer ? "other layer" : "layer");
	lam_layer_free(layer);
	return NULL;
}
