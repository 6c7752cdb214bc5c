/* SPDX-License-Identifier: MIT */
#include "framework/plan/ends.h"

#include "framework/base/shown.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/plan/layout.h"
#include "framework/plan/list.h"
#include "framework/plan/outputs.h"

#include <math.h>
#include <string.h>

static lam_status add_input(lam_plan *plan, const char *name, lam_shape shape)
{
	if (!lam_shape_valid(&shape))
		return lam_plan_failed(plan,
			lam_fail(LAM_ERR_SHAPE,
				"the input shape is %s; expected 1 to %d dimensions of at least 1, "
				"not too large",
				lam_shape_text(shape).text, LAM_MAX_RANK));
	if (!lam_plan_room(plan, &plan->input_names, plan->input_count, &plan->input_room,
		    sizeof *plan->input_names))
		return plan->status;
	const lam_slot x = lam_plan_slot(plan, shape, -1);
	if (x < 0)
		return plan->status;
	if (plan->few)
		plan->slots[x].layout = LAM_CALLER_ROWS;
	plan->input_names[plan->input_count++] = lam_plan_copy_name(plan, name);
	return plan->status;
}

lam_status lam_plan_inputs(lam_plan *plan, const lam_layer *model, lam_shape input)
{
	const lam_layer_class *layer_class = model->layer_class;
	const char *name = NULL;
	lam_shape shape;
	if (!layer_class->input)
		return add_input(plan, NULL, input);
	for (int k = 0; !plan->status && layer_class->input(model, k, &name, &shape); k++) {
		const bool replaced = k == 0 && input.rank;
		add_input(plan, name, replaced ? input : shape);
	}
	if (!plan->status && input.rank && plan->input_count != 1)
		lam_plan_failed(plan,
			lam_fail(LAM_ERR_SHAPE,
				"a shape (%s) for a model of %d inputs, which carries their "
				"shapes; expected no shape",
				lam_shape_text(input).text, plan->input_count));
	return plan->status;
}

lam_status lam_plan_set_weight(lam_plan *plan, int loss, lam_real weight)
{
	const lam_call *call = &plan->calls[plan->losses[loss].call];
	if (!isfinite(weight))
		return lam_fail(LAM_ERR_ARGUMENT, "%s: the weight is %g; expected a finite one",
			lam_call_title(call).text, (double)weight);
	if (weight != 1 && call->params > 0)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"%s: the weight is %g, and the loss has parameters; expected 1",
			lam_call_title(call).text, (double)weight);
	plan->losses[loss].weight = weight;
	return LAM_OK;
}

static bool is_output(const lam_plan *plan, lam_slot slot)
{
	for (int i = 0; i < plan->output_count; i++)
		if (plan->outputs[i].slot == slot)
			return true;
	return false;
}

/* The ends without a name get one, which the caller may use: "input", and "loss" or "output". */
static void name_ends(lam_plan *plan)
{
	int nameless[2] = {0, 0};
	for (int k = 0; k < plan->input_count && !plan->status; k++)
		if (!plan->input_names[k])
			plan->input_names[k] = lam_plan_copy_name(plan, "input");
	for (int i = 0; i < plan->output_count && !plan->status; i++) {
		lam_plan_output *output = &plan->outputs[i];
		const bool loss = output->loss >= 0;
		const char *kind = loss ? "loss" : "output";
		if (output->name)
			continue;
		output->name = lam_plan_copy_name(plan, kind);
		if (++nameless[loss] > 1)
			lam_plan_failed(plan,
				lam_fail(LAM_ERR_ARGUMENT,
					"%d %s have no name; expected a .name for all but one",
					nameless[loss], loss ? "losses" : "outputs"));
	}
}

static const char *end_name(const lam_plan *plan, int i)
{
	return i < plan->input_count ? plan->input_names[i]
				     : plan->outputs[i - plan->input_count].name;
}

/* Two ends of one name cannot be told apart, and a value is one output at most. */
static void check_ends(lam_plan *plan)
{
	const int count = plan->input_count + plan->output_count;
	for (int i = 0; i < count && !plan->status; i++)
		for (int k = 0; k < i && !plan->status; k++)
			if (!strcmp(end_name(plan, i), end_name(plan, k)))
				lam_plan_failed(plan,
					lam_fail(LAM_ERR_ARGUMENT,
						"two inputs, outputs or losses are named \"%s\"; "
						"expected different names",
						lam_show(end_name(plan, i)).text));
	for (int i = 0; i < plan->output_count && !plan->status; i++)
		for (int k = 0; k < i && !plan->status; k++)
			if (plan->outputs[i].slot == plan->outputs[k].slot)
				lam_plan_failed(plan,
					lam_fail(LAM_ERR_ARGUMENT,
						"the outputs \"%s\" and \"%s\" are the same value; "
						"expected one name for it",
						lam_show(plan->outputs[k].name).text,
						lam_show(plan->outputs[i].name).text));
}

lam_status lam_plan_outputs(lam_plan *plan, lam_slot last)
{
	if (!plan->status && !is_output(plan, last))
		lam_plan_output_as(plan, last, NULL);
	name_ends(plan);
	check_ends(plan);
	/* An output must be in batch lanes or in rows of the arena. */
	for (int i = 0; i < plan->output_count && !plan->status; i++) {
		lam_plan_output *output = &plan->outputs[i];
		if (plan->slots[output->slot].layout != LAM_BATCH_LANES)
			output->slot = lam_plan_relayout(plan, output->slot, LAM_ROWS);
	}
	return plan->status;
}
