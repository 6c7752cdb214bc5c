/* SPDX-License-Identifier: MIT */
/* The graph as a layer. Its children stand in the order in which they are computed; each reads the
 * outputs of earlier ones, as its wire says. Inputs and outputs are children too, so that files can
 * name them, but the plan makes no calls of them. graph_build.c makes graphs from handles. */
#include "framework/memory.h"
#include "framework/plan/inside.h"
#include "layers/classes.h"
#include "layers/composition.h"
#include "layers/graph_ends.h"

static const lam_option input_options[] = {
	LAM_OPTION(lam_graph_input_options, shape, SHAPE, .required = true),
	LAM_OPTIONS_END,
};

const lam_layer_class lam_input_class = {
	LAM_LAYER_ABI,
	.kind = "input",
	.flags = LAM_SOURCE | LAM_VIEW,
	.state_size = sizeof(lam_graph_input_options),
	.options = input_options,
};

const lam_layer_class lam_output_class = {
	LAM_LAYER_ABI,
	.kind = "output",
	.flags = LAM_SINK | LAM_VIEW,
	.state_size = sizeof(struct composition),
};

static bool input(const lam_layer *self, int index, const char **name, lam_shape *shape)
{
	const lam_layer *child = lam_layer_child(self, index);
	if (!child || !(child->layer_class->flags & LAM_SOURCE))
		return false;
	*name = child->name;
	*shape = ((const lam_graph_input_options *)child->state)->shape;
	return true;
}

static int count_inputs(const lam_layer *self)
{
	int count = 0;
	while (count < self->child_count && self->children[count]->layer_class->flags & LAM_SOURCE)
		count++;
	return count;
}

/* Plans child i on the slots of the children before it, and returns its slot. `in` has room for the
 * slots of one child. */
static lam_slot plan_child(
	const lam_layer *self, lam_plan *plan, int i, const lam_slot *slots, lam_slot *in)
{
	lam_layer *child = self->children[i];
	const lam_wire *wire = &self->wires[i];
	char number[16];
	for (int k = 0; k < wire->inputs; k++)
		in[k] = slots[wire->from[k]];
	if (child->layer_class->flags & LAM_SINK) {
		if (lam_plan_outermost(plan))
			lam_plan_output_as(plan, in[0], child->name);
		return in[0];
	}
	const char *role = lam_layer_role(self, i, number);
	if (child->layer_class->flags & LAM_LOSS)
		return lam_plan_loss(plan, child, in, wire->inputs, role, wire->weight);
	return lam_plan_join(plan, child, in, wire->inputs, role);
}

/* Plans all children; returns the slot of the one output, or of the last loss or output. */
static lam_slot plan_children(const lam_layer *self, lam_plan *plan, lam_slot *slots, lam_slot *in)
{
	lam_slot out = -1;
	int outputs = 0;
	for (int i = count_inputs(self); i < self->child_count; i++) {
		const uint32_t flags = self->children[i]->layer_class->flags;
		slots[i] = plan_child(self, plan, i, slots, in);
		if (slots[i] < 0)
			return -1;
		if (flags & LAM_SINK || (flags & LAM_LOSS && !outputs))
			out = slots[i];
		outputs += (flags & LAM_SINK) != 0;
	}
	if (outputs <= 1 || lam_plan_outermost(plan))
		return out;
	lam_fail(LAM_ERR_ARGUMENT,
		"%d outputs; expected one, where a graph stands in another layer", outputs);
	return -1;
}

static lam_slot expand(const lam_layer *self, lam_plan *plan, const lam_slot *x, int inputs)
{
	const int sources = count_inputs(self);
	if (!self->wires) {
		lam_fail(LAM_ERR_ARGUMENT,
			"a graph without values; expected one that lam_graph_done() has made");
		return -1;
	}
	if (inputs != sources) {
		lam_fail(LAM_ERR_ARGUMENT, "%d value%s for a graph of %d input%s", inputs,
			inputs == 1 ? "" : "s", sources, sources == 1 ? "" : "s");
		return -1;
	}
	int most = 1;
	for (int i = 0; i < self->child_count; i++)
		most = self->wires[i].inputs > most ? self->wires[i].inputs : most;
	lam_slot *slots = lam_alloc((size_t)self->child_count, sizeof *slots),
		 *in = lam_alloc((size_t)most, sizeof *in);
	for (int k = 0; slots && k < sources; k++)
		slots[k] = x[k];
	const lam_slot out = slots && in ? plan_children(self, plan, slots, in) : -1;
	lam_free(slots);
	lam_free(in);
	return out;
}

const lam_layer_class lam_graph_class = {
	LAM_LAYER_ABI,
	.kind = "graph",
	.flags = LAM_WIRED,
	.state_size = sizeof(struct composition),
	.min_inputs = 1,
	.max_inputs = INT_MAX,
	.min_children = 2,
	.max_children = 2 * LAM_MOST_LAYERS, /* inputs and outputs are no calls */
	.input = input,
	.expand_join = expand,
};
