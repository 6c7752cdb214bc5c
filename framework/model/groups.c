/* SPDX-License-Identifier: MIT */
#include "framework/model/groups.h"

#include "framework/layer/group.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"

#include <string.h>

static lam_status join(lam_groups *groups, lam_layer *layer, int number)
{
	if (number > groups->room) {
		const int room = 2 * number;
		lam_layer **grown = lam_grow(
			groups->first, (size_t)groups->room, (size_t)room, sizeof *groups->first);
		if (!grown)
			return LAM_ERR_MEMORY;
		memset(grown + groups->room, 0, (size_t)(room - groups->room) * sizeof *grown);
		groups->first = grown;
		groups->room = room;
	}
	lam_layer **first = &groups->first[number - 1];
	if (!*first) {
		*first = layer;
		return LAM_OK;
	}
	if (!lam_layer_expands(layer->layer_class) && !lam_layer_expands((*first)->layer_class))
		return lam_group_join(layer, *first);
	return lam_fail(LAM_ERR_FORMAT,
		"%s has share=%d, as a %s before; expected layers that are no containers",
		layer->layer_class->kind, number, (*first)->layer_class->kind);
}

lam_layer *lam_groups_join(lam_groups *groups, lam_layer *layer, int number)
{
	if (!layer || !number || !join(groups, layer, number))
		return layer;
	lam_layer_free(layer);
	return NULL;
}
