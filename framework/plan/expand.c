/* SPDX-License-Identifier: MIT */
/* A model expands into calls: containers emit their children, branches of a join run on its one
 * input, every other layer becomes a call on slots. */
#include "framework/base/failure.h"
#include "framework/layer/group.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/plan/classes.h"
#include "framework/plan/emit.h"
#include "framework/plan/layout.h"
#include "framework/plan/list.h"
#include "framework/plan/watch.h"

#include <string.h>

/* Checks a call, infers its output, chooses its layouts and converts its inputs to them. */
static bool prepare(lam_plan *plan, lam_call *call, lam_shape *out)
{
	for (int k = 0; k < call->inputs; k++) {
		const int from = plan->slots[call->in[k].slot].producer;
		if (from < 0 || plan->calls[from].loss < 0)
			continue;
		lam_fail(LAM_ERR_ARGUMENT,
			"%s stands behind the loss %s; expected the loss to be the last layer",
			lam_call_title(call).text, lam_call_title(&plan->calls[from]).text);
		lam_plan_failed(plan, LAM_ERR_ARGUMENT);
		return false;
	}
	if (!plan->like) {
		call->layer->direct = plan->direct;
		call->layer->samples = plan->inference ? 0 : plan->samples;
	}
	if (lam_plan_infer(plan, call, out))
		return false;
	lam_plan_choose_layout(plan, call, out);
	for (int k = 0; k < call->inputs; k++)
		if ((call->in[k].slot = lam_plan_relayout(plan, call->in[k].slot, call->x_layout))
			< 0)
			return false;
	return true;
}

/* Appends a call on these slots. Consumes what lam_plan_emit() consumes. */
static lam_slot append(lam_plan *plan, lam_call call, const lam_slot *x)
{
	lam_shape out;
	call.layer_class = call.layer->layer_class;
	call.in = lam_alloc((size_t)call.inputs, sizeof *call.in);
	if (!call.in)
		lam_plan_failed(plan, LAM_ERR_MEMORY);
	for (int k = 0; call.in && k < call.inputs; k++)
		call.in[k] = (lam_input){.slot = x[k], .dx = BUFFER_NONE, .copied = BUFFER_NONE};
	if (plan->status || !prepare(plan, &call, &out))
		return lam_plan_drop(&call);
	return lam_plan_emit(plan, &call, out);
}

/* Refuses a layer that is too deep, or whose path is too long. */
static lam_status check_place(lam_plan *plan, const lam_layer *child, const char *name)
{
	if (plan->depth >= LAM_MOST_DEPTH + !lam_layer_contains(child))
		return lam_plan_failed(plan,
			lam_fail(LAM_ERR_UNSUPPORTED, "containers nested more than %d deep",
				LAM_MOST_DEPTH));
	if (strlen(plan->path) + strlen(name) >= LAM_LONGEST_PATH)
		return lam_plan_failed(plan,
			lam_fail(LAM_ERR_UNSUPPORTED,
				"the name of a layer, with those of the containers around it, has "
				"more than %d characters",
				LAM_LONGEST_PATH));
	return LAM_OK;
}

static lam_status check_inputs(lam_plan *plan, const lam_layer *child, const char *path, int inputs)
{
	const lam_layer_class *layer_class = child->layer_class;
	const int least = layer_class->min_inputs ? layer_class->min_inputs : 1,
		  most = layer_class->max_inputs > least ? layer_class->max_inputs : least;
	if (inputs >= least && inputs <= most)
		return LAM_OK;
	if (least == most)
		lam_fail(LAM_ERR_ARGUMENT, "%d input%s; expected %d", inputs,
			inputs == 1 ? "" : "s", least);
	else if (most == INT_MAX)
		lam_fail(LAM_ERR_ARGUMENT, "%d input%s; expected %d or more", inputs,
			inputs == 1 ? "" : "s", least);
	else
		lam_fail(LAM_ERR_ARGUMENT, "%d input%s; expected %d to %d", inputs,
			inputs == 1 ? "" : "s", least, most);
	return lam_plan_failed_in(plan,
		&(lam_call){.layer_class = layer_class, .path = (char *)path}, LAM_ERR_ARGUMENT);
}

/* Emits the branches of a join on slot `x`, and the join on their outputs. Consumes `path` as
 * append() does. */
static lam_slot join_branches(lam_plan *plan, lam_layer *join, lam_slot x, char *path)
{
	const int count = join->child_count;
	lam_slot *out = lam_alloc((size_t)count, sizeof *out);
	if (!out)
		lam_plan_failed(plan, LAM_ERR_MEMORY);
	for (int i = 0; out && i < count; i++) {
		char number[16];
		out[i] = lam_plan_layer(
			plan, join->children[i], x, lam_layer_role(join, i, number));
	}
	lam_slot y = -1;
	const lam_call call = {.layer = join, .path = path, .inputs = count};
	if (plan->status || check_inputs(plan, join, path, count))
		lam_free(path);
	else
		y = append(plan, call, out);
	lam_free(out);
	return y;
}

/* Lets a container emit its children. */
static lam_slot expand(
	lam_plan *plan, lam_layer *child, const lam_slot *x, int inputs, const char *path)
{
	const lam_layer_class *layer_class = child->layer_class;
	const uint64_t before = lam_failures();
	lam_slot out = layer_class->expand_join ? layer_class->expand_join(child, plan, x, inputs)
						: layer_class->expand(child, plan, x[0]);
	/* The container returned no slot but set a sentence: it failed. */
	if (!lam_plan_has_slot(plan, out) && !plan->status && lam_failures() != before)
		lam_plan_failed_in(plan,
			&(lam_call){.layer_class = layer_class, .path = (char *)path},
			lam_error_status());
	if (!lam_plan_has_slot(plan, out) && !plan->status)
		lam_plan_failed(plan,
			lam_fail(LAM_ERR_ARGUMENT,
				"%s: its .expand returned slot %d; expected a slot of this plan",
				layer_class->kind, out));
	return plan->status ? -1 : out;
}

/* Plans a layer at its place. */
static lam_slot place(lam_plan *plan, lam_layer *child, const lam_slot *x, int inputs, char *path)
{
	const bool contains = lam_layer_contains(child);
	const bool branches = contains && !lam_layer_expands(child->layer_class);
	if (branches && inputs != 1)
		lam_plan_failed(plan,
			lam_fail(LAM_ERR_ARGUMENT,
				"%s \"%s\": %d inputs for a join that has branches; expected one, "
				"or a join without branches",
				child->layer_class->kind, path, inputs));
	else if (!branches)
		check_inputs(plan, child, path, inputs);
	if (plan->status || !contains) {
		if (plan->status)
			return lam_free(path), -1;
		return append(plan, (lam_call){.layer = child, .path = path, .inputs = inputs}, x);
	}
	char *own = branches ? lam_plan_path(path, "") : NULL;
	if (branches && !own) {
		lam_free(path);
		return lam_plan_failed(plan, LAM_ERR_MEMORY), -1;
	}
	const char *outer = plan->path;
	plan->path = path;
	plan->depth++;
	const lam_slot out = branches ? join_branches(plan, child, x[0], own)
				      : expand(plan, child, x, inputs, path);
	plan->depth--;
	plan->path = outer;
	lam_free(path);
	return out;
}

lam_slot lam_plan_join(
	lam_plan *plan, lam_layer *child, const lam_slot *x, int inputs, const char *role)
{
	bool slots = x && inputs >= 1;
	for (int k = 0; slots && k < inputs; k++)
		slots = lam_plan_has_slot(plan, x[k]);
	if (plan->status || !child || !slots)
		return -1;
	const char *shared = lam_group_name(child);
	const char *name = child->name ? child->name : shared ? shared : role;
	if (check_place(plan, child, name)
		|| !lam_plan_room(
			plan, &plan->met, plan->met_count, &plan->met_room, sizeof *plan->met))
		return -1;
	plan->met[plan->met_count++] = child;
	char *path = lam_plan_path(plan->path, name);
	if (!path)
		return lam_plan_failed(plan, LAM_ERR_MEMORY), -1;
	const int watched = lam_watch_find(plan, path);
	const lam_slot before = watched < 0 ? -1 : plan->watched[watched].slot;
	const lam_slot out = place(plan, child, x, inputs, path);
	if (watched >= 0 && out >= 0 && lam_watch_note(plan, watched, before, out))
		return -1;
	return out;
}

lam_slot lam_plan_layer(lam_plan *plan, lam_layer *child, lam_slot x, const char *role)
{
	return lam_plan_join(plan, child, &x, 1, role);
}

lam_slot lam_plan_loss(lam_plan *plan, lam_layer *child, const lam_slot *x, int inputs,
	const char *role, lam_real weight)
{
	const lam_slot out = lam_plan_join(plan, child, x, inputs, role);
	if (out < 0)
		return -1;
	const int producer = plan->slots[out].producer;
	const int loss = producer < 0 ? -1 : plan->calls[producer].loss;
	if (loss < 0) {
		lam_plan_failed(plan,
			lam_fail(LAM_ERR_ARGUMENT, "%s is no loss; expected one",
				child->layer_class->kind));
		return -1;
	}
	return lam_plan_failed(plan, lam_plan_set_weight(plan, loss, weight)) ? -1 : out;
}

bool lam_plan_outermost(const lam_plan *plan)
{
	return plan->depth <= 1;
}

lam_slot lam_plan_add(lam_plan *plan, lam_slot a, lam_slot b)
{
	if (plan->status || !lam_plan_has_slot(plan, a) || !lam_plan_has_slot(plan, b))
		return -1;
	char *path = lam_plan_path(plan->path, "add");
	lam_layer *add = path ? lam_layer_new(&lam_add_class, NULL) : NULL;
	if (!add) {
		lam_free(path);
		return lam_plan_failed(plan, LAM_ERR_MEMORY), -1;
	}
	return append(plan, (lam_call){.layer = add, .owns_layer = true, .path = path, .inputs = 2},
		(lam_slot[]){a, b});
}
