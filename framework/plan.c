/* The plan, first half: a model expands into a flat list of calls on slots, and each call says what it needs. */
#include "framework/layer_inside.h"
#include "framework/memory.h"
#include "framework/net_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_CALLS = 10000,
	MAX_DEPTH = 64,
	PARAM_ALIGN = LAM_ALIGN / (int)sizeof(float), /* values: parameters start at multiples of LAM_ALIGN bytes in both builds */
};

/* Remembers the first failure; `status` is what a function that left a sentence returned. */
static lam_status failed(lam_plan *plan, lam_status status)
{
	if (!plan->status)
		plan->status = status;
	return plan->status;
}

lam_call_name lam_call_title(const lam_call *call)
{
	lam_call_name title;
	if (call->path && *call->path)
		snprintf(title.text, sizeof title.text, "%s \"%s\"", call->layer_class->kind, call->path);
	else
		snprintf(title.text, sizeof title.text, "%s", call->layer_class->kind);
	return title;
}

/* The sentence that a layer left, with its kind and path in front. */
static lam_status failed_in(lam_plan *plan, const lam_call *call, lam_status status)
{
	if (status != LAM_ERR_MEMORY)
		lam_fail(status, "%s: %s", lam_call_title(call).text, lam_error());
	return failed(plan, status);
}

bool lam_plan_room(lam_plan *plan, void *list, int count, int *room, size_t size)
{
	void **array = list;
	if (count < *room)
		return true;
	int wanted = *room ? 2 * *room : 16;
	void *grown = lam_grow(*array, (size_t)count, (size_t)wanted, size);
	if (!grown) {
		failed(plan, LAM_ERR_MEMORY);
		return false;
	}
	*array = grown;
	*room = wanted;
	return true;
}

static lam_slot new_slot(lam_plan *plan, lam_shape shape, int producer)
{
	if (!lam_plan_room(plan, &plan->slots, plan->slot_count, &plan->slot_room, sizeof *plan->slots))
		return -1;
	plan->slots[plan->slot_count] = (lam_slot_info){
		.shape = shape, .features = lam_shape_count(&shape), .producer = producer,
		.first_consumer = -1, .buffer = BUFFER_NONE, .gradient = BUFFER_NONE,
	};
	return plan->slot_count++;
}

lam_shape lam_plan_shape(const lam_plan *plan, lam_slot slot)
{
	if (slot < 0 || slot >= plan->slot_count)
		return (lam_shape){0};
	return plan->slots[slot].shape;
}

bool lam_plan_inference(const lam_plan *plan)
{
	return plan->inference;
}

/* Shape inference of one call; its sentence gets the call's name. */
static lam_status infer(lam_plan *plan, const lam_call *call, lam_shape *out)
{
	lam_shape in[LAM_MAX_INPUTS];
	for (int k = 0; k < call->inputs; k++)
		in[k] = plan->slots[call->in[k]].shape;
	*out = in[0];
	if (call->layer_class->check) {
		lam_status status = call->layer_class->check(call->layer, in, call->inputs, out);
		if (status)
			return failed_in(plan, call, status);
	}
	if (!lam_shape_valid(out)) {
		lam_fail(LAM_ERR_SHAPE, "the output shape %s is not possible or too large", lam_shape_text(*out).text);
		return failed_in(plan, call, LAM_ERR_SHAPE);
	}
	return LAM_OK;
}

/* Appends one call; consumes `path` and, if `owns_layer`, the layer. */
static lam_slot emit(lam_plan *plan, lam_layer *layer, bool owns_layer, const lam_slot *in, int inputs, char *path)
{
	lam_call call = {
		.layer = layer, .layer_class = layer->layer_class, .owns_layer = owns_layer, .path = path, .inputs = inputs,
		.first_param = plan->param_count, .first_state = plan->state_count, .first_packed = plan->packed_count,
		.dx = {BUFFER_NONE, BUFFER_NONE}, .saved = BUFFER_NONE,
	};
	memcpy(call.in, in, (size_t)inputs * sizeof *in);
	if (plan->call_count >= MAX_CALLS)
		failed(plan, lam_fail(LAM_ERR_UNSUPPORTED, "a net of more than %d layers", MAX_CALLS));
	if (plan->status || !lam_plan_room(plan, &plan->calls, plan->call_count, &plan->call_room, sizeof call)) {
		if (owns_layer)
			lam_layer_free(layer);
		lam_free(path);
		return -1;
	}
	int index = plan->call_count++;
	plan->calls[index] = call;

	if (plan->loss >= 0)
		return failed(plan, lam_fail(LAM_ERR_ARGUMENT, "%s stands behind the loss %s; expected the loss to be the last layer",
			lam_call_title(&call).text, lam_call_title(&plan->calls[plan->loss]).text)), -1;
	lam_shape out;
	if (infer(plan, &call, &out))
		return -1;
	lam_slot slot = new_slot(plan, out, index);
	if (slot < 0)
		return -1;
	plan->calls[index].out = slot;
	for (int k = 0; k < inputs; k++) {
		lam_slot_info *info = &plan->slots[in[k]];
		if (info->first_consumer < 0)
			info->first_consumer = index;
		info->consumers++;
	}
	if (call.layer_class->plan) {
		lam_shape shapes[LAM_MAX_INPUTS];
		for (int k = 0; k < inputs; k++)
			shapes[k] = plan->slots[in[k]].shape;
		plan->planning = index;
		lam_status status = call.layer_class->plan(layer, shapes, plan);
		plan->planning = -1;
		if (status && !plan->status)
			return failed_in(plan, &call, status), -1;
	}
	if (call.layer_class->flags & LAM_LOSS)
		plan->loss = index;
	return plan->status ? -1 : slot;
}

/* "4" + "body" = "4.body"; in memory of its own. */
static char *join_path(const char *path, const char *role)
{
	size_t length = strlen(path) + strlen(role) + 2;
	char *joined = lam_alloc(length, 1);
	if (joined)
		snprintf(joined, length, "%s%s%s", path, *path && *role ? "." : "", role);
	return joined;
}

lam_slot lam_plan_layer(lam_plan *plan, lam_layer *child, lam_slot x, const char *role)
{
	if (plan->status || x < 0)
		return -1;
	if (child->planned)
		return failed(plan, lam_fail(LAM_ERR_ARGUMENT, "the same %s stands twice in the net; expected a layer of its own for each place",
			child->layer_class->kind)), -1;
	if (plan->depth >= MAX_DEPTH)
		return failed(plan, lam_fail(LAM_ERR_UNSUPPORTED, "containers nested more than %d deep", MAX_DEPTH)), -1;
	child->planned = true;
	char *path = join_path(plan->path, child->name ? child->name : role);
	if (!path)
		return failed(plan, LAM_ERR_MEMORY), -1;
	if (!child->layer_class->expand)
		return emit(plan, child, false, &x, 1, path);

	const char *outer = plan->path;
	plan->path = path;
	plan->depth++;
	lam_slot out = child->layer_class->expand(child, plan, x);
	plan->depth--;
	plan->path = outer;
	lam_free(path);
	if (out < 0 && !plan->status)
		failed(plan, lam_fail(LAM_ERR_ARGUMENT, "%s: its .expand failed", child->layer_class->kind));
	return out;
}

lam_slot lam_plan_add(lam_plan *plan, lam_slot a, lam_slot b)
{
	if (plan->status || a < 0 || b < 0)
		return -1;
	char *path = join_path(plan->path, "add");
	lam_layer *add = path ? lam_layer_new(&lam_add_class, NULL) : NULL;
	if (!add) {
		lam_free(path);
		return failed(plan, LAM_ERR_MEMORY), -1;
	}
	return emit(plan, add, true, (lam_slot[]){a, b}, 2, path);
}

static struct lam_param *new_param(lam_plan *plan, const char *name, lam_shape shape, int64_t *values)
{
	const lam_call *call = &plan->calls[plan->planning];
	int64_t count = lam_shape_count(&shape);
	int64_t end;
	if (count < 1 || __builtin_add_overflow(*values, count, &end) || end > LAM_MAX_COUNT - PARAM_ALIGN) {
		lam_fail(LAM_ERR_SHAPE, "parameter %s of shape %s is too large", name, lam_shape_text(shape).text);
		failed_in(plan, call, LAM_ERR_SHAPE);
		return NULL;
	}
	struct lam_param *param = lam_alloc(1, sizeof *param);
	if (param)
		param->name = join_path(call->path, name);
	if (!param || !param->name) {
		lam_free(param);
		failed(plan, LAM_ERR_MEMORY);
		return NULL;
	}
	param->shape = shape;
	param->count = count;
	param->offset = *values;
	param->call = plan->planning;
	*values = (end + PARAM_ALIGN - 1) / PARAM_ALIGN * PARAM_ALIGN;
	return param;
}

int lam_plan_param(lam_plan *plan, const char *name, lam_shape shape, lam_param_options options)
{
	if (plan->status || !lam_plan_room(plan, &plan->params, plan->param_count, &plan->param_room, sizeof *plan->params))
		return -1;
	struct lam_param *param = new_param(plan, name, shape, &plan->param_values);
	if (!param)
		return -1;
	lam_call *call = &plan->calls[plan->planning];
	param->start = options;
	param->index = call->params;
	param->trainable = param->decays = true;
	plan->params[plan->param_count++] = param;
	return call->params++;
}

int lam_plan_state(lam_plan *plan, const char *name, lam_shape shape, lam_real initial)
{
	if (plan->status || !lam_plan_room(plan, &plan->states, plan->state_count, &plan->state_room, sizeof *plan->states))
		return -1;
	struct lam_param *state = new_param(plan, name, shape, &plan->state_values);
	if (!state)
		return -1;
	lam_call *call = &plan->calls[plan->planning];
	state->is_state = true;
	state->initial = initial;
	state->index = call->states;
	plan->states[plan->state_count++] = state;
	return call->states++;
}

/* Bytes that a layer asked for: not negative, not beyond reason. */
static int64_t checked(lam_plan *plan, int64_t bytes)
{
	if (bytes >= 0 && bytes <= LAM_MAX_COUNT)
		return (int64_t)lam_size_align((size_t)bytes);
	if (!plan->status) {
		lam_fail(LAM_ERR_SHAPE, "needs %lld bytes of memory beside its activations", (long long)bytes);
		failed_in(plan, &plan->calls[plan->planning], LAM_ERR_SHAPE);
	}
	return 0;
}

int lam_plan_packed(lam_plan *plan, int param, int64_t bytes, int64_t slices, bool backward_only)
{
	if (plan->status || !lam_plan_room(plan, &plan->packed, plan->packed_count, &plan->packed_room, sizeof *plan->packed))
		return -1;
	lam_call *call = &plan->calls[plan->planning];
	bool made = !(backward_only && plan->inference);
	plan->packed[plan->packed_count++] = (lam_packed_copy){
		.call = plan->planning, .index = call->packs, .param = call->first_param + param, .backward_only = backward_only,
		.bytes = made ? checked(plan, bytes) : 0, .offset = plan->packed_bytes, .slices = slices < 1 ? 1 : slices,
	};
	plan->packed_bytes += plan->packed[plan->packed_count - 1].bytes;
	return call->packs++;
}

void lam_plan_saved(lam_plan *plan, int64_t bytes)
{
	plan->calls[plan->planning].saved_bytes += checked(plan, bytes);
}

void lam_plan_shared(lam_plan *plan, lam_job job, int64_t bytes, int64_t per_block)
{
	plan->calls[plan->planning].shared[job] += checked(plan, bytes);
	plan->calls[plan->planning].shared_per_block[job] += checked(plan, per_block);
}

void lam_plan_scratch(lam_plan *plan, lam_job job, int64_t bytes)
{
	lam_call *call = &plan->calls[plan->planning];
	call->scratch[job] += checked(plan, bytes);
	if (call->scratch[job] > plan->scratch_bytes)
		plan->scratch_bytes = call->scratch[job];
}

bool lam_plan_rectified(const lam_plan *plan, int call)
{
	for (;;) {
		int next = plan->slots[plan->calls[call].out].first_consumer;
		if (next < 0)
			return false;
		uint32_t flags = plan->calls[next].layer_class->flags;
		if (flags & LAM_RECTIFIES)
			return true;
		if (!(flags & LAM_LOOKS_THROUGH))
			return false;
		call = next;
	}
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
		return failed(plan, LAM_ERR_MEMORY);
	for (int i = 0; i < plan->param_count; i++)
		all[i] = plan->params[i];
	for (int i = 0; i < plan->state_count; i++)
		all[plan->param_count + i] = plan->states[i];
	qsort(all, (size_t)count, sizeof *all, by_name);
	for (int i = 1; i < count && !plan->status; i++)
		if (!strcmp(all[i - 1]->name, all[i]->name))
			failed(plan, lam_fail(LAM_ERR_ARGUMENT, "two parameters are named \"%s\"; expected layers of different names", all[i]->name));
	lam_free(all);
	return plan->status;
}

/* So that a replica can plan the same model again. */
static void forget_planned(lam_layer *layer)
{
	layer->planned = false;
	for (int i = 0; i < layer->child_count; i++)
		forget_planned(layer->children[i]);
}

lam_status lam_plan_make(lam_plan *plan, lam_layer *model, lam_shape input)
{
	plan->loss = plan->planning = -1;
	plan->path = "";
	if (!lam_shape_valid(&input))
		return failed(plan, lam_fail(LAM_ERR_SHAPE, "the input shape is %s; expected 1 to %d dimensions of at least 1, not too large",
			lam_shape_text(input).text, LAM_MAX_RANK));
	plan->output = lam_plan_layer(plan, model, new_slot(plan, input, -1), "");
	forget_planned(model);
	if (plan->status || names_differ(plan))
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
	lam_free(plan->calls);
	lam_free(plan->slots);
	lam_free(plan->packed);
	lam_free(plan->buffers);
	lam_free(plan->sums);
}
