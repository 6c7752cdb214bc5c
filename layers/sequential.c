/* SPDX-License-Identifier: MIT */
/* Layers one after another: x_{i+1} = layer_i(x_i). The plan expands it to its children's calls. */
#include "layers/sequential.h"
#include "layers/classes.h"

#include "framework/base/options.h"
#include "framework/layer/inside.h"

#include <stdio.h>

enum { MAX_LAYERS = 10000 };

/* The state of a sequence, without its children. */
struct sequential {
	LAM_LAYER_OPTIONS;
};

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
	.state_size = sizeof(struct sequential),
	.expand = expand,
	.min_children = 1,
	.max_children = MAX_LAYERS,
};

lam_layer *lam_sequential_new(const lam_sequential_options *given)
{
	lam_sequential_options o;
	if (!lam_take_options("sequential", &o, sizeof o, sizeof o,
		    offsetof(lam_sequential_options, named), given)) {
		if (lam_options_hold(given, sizeof o) && given->layers)
			lam_layers_free(given->layers, given->count);
		return NULL;
	}
	if (o.count < 0 || (o.count && !o.layers)) {
		lam_fail(LAM_ERR_ARGUMENT,
			"sequential: .count is %d%s; expected a list of at least 1 layer", o.count,
			o.layers ? "" : " and .layers NULL");
		return NULL;
	}
	struct sequential options = {.size = sizeof options, .name = given->name};
	return lam_layer_new_with_children(
		&lam_sequential_class, &options, given->layers, given->count);
}

/* Two objects, whose addresses differ from every layer's. */
static char ends[2];

lam_layer *lam_sequential_first(void)
{
	return (lam_layer *)(void *)&ends[0];
}

lam_layer *lam_sequential_last(void)
{
	return (lam_layer *)(void *)&ends[1];
}

lam_layer *lam_sequential_of(lam_layer *const *list)
{
	if (!list || list[0] != lam_sequential_first()) {
		lam_fail(LAM_ERR_ARGUMENT,
			"sequential: a list without its two ends; expected "
			"lam_sequential(a, b, …) or lam_sequential_new()");
		return NULL;
	}
	int count = 0;
	while (list[1 + count] != lam_sequential_last())
		count++;
	return lam_sequential_new(&(lam_sequential_options){
		.size = sizeof(lam_sequential_options), .layers = list + 1, .count = count});
}
