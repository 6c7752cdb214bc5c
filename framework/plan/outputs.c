/* SPDX-License-Identifier: MIT */
/* The growing lists of a plan's losses and outputs. */
#include "framework/plan/outputs.h"

#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/plan/list.h"

lam_slot lam_plan_first_output(const lam_plan *plan)
{
	return plan->outputs[0].slot;
}

char *lam_plan_copy_name(lam_plan *plan, const char *name)
{
	char *copy = name ? lam_text_copy(name) : NULL;
	if (name && !copy)
		lam_plan_failed(plan, LAM_ERR_MEMORY);
	return copy;
}

lam_slot lam_plan_add_loss(lam_plan *plan, int index)
{
	lam_call *call = &plan->calls[index];
	if (!lam_plan_room(
		    plan, &plan->losses, plan->loss_count, &plan->loss_room, sizeof *plan->losses))
		return -1;
	call->loss = plan->loss_count;
	plan->losses[plan->loss_count++] = (lam_planned_loss){.call = index, .weight = 1};
	lam_plan_output_as(plan, call->out, call->layer->name);
	return plan->status ? -1 : call->out;
}

void lam_plan_output_as(lam_plan *plan, lam_slot slot, const char *name)
{
	if (plan->status || !lam_plan_has_slot(plan, slot)
		|| !lam_plan_room(plan, &plan->outputs, plan->output_count, &plan->output_room,
			sizeof *plan->outputs))
		return;
	const int producer = plan->slots[slot].producer;
	plan->outputs[plan->output_count++] = (lam_plan_output){
		.name = lam_plan_copy_name(plan, name),
		.slot = slot,
		.loss = producer < 0 ? -1 : plan->calls[producer].loss,
	};
}
