/* SPDX-License-Identifier: MIT */
/* The calls of a plan as operations on values. Calls that change nothing in evaluation, and changes
 * of layout, are views. */
#include "exchange/c/kinds.h"

#include "framework/memory.h"
#include "framework/operations.h"
#include "framework/plan/title.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool lam_c_room(lam_c_graph *graph, void *list, int count, int *room, size_t size)
{
	void **array = list;
	if (count < *room)
		return true;
	const int more = *room * 2 + 16;
	void *grown = lam_grow(*array, (size_t)count, (size_t)more, size);
	if (!grown) {
		graph->status = LAM_ERR_MEMORY;
		return false;
	}
	*array = grown;
	*room = more;
	return true;
}

int lam_c_value_new(lam_c_graph *graph, lam_shape shape, int producer)
{
	if (!lam_c_room(graph, &graph->values, graph->value_count, &graph->value_room,
		    sizeof *graph->values))
		return -1;
	graph->values[graph->value_count] = (lam_c_value){.shape = shape,
		.count = lam_shape_count(&shape),
		.producer = producer,
		.view_of = -1,
		.part_of = -1,
		.output = -1,
		.buffer = -1};
	return graph->value_count++;
}

int lam_c_op_new(lam_c_graph *graph, const lam_c_kind *kind, const lam_call *call, const int *in,
	int inputs, int out)
{
	int *copy = lam_alloc((size_t)inputs, sizeof *copy);
	if (!copy
		|| !lam_c_room(
			graph, &graph->ops, graph->op_count, &graph->op_room, sizeof *graph->ops)) {
		lam_free(copy);
		graph->status = LAM_ERR_MEMORY;
		return -1;
	}
	memcpy(copy, in, (size_t)inputs * sizeof *in);
	graph->ops[graph->op_count] = (lam_c_op){
		.kind = kind, .call = call, .in = copy, .inputs = inputs, .out = out};
	return graph->op_count++;
}

void lam_c_refuse(lam_c_graph *graph, const lam_call *call, const char *format, ...)
{
	char line[400];
	va_list values;
	va_start(values, format);
	vsnprintf(line, sizeof line, format, values);
	va_end(values);
	if (call)
		lam_c_add(&graph->reasons, "%s: ", lam_call_title(call).text);
	lam_c_add(&graph->reasons, "%s\n", line);
	graph->reason_count++;
}

double lam_c_option(const lam_call *call, const char *name, int index)
{
	const double value = lam_layer_option(call->layer, name, index);
	return isnan(value) ? 0 : value;
}

/* Whether all weights and statistics are finite, so that they can stand in C. */
static void check_weights(lam_c_graph *graph, const lam_call *call)
{
	const lam_plan *plan = graph->plan;
	const lam_call *owner = call->owner >= 0 ? &plan->calls[call->owner] : call;
	for (int k = 0; k < call->params + call->states; k++) {
		const bool state = k >= call->params;
		const struct lam_param *param = state
			? plan->states[call->first_state + k - call->params]
			: plan->params[owner->first_param + k];
		for (int64_t i = 0; i < param->count; i++)
			if (!isfinite((float)param->value[i])) {
				lam_c_refuse(graph, call,
					"\"%s\" is not finite in value %lld; expected finite "
					"weights",
					param->name, (long long)i);
				break;
			}
	}
}

static bool too_large(const lam_shape *shape)
{
	return lam_shape_count(shape) > INT_MAX / 8;
}

static void add_call(lam_c_graph *graph, const lam_call *call, int *value_of)
{
	const lam_plan *plan = graph->plan;
	const lam_c_kind *kind = graph->kind_of(call->layer_class);
	int *in = lam_alloc((size_t)call->inputs, sizeof *in);
	if (!in) {
		graph->status = LAM_ERR_MEMORY;
		return;
	}
	for (int k = 0; k < call->inputs; k++)
		in[k] = value_of[call->in[k].slot];
	const lam_shape shape = plan->slots[call->out].shape;
	const int out = lam_c_value_new(graph, shape, graph->op_count);
	value_of[call->out] = out;
	if (!kind)
		lam_c_refuse(graph, call, "its class has no .emit_c, so it has no form in C");
	else if (too_large(&shape))
		lam_c_refuse(graph, call, "its output %s has more than %d values",
			lam_shape_text(shape).text, INT_MAX / 8);
	else if (kind->check)
		kind->check(graph, call);
	check_weights(graph, call);
	if (out >= 0 && lam_c_op_new(graph, kind, call, in, call->inputs, out) >= 0)
		for (int k = 0; k < call->inputs; k++)
			graph->values[in[k]].readers++;
	lam_free(in);
}

/* An output that is read by others, or is no operation's own, is copied at the end. */
static void add_output(lam_c_graph *graph, int end, int value)
{
	lam_c_value *v = &graph->values[value];
	v->readers++;
	const lam_c_kind *kind = v->producer >= 0 ? graph->ops[v->producer].kind : NULL;
	if (v->producer >= 0 && v->readers == 1 && v->output < 0 && kind
		&& !lam_c_is_view(kind, graph->ops[v->producer].call)) {
		v->output = end;
		return;
	}
	const int out = lam_c_value_new(graph, v->shape, graph->op_count);
	if (out < 0)
		return;
	graph->values[out].output = end;
	graph->values[out].readers = 1;
	lam_c_op_new(graph, graph->copy, NULL, &value, 1, out);
}

lam_status lam_c_build(lam_c_graph *graph)
{
	const lam_plan *plan = graph->plan;
	int *value_of = lam_alloc((size_t)plan->slot_count, sizeof *value_of);
	if (!value_of)
		return graph->status = LAM_ERR_MEMORY;
	for (int i = 0; i < plan->input_count && !graph->status; i++) {
		value_of[i] = lam_c_value_new(graph, plan->slots[i].shape, -1);
		if (graph->status)
			break;
		lam_c_value *input = &graph->values[value_of[i]];
		input->placed = true;
		input->place = LAM_C_INPUT;
		input->end = i;
		input->nest = lam_c_rows(&input->shape);
		if (too_large(&input->shape))
			lam_c_refuse(graph, NULL, "input \"%s\" has more than %d values",
				plan->input_names[i], INT_MAX / 8);
	}
	for (int i = 0; i < plan->call_count && !graph->status; i++)
		add_call(graph, &plan->calls[i], value_of);
	for (int i = 0; i < plan->output_count && !graph->status; i++)
		add_output(graph, i, value_of[plan->outputs[i].slot]);
	lam_free(value_of);
	if (graph->reasons.failed)
		graph->status = LAM_ERR_MEMORY;
	return graph->status;
}

void lam_c_graph_free(lam_c_graph *graph)
{
	for (int i = 0; i < graph->op_count; i++) {
		lam_free(graph->ops[i].in);
		lam_free(graph->ops[i].scale);
		lam_free(graph->ops[i].shift);
	}
	for (int i = 0; i < graph->made_count; i++)
		lam_free(graph->made[i].body);
	lam_free(graph->made);
	lam_free(graph->values);
	lam_free(graph->ops);
	lam_free(graph->order);
	lam_free(graph->buffers);
	lam_free(graph->pool.values);
	lam_free(graph->pool.pieces);
	lam_c_free(&graph->helpers);
	lam_c_free(&graph->functions);
	lam_c_free(&graph->calls);
	lam_c_free(&graph->reasons);
}
