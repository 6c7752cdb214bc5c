/* SPDX-License-Identifier: MIT */
/* The group of the layers that share parameters. Private to the framework. */
#ifndef LAM_GROUP_H
#define LAM_GROUP_H

#include "framework/layer.h"

#pragma GCC visibility push(hidden)

/* Makes `layer`, which is in no group, a member of the group of `other`. */
lam_status lam_group_join(lam_layer *layer, lam_layer *other);

/* Makes `layer`, which is in no group, the one member of a new group with the name of the group of
 * `other`. */
lam_status lam_group_like(lam_layer *layer, const lam_layer *other);

/* The last member that leaves frees the group. A layer without a group is allowed. */
void lam_group_leave(lam_layer *layer);

/* The name of a layer's group, which is that of its parameters; NULL: it has none. */
const char *lam_group_name(const lam_layer *layer);

/* The number of members of a layer's group; 1: it shares its parameters with none. */
int lam_group_members(const lam_layer *layer);

#pragma GCC visibility pop
#endif
