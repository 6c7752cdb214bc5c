/* SPDX-License-Identifier: MIT */
/* Makes layers that share the parameters of others: members of their groups. */

#include "framework/base/failure.h"
#include "framework/layer/group.h"
#include "framework/layer/wires.h"
#include "framework/memory.h"

static lam_status share_children(lam_layer *share, const lam_layer *layer)
{
	share->children = lam_alloc((size_t)layer->child_count, sizeof *share->children);
	if (!share->children)
		return LAM_ERR_MEMORY;
	for (int i = 0; i < layer->child_count; i++) {
		lam_layer *child = lam_share(layer->children[i]);
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
	lam_layer *share = lam_alloc(1, sizeof *share);
	if (!share)
		return NULL;
	share->layer_class = layer->layer_class;
	share->state = lam_alloc(1, layer->layer_class->state_size);
	lam_status status = share->state ? copy_state(share, layer) : LAM_ERR_MEMORY;
	if (!status && layer->child_count)
		status = share_children(share, layer);
	/* A container's layers share their parameters, not it. */
	if (!status && !lam_layer_expands(layer->layer_class))
		status = lam_group_join(share, layer);
	if (!status)
		return share;
	lam_layer_free(share);
	return NULL;
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
