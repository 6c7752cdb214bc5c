/* SPDX-License-Identifier: MIT */
#include "framework/model/groups.h"

#include "framework/layer/group.h"
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
	const char *kind = lam_layer_class_of(layer)->kind,
		   *other = lam_layer_class_of(*first)->kind;
	if (lam_layer_class_of(*first) == lam_layer_class_of(layer))
		return lam_group_join(layer, *first);
	return lam_fail(LAM_ERR_FORMAT, "%s has share=%d, as a %s before; expected one kind", kind,
		number, other);
}

lam_layer *lam_groups_join(lam_groups *groups, lam_layer *layer, int number)
{
	if (!layer || !number || !join(groups, layer, number))
		return layer;
	lam_layer_free(layer);
	return NULL;
}
