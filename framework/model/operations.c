/* SPDX-License-Identifier: MIT */
#include "framework/operations.h"

#include "framework/model/catalogue.h"
#include "framework/net/query.h"
#include "framework/plan/classes.h"
#include "framework/plan/inside.h"

#include <math.h>
#include <string.h>

static bool is_operation(const lam_call *call)
{
	return call->layer_class != &lam_relayout_class;
}

/* Operation `i`; NULL: there is none. Conversions between layouts stand before or behind. */
static const lam_call *find(const lam_net *net, int i)
{
	const lam_plan *plan = lam_net_plan(net);
	for (int k = i; i >= 0 && k < plan->call_count; k++)
		if (is_operation(&plan->calls[k]) && plan->calls[k].number == i)
			return &plan->calls[k];
	return NULL;
}

/* The value that a slot holds, which conversions have not changed. */
static int value_of(const lam_plan *plan, lam_slot slot)
{
	int call = plan->slots[slot].producer;
	while (call >= 0 && !is_operation(&plan->calls[call])) {
		slot = plan->calls[call].in[0].slot;
		call = plan->slots[slot].producer;
	}
	return call < 0 ? (int)slot : plan->input_count + plan->calls[call].number;
}

int lam_net_operation_count(const lam_net *net)
{
	const lam_plan *plan = lam_net_plan(net);
	int count = 0;
	for (int k = 0; k < plan->call_count; k++)
		count += is_operation(&plan->calls[k]);
	return count;
}

const lam_layer *lam_net_operation_layer(const lam_net *net, int i)
{
	const lam_call *call = find(net, i);
	return call ? call->layer : NULL;
}

const char *lam_net_operation_path(const lam_net *net, int i)
{
	const lam_call *call = find(net, i);
	return call ? call->path : NULL;
}

const char *lam_net_operation_kind(const lam_net *net, int i)
{
	const lam_call *call = find(net, i);
	for (int k = 0; call && lam_catalogue[k]; k++)
		if (lam_catalogue[k] == call->layer_class)
			return call->layer_class->kind;
	return NULL;
}

int lam_net_operation_input(const lam_net *net, int i, int k)
{
	const lam_call *call = find(net, i);
	return call && k >= 0 && k < call->inputs ? value_of(lam_net_plan(net), call->in[k].slot)
						  : -1;
}

lam_param *lam_net_operation_param(lam_net *net, int i, int k)
{
	const lam_plan *plan = lam_net_plan(net);
	const lam_call *call = find(net, i);
	if (!call || k < 0 || k >= call->params)
		return NULL;
	const lam_call *owner = call->owner >= 0 ? &plan->calls[call->owner] : call;
	return plan->params[owner->first_param + k];
}

lam_param *lam_net_operation_state(lam_net *net, int i, int k)
{
	const lam_call *call = find(net, i);
	return call && k >= 0 && k < call->states ? lam_net_plan(net)->states[call->first_state + k]
						  : NULL;
}

int lam_net_output_value(const lam_net *net, int i)
{
	const lam_plan *plan = lam_net_plan(net);
	return i >= 0 && i < plan->output_count ? value_of(plan, plan->outputs[i].slot) : -1;
}

lam_shape lam_net_value_shape(const lam_net *net, int value)
{
	const lam_plan *plan = lam_net_plan(net);
	if (value >= 0 && value < plan->input_count)
		return plan->slots[value].shape;
	const lam_call *call = value < 0 ? NULL : find(net, value - plan->input_count);
	return call ? plan->slots[call->out].shape : (lam_shape){0};
}

double lam_layer_option(const lam_layer *layer, const char *name, int index)
{
	const lam_layer_class *layer_class = lam_layer_class_of(layer);
	const lam_option *row = layer_class ? layer_class->options : NULL;
	while (row && row->name && strcmp(row->name, name) != 0)
		row++;
	if (!row || !row->name || index < 0)
		return (double)NAN;
	const int most = row->type == LAM_OPTION_PAIR                           ? 2
		: row->type == LAM_OPTION_INTS || row->type == LAM_OPTION_REALS ? row->count
										: 1;
	const char *at = (const char *)lam_layer_state(layer) + row->offset;
	if (index >= most)
		return (double)NAN;
	switch (row->type) {
	case LAM_OPTION_REAL:
	case LAM_OPTION_REALS:
		return (double)((const lam_real *)at)[index];
	case LAM_OPTION_BOOL:
		return *(const bool *)at;
	case LAM_OPTION_COUNT:
		return (double)*(const int64_t *)at;
	case LAM_OPTION_SHAPE:
	case LAM_OPTION_ARRAY:
		return (double)NAN;
	default:
		return ((const int *)at)[index];
	}
}
