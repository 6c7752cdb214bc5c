/* The plan, first half: a model expands into a flat list of calls on slots, and each call says what
 * it needs. */
#include "framework/base/failure.h"
#include "framework/base/sort.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/plan/inside.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

lam_status lam_plan_failed(lam_plan *plan, lam_status status)
{
	if (!plan->status)
		plan->status = status;
	return plan->status;
}

lam_call_name lam_call_title(const lam_call *call)
{
	lam_call_name title;
	if (call->path && *call->path)
		snprintf(title.text, sizeof title.text, "%s \"%s\"", call->layer_class->kind,
			call->path);
	else
		snprintf(title.text, sizeof title.text, "%s", call->layer_class->kind);
	return title;
}

lam_status lam_plan_failed_in(lam_plan *plan, const lam_call *call, lam_status status)
{
	if (status != LAM_ERR_MEMORY)
		lam_fail(status, "%s: %s", lam_call_title(call).text, lam_error());
	return lam_plan_failed(plan, status);
}

/* As lam_plan_failed_in(), for what a function of the layer's class returned, which may have left
 * no sentence since `before`. */
static lam_status failed_calling(lam_plan *plan, const lam_call *call, const char *function,
	lam_status status, uint64_t before)
{
	if (lam_unsaid(status, before))
		return lam_plan_failed(
			plan, lam_fail_unsaid(status, lam_call_title(call).text, function));
	return lam_plan_failed_in(plan, call, status);
}

bool lam_plan_room(lam_plan *plan, void *list, int count, int *room, size_t size)
{
	void **array = list;
	if (count < *room)
		return true;
	int wanted = *room ? 2 * *room : 16;
	void *grown = lam_grow(*array, (size_t)count, (size_t)wanted, size);
	if (!grown) {
		lam_plan_failed(plan, LAM_ERR_MEMORY);
		return false;
	}
	*array = grown;
	*room = wanted;
	return true;
}

static lam_slot new_slot(lam_plan *plan, lam_shape shape, int producer)
{
	if (!lam_plan_room(
		    plan, &plan->slots, plan->slot_count, &plan->slot_room, sizeof *plan->slots))
		return -1;
	plan->slots[plan->slot_count] = (lam_slot_info){
		.shape = shape,
		.features = lam_shape_count(&shape),
		.producer = producer,
		.first_consumer = -1,
		.buffer = BUFFER_NONE,
		.gradient = BUFFER_NONE,
	};
	return plan->slot_count++;
}

static bool is_slot(const lam_plan *plan, lam_slot slot)
{
	return slot >= 0 && slot < plan->slot_count;
}

lam_shape lam_plan_shape(const lam_plan *plan, lam_slot slot)
{
	return is_slot(plan, slot) ? plan->slots[slot].shape : (lam_shape){0};
}

/* The call of the same layer in the net that this one is a replica of; NULL: it is none, or the
 * plan made the layer. Both plans meet the model's layers in the same order, but may differ in what
 * they put between. */
static const lam_call *known_call(lam_plan *plan, const lam_call *call)
{
	for (int i = plan->like_met; plan->like && !call->owns_layer && i < plan->like->call_count;
		i++)
		if (plan->like->calls[i].layer == call->layer) {
			plan->like_met = i;
			return &plan->like->calls[i];
		}
	return NULL;
}

/* Shape inference of one call; its sentence gets the call's name. */
static lam_status infer(lam_plan *plan, const lam_call *call, lam_shape *out)
{
	lam_shape in[LAM_MAX_INPUTS] = {plan->slots[call->in[0]].shape};
	for (int k = 1; k < call->inputs; k++)
		in[k] = plan->slots[call->in[k]].shape;
	*out = in[0];
	/* The layers of a replica are checked already, and may be at work in other threads: their
	 * shapes are known. */
	const lam_call *known = known_call(plan, call);
	if (known) {
		*out = plan->like->slots[known->out].shape;
		return LAM_OK;
	}
	if (call->layer_class->check) {
		const uint64_t before = lam_failures();
		lam_status status = call->layer_class->check(call->layer, in, call->inputs, out);
		if (status)
			return failed_calling(plan, call, ".check", status, before);
	}
	if (!lam_shape_valid(out)) {
		lam_fail(LAM_ERR_SHAPE, "the output shape %s is not possible or too large",
			lam_shape_text(*out).text);
		return lam_plan_failed_in(plan, call, LAM_ERR_SHAPE);
	}
	return LAM_OK;
}

/* Whether a call may stand here; its output's shape, and its inputs in the layout that it reads,
 * which other calls may convert. */
static bool prepare(lam_plan *plan, lam_call *call, const lam_call_layout *given, lam_shape *out)
{
	const bool relayout = call->layer_class == &lam_relayout_class;
	if (plan->call_count >= LAM_MOST_LAYERS)
		return lam_plan_failed(plan,
			       lam_fail(LAM_ERR_UNSUPPORTED, "a net of more than %d layers",
				       LAM_MOST_LAYERS)),
		       false;
	if (plan->loss >= 0 && !relayout)
		return lam_plan_failed(plan,
			       lam_fail(LAM_ERR_ARGUMENT,
				       "%s stands behind the loss %s; expected the loss to be the "
				       "last layer",
				       lam_call_title(call).text,
				       lam_call_title(&plan->calls[plan->loss]).text)),
		       false;
	if (!plan->like)
		call->layer->direct = plan->direct;
	if (infer(plan, call, out))
		return false;
	const lam_call_layout layout = given
		? *given
		: lam_plan_choose_layout(plan, call->layer, call->in, out);
	for (int k = 0; k < call->inputs && !relayout; k++)
		if ((call->in[k] = lam_plan_relayout(plan, call->in[k], layout.x)) < 0)
			return false;
	call->x_layout = layout.x;
	call->out_layout = layout.out;
	call->by_sample = layout.by_sample;
	return !plan->status;
}

lam_slot lam_plan_call(lam_plan *plan, lam_layer *layer, bool owns_layer, const lam_slot *in,
	int inputs, char *path, const lam_call_layout *layout)
{
	lam_call call = {
		.layer = layer,
		.layer_class = layer->layer_class,
		.owns_layer = owns_layer,
		.path = path,
		.inputs = inputs,
		.first_param = plan->param_count,
		.first_state = plan->state_count,
		.first_packed = plan->packed_count,
		.dx = {BUFFER_NONE, BUFFER_NONE},
		.saved = BUFFER_NONE,
	};
	lam_shape out;
	memcpy(call.in, in, (size_t)inputs * sizeof *in);
	if (plan->status || !prepare(plan, &call, layout, &out)
		|| !lam_plan_room(
			plan, &plan->calls, plan->call_count, &plan->call_room, sizeof call)) {
		if (owns_layer)
			lam_layer_free(layer);
		lam_free(path);
		return -1;
	}
	int index = plan->call_count++;
	plan->calls[index] = call;
	lam_slot slot = new_slot(plan, out, index);
	if (slot < 0)
		return -1;
	lam_plan_lay_out(plan, slot, call.out_layout);
	plan->calls[index].out = slot;
	for (int k = 0; k < inputs; k++) {
		lam_slot_info *info = &plan->slots[call.in[k]];
		if (info->first_consumer < 0)
			info->first_consumer = index;
		info->consumers++;
	}
	if (call.layer_class->plan) {
		lam_shape shapes[LAM_MAX_INPUTS];
		for (int k = 0; k < inputs; k++)
			shapes[k] = plan->slots[call.in[k]].shape;
		plan->planning = index;
		const uint64_t before = lam_failures();
		lam_status status = call.layer_class->plan(layer, shapes, plan);
		plan->planning = -1;
		if (status && !plan->status)
			return failed_calling(plan, &call, ".plan", status, before), -1;
	}
	if (call.layer_class->flags & LAM_LOSS)
		plan->loss = index;
	return plan->status ? -1 : slot;
}

char *lam_plan_path(const char *path, const char *role)
{
	size_t length = strlen(path) + strlen(role) + 2;
	char *joined = lam_alloc(length, 1);
	if (joined)
		snprintf(joined, length, "%s%s%s", path, *path && *role ? "." : "", role);
	return joined;
}

lam_slot lam_plan_layer(lam_plan *plan, lam_layer *child, lam_slot x, const char *role)
{
	if (plan->status || !child || !is_slot(plan, x))
		return -1;
	if (plan->depth >= LAM_MOST_DEPTH
			+ !child->layer_class->expand) /* the deepest container may hold layers */
		return lam_plan_failed(plan,
			       lam_fail(LAM_ERR_UNSUPPORTED, "containers nested more than %d deep",
				       LAM_MOST_DEPTH)),
		       -1;
	const char *name = child->name ? child->name : role;
	if (strlen(plan->path) + strlen(name) >= LAM_LONGEST_PATH)
		return lam_plan_failed(plan,
			       lam_fail(LAM_ERR_UNSUPPORTED,
				       "the name of a layer, with those of the containers around "
				       "it, has more than %d characters",
				       LAM_LONGEST_PATH)),
		       -1;
	if (!lam_plan_room(plan, &plan->met, plan->met_count, &plan->met_room, sizeof *plan->met))
		return -1;
	plan->met[plan->met_count++] = child;
	char *path = lam_plan_path(plan->path, name);
	if (!path)
		return lam_plan_failed(plan, LAM_ERR_MEMORY), -1;
	if (!child->layer_class->expand)
		return lam_plan_call(plan, child, false, &x, 1, path, NULL);

	const char *outer = plan->path;
	plan->path = path;
	plan->depth++;
	const uint64_t before = lam_failures();
	lam_slot out = child->layer_class->expand(child, plan, x);
	plan->depth--;
	plan->path = outer;
	/* A container that cannot go on says so and returns no slot. */
	if (!is_slot(plan, out) && !plan->status && lam_failures() != before)
		lam_plan_failed_in(plan,
			&(lam_call){.layer_class = child->layer_class, .path = path},
			lam_error_status());
	lam_free(path);
	if (!is_slot(plan, out) && !plan->status)
		lam_plan_failed(plan,
			lam_fail(LAM_ERR_ARGUMENT,
				"%s: its .expand returned slot %d; expected a slot of this plan",
				child->layer_class->kind, out));
	return plan->status ? -1 : out;
}

lam_slot lam_plan_add(lam_plan *plan, lam_slot a, lam_slot b)
{
	if (plan->status || !is_slot(plan, a) || !is_slot(plan, b))
		return -1;
	char *path = lam_plan_path(plan->path, "add");
	lam_layer *add = path ? lam_layer_new(&lam_add_class, NULL) : NULL;
	if (!add) {
		lam_free(path);
		return lam_plan_failed(plan, LAM_ERR_MEMORY), -1;
	}
	return lam_plan_call(plan, add, true, (lam_slot[]){a, b}, 2, path, NULL);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct lam_param *const *)a)->name, (*(struct lam_param *const *)b)->name);
}

/* Names are how checkpoints find parameters: each must be there once. */
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

/* A container may have planned a layer twice. The plan alone remembers what it met: other threads
 * may be planning replicas of the same. */
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

lam_status lam_plan_make(lam_plan *plan, lam_layer *model, lam_shape input)
{
	plan->loss = plan->planning = -1;
	plan->path = "";
	if (!lam_shape_valid(&input))
		return lam_plan_failed(plan,
			lam_fail(LAM_ERR_SHAPE,
				"the input shape is %s; expected 1 to %d dimensions of at least 1, "
				"not too large",
				lam_shape_text(input).text, LAM_MAX_RANK));
	lam_slot x = new_slot(plan, input, -1);
	if (x >= 0 && plan->few)
		lam_plan_lay_out(plan, x, LAM_CALLER_ROWS);
	plan->output = lam_plan_layer(plan, model, x, "");
	/* What the net gives away lies as rows or as samples do, and in memory of its own. */
	if (!plan->status && plan->slots[plan->output].layout != LAM_BATCH_LANES)
		plan->output = lam_plan_relayout(plan, plan->output, LAM_ROWS);
	if (plan->status || layers_differ(plan) || names_differ(plan))
		return plan->status;
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
		lam_free(call->w);
		lam_free(call->packed);
		lam_free(call->dw);
		lam_free(call->state);
	}
	free_params(plan->params, plan->param_count);
	free_params(plan->states, plan->state_count);
	lam_free(plan->met);
	lam_free(plan->calls);
	lam_free(plan->slots);
	lam_free(plan->packed);
	lam_free(plan->buffers);
	lam_free(plan->sums);
}
