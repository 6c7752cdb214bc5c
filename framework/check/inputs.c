/* SPDX-License-Identifier: MIT */
/* A model that gives a join its inputs, so that it can be checked alone. */
#include "framework/check/gradients.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"

#include <limits.h>
#include <stdio.h>

/* The layer's own struct. */
struct inputs {
	LAM_LAYER_OPTIONS;
	const lam_shape *shapes; /* [count], as the next one */
	char (*names)[16];
	int count;
};

static bool input(const lam_layer *self, int index, const char **name, lam_shape *shape)
{
	const struct inputs *inputs = lam_layer_state(self);
	if (index < 0 || index >= inputs->count)
		return false;
	*name = inputs->names[index];
	*shape = inputs->shapes[index];
	return true;
}

static void destroy(lam_layer *self)
{
	lam_free(((struct inputs *)lam_layer_state(self))->names);
}

/* The join keeps the name that it has alone. */
static const char *role(const lam_layer *self, int index)
{
	(void)self, (void)index;
	return "";
}

static lam_slot expand(const lam_layer *self, lam_plan *plan, const lam_slot *x, int inputs)
{
	return lam_plan_join(plan, lam_layer_child(self, 0), x, inputs, "");
}

static const lam_layer_class inputs_class = {
	LAM_LAYER_ABI,
	.kind = "inputs",
	.state_size = sizeof(struct inputs),
	.min_inputs = 1,
	.max_inputs = INT_MAX,
	.min_children = 1,
	.max_children = 1,
	.input = input,
	.expand_join = expand,
	.role = role,
	.destroy = destroy,
};

lam_layer *lam_check_inputs(lam_layer *join, const lam_shape *shapes, int inputs)
{
	const lam_layer_class *own = lam_layer_is_number(join) ? NULL : lam_layer_class_of(join);
	if (own && own->input) {
		lam_fail(LAM_ERR_ARGUMENT,
			"lam_gradcheck: .shapes of %d inputs for a %s, which carries its own; "
			"expected none",
			inputs, own->kind);
		lam_layer_free(join);
		return NULL;
	}
	lam_layer *model = lam_layer_new_with_children(&inputs_class, NULL, &join, 1);
	if (!model)
		return NULL;
	struct inputs *state = lam_layer_state(model);
	state->names = lam_alloc((size_t)inputs, sizeof *state->names);
	if (!state->names) {
		lam_layer_free(model);
		return NULL;
	}
	state->shapes = shapes;
	state->count = inputs;
	for (int k = 0; k < inputs; k++)
		snprintf(state->names[k], sizeof *state->names, "input%d", k);
	return model;
}
