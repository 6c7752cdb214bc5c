/* SPDX-License-Identifier: MIT */
/* Layers one after another: x_{i+1} = layer_i(x_i). The plan expands it to its children's calls. */
#include "layers/sequential.h"
#include "layers/classes.h"
#include "layers/composition.h"

#include <stdio.h>

static lam_slot expand(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	for (int i = 0; i < lam_layer_child_count(self) && x >= 0; i++) {
		char role[16];
		snprintf(role, sizeof role, "%d", i);
		x = lam_plan_layer(plan, lam_layer_child(self, i), x, role);
	}
	return x;
}

const lam_layer_class lam_sequential_class = {
	LAM_LAYER_ABI,
	.kind = "sequential",
	.state_size = sizeof(struct composition),
	.expand = expand,
	.min_children = 1,
	.max_children = LAM_MOST_CHILDREN,
};

lam_layer *lam_sequential_new(const lam_sequential_options *given)
{
	return lam_composition_new(&lam_sequential_class, given);
}

lam_layer *lam_sequential_of(lam_layer *const *list)
{
	return lam_composition_of(&lam_sequential_class, list);
}
