/* SPDX-License-Identifier: MIT */
#include "framework/layer/group.h"

#include "framework/layer/inside.h"
#include "framework/memory.h"

struct lam_group {
	int members;
	char *name; /* NULL: no member has one */
};

lam_status lam_group_join(lam_layer *layer, lam_layer *other)
{
	if (!other->group) {
		other->group = lam_alloc(1, sizeof *other->group);
		if (!other->group)
			return LAM_ERR_MEMORY;
		other->group->members = 1;
	}
	struct lam_group *group = other->group;
	const char *name = other->name ? other->name : layer->name;
	if (!group->name && name && !(group->name = lam_text_copy(name)))
		return LAM_ERR_MEMORY;
	layer->group = group;
	group->members++;
	return LAM_OK;
}

lam_status lam_group_like(lam_layer *layer, const lam_layer *other)
{
	struct lam_group *group = lam_alloc(1, sizeof *group);
	if (!group)
		return LAM_ERR_MEMORY;
	group->members = 1;
	layer->group = group;
	const char *name = other->group->name;
	return name && !(group->name = lam_text_copy(name)) ? LAM_ERR_MEMORY : LAM_OK;
}

const char *lam_group_name(const lam_layer *layer)
{
	return layer->group ? layer->group->name : NULL;
}

void lam_group_leave(lam_layer *layer)
{
	if (layer->group && --layer->group->members == 0) {
		lam_free(layer->group->name);
		lam_free(layer->group);
	}
	layer->group = NULL;
}

int lam_group_members(const lam_layer *layer)
{
	return layer->group ? layer->group->members : 1;
}
