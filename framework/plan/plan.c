/* SPDX-License-Identifier: MIT */
/* Planning: a model expands into a flat list of calls on slots, the list is checked, and then
 * lifetimes and places follow. */
#include "framework/base/shown.h"
#include "framework/base/sort.h"
#include "framework/layer/group.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/plan/emit.h"
#include "framework/plan/ends.h"
#include "framework/plan/lifetimes.h"
#include "framework/plan/list.h"
#include "framework/plan/watch.h"

#include <stdint.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct lam_param *const *)a)->name, (*(struct lam_param *const *)b)->name);
}

/* Checks that all names are different, as files find parameters by name. */
static lam_status names_differ(lam_plan *plan)
{
	int count = plan->param_count + plan->state_count;
	struct lam_param **all = lam_alloc((size_t)count, sizeof *all);
	if (!all)
		return lam_plan_failed(plan, LAM_ERR_MEMORY);
	for (int i = 0; i < plan->param_count; i++)
		all[i] = plan->params[i];
	for (int i = 0; i < plan->state_count; i++)
		all[plan->param_count + i] = plan->states[i];
	lam_sort(all, (size_t)count, by_name);
	for (int i = 1; i < count && !plan->status; i++)
		if (!strcmp(all[i - 1]->name, all[i]->name))
			lam_plan_failed(plan,
				lam_fail(LAM_ERR_ARGUMENT,
					"two parameters are named \"%s\"; expected layers of "
					"different names",
					all[i]->name));
	lam_free(all);
	return plan->status;
}

static int by_address(const void *a, const void *b)
{
	const uintptr_t first = (uintptr_t) * (lam_layer *const *)a,
			second = (uintptr_t) * (lam_layer *const *)b;
	return (first > second) - (first < second);
}

/* Checks that no container has planned a layer twice. The plan records this, not the layer, as
 * other threads may be planning replicas of the same layers. */
static lam_status layers_differ(lam_plan *plan)
{
	lam_sort(plan->met, (size_t)plan->met_count, by_address);
	for (int i = 1; i < plan->met_count && !plan->status; i++)
		if (plan->met[i - 1] == plan->met[i])
			lam_plan_failed(plan,
				lam_fail(LAM_ERR_ARGUMENT,
					"the same %s stands twice in the net; expected a layer of "
					"its own for each place",
					plan->met[i]->layer_class->kind));
	return plan->status;
}

/* Checks that all layers that share parameters are in this net. */
static lam_status shares_are_met(lam_plan *plan)
{
	for (int i = 0; i < plan->call_count && !plan->status; i++) {
		const lam_call *call = &plan->calls[i];
		const int members = lam_group_members(call->layer);
		int met = 1;
		if (members == 1 || call->owner >= 0)
			continue;
		for (int k = i + 1; k < plan->call_count; k++)
			met += plan->calls[k].owner == i;
		if (met == members)
			continue;
		lam_fail(LAM_ERR_ARGUMENT,
			"%d layers share its parameters (lam_share), of which %d are in this net; "
			"expected all in one net",
			members, met);
		lam_plan_failed_in(plan, call, LAM_ERR_ARGUMENT);
	}
	return plan->status;
}

/* Checks that every value is read: nobody would write the gradient of another one. */
static lam_status values_are_read(lam_plan *plan)
{
	for (int s = 0; s < plan->slot_count && !plan->status; s++) {
		bool read = plan->slots[s].consumers > 0;
		for (int i = 0; i < plan->output_count && !read; i++)
			read = plan->outputs[i].slot == s;
		if (read)
			continue;
		if (s < plan->input_count)
			lam_plan_failed(plan,
				lam_fail(LAM_ERR_ARGUMENT,
					"nothing reads the input \"%s\"; expected a layer that "
					"does, or no such input",
					lam_show(plan->input_names[s]).text));
		else
			lam_plan_failed_in(plan, &plan->calls[plan->slots[s].producer],
				lam_fail(LAM_ERR_ARGUMENT,
					"nothing reads its output; expected .expand to return it "
					"or to give it to another layer"));
	}
	return plan->status;
}

lam_status lam_plan_make(lam_plan *plan, lam_layer *model, lam_shape input)
{
	plan->planning = -1;
	plan->path = "";
	if (lam_plan_inputs(plan, model, input))
		return plan->status;
	lam_slot *inputs = lam_alloc((size_t)plan->input_count, sizeof *inputs);
	if (!inputs)
		return lam_plan_failed(plan, LAM_ERR_MEMORY);
	for (int k = 0; k < plan->input_count; k++)
		inputs[k] = k;
	const lam_slot last = lam_plan_join(plan, model, inputs, plan->input_count, "");
	lam_free(inputs);
	if (plan->status || lam_plan_outputs(plan, last) || layers_differ(plan)
		|| values_are_read(plan) || shares_are_met(plan) || names_differ(plan)
		|| lam_watch_end(plan))
		return plan->status;
	lam_plan_find_rectified(plan);
	return lam_plan_lifetimes(plan);
}

static void free_params(struct lam_param **params, int count)
{
	for (int i = 0; i < count; i++) {
		lam_free(params[i]->name);
		lam_free(params[i]);
	}
	lam_free(params);
}

void lam_plan_free(lam_plan *plan)
{
	for (int i = 0; i < plan->call_count; i++) {
		lam_call *call = &plan->calls[i];
		if (call->owns_layer)
			lam_layer_free(call->layer);
		lam_free(call->path);
		lam_free(call->in);
		lam_free(call->w);
		lam_free(call->packed);
		lam_free(call->dw);
		lam_free(call->state);
	}
	free_params(plan->params, plan->param_count);
	free_params(plan->states, plan->state_count);
	for (int i = 0; i < plan->input_count; i++)
		lam_free(plan->input_names[i]);
	for (int i = 0; i < plan->output_count; i++)
		lam_free(plan->outputs[i].name);
	for (int i = 0; i < plan->watched_count; i++)
		lam_free(plan->watched[i].path);
	lam_free(plan->watched);
	lam_free(plan->input_names);
	lam_free(plan->losses);
	lam_free(plan->outputs);
	lam_free(plan->met);
	lam_free(plan->calls);
	lam_free(plan->slots);
	lam_free(plan->packed);
	lam_free(plan->buffers);
	lam_free(plan->agains);
	lam_free(plan->sources);
	lam_free(plan->sums);
	lam_free(plan->parts);
}
