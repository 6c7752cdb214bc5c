/* SPDX-License-Identifier: MIT */
/* Layers of the caller's, by .emit_c of their class. */
#include "exchange/c/kinds.h"

#include "framework/base/failure.h"
#include "framework/memory.h"
#include "framework/plan/title.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { CONSTANTS = 8 };

struct lam_c {
	lam_c_graph *graph;
	const lam_c_op *op;
	lam_c_text text;
	char constants[CONSTANTS][48];
	int next;
};

void lam_c_print(lam_c *c, const char *format, ...)
{
	char line[2000];
	va_list values;
	va_start(values, format);
	const int count = vsnprintf(line, sizeof line, format, values);
	va_end(values);
	if (count > 0)
		lam_c_bytes(&c->text, line,
			(size_t)count < sizeof line ? (size_t)count : sizeof line - 1);
}

const char *lam_c_constant(lam_c *c, double value)
{
	char *to = c->constants[c->next];
	c->next = (c->next + 1) % CONSTANTS;
	if (!isfinite((float)value))
		lam_c_refuse(c->graph, c->op->call, "a constant is not finite");
	snprintf(to, sizeof c->constants[0], "%s",
		lam_c_float(isfinite((float)value) ? value : 0).text);
	return to;
}

lam_shape lam_c_shape(const lam_c *c, int index)
{
	if (index >= c->op->inputs || index < -1)
		return (lam_shape){0};
	const int value = index < 0 ? c->op->out : c->op->in[index];
	return c->graph->values[value].shape;
}

/* Appends a parameter or a state as it is. */
static int64_t array(lam_c_graph *graph, const lam_c_op *op, int index, bool state)
{
	const lam_plan *plan = graph->plan;
	const lam_call *call = op->call,
		       *owner = call->owner >= 0 ? &plan->calls[call->owner] : call;
	const struct lam_param *param = state ? plan->states[call->first_state + index]
					      : plan->params[owner->first_param + index];
	const lam_real *values = state ? call->state[index] : call->w[index];
	float *copy = lam_alloc((size_t)param->count, sizeof *copy);
	if (!copy) {
		graph->status = LAM_ERR_MEMORY;
		return 0;
	}
	for (int64_t i = 0; i < param->count; i++)
		copy[i] = (float)values[i];
	const int64_t at = lam_c_weights_add(
		graph, call, state ? "state" : "parameter", copy, param->count);
	lam_free(copy);
	return at;
}

void lam_c_emit_own(lam_c_graph *graph, lam_c_op *op)
{
	const lam_call *call = op->call;
	struct lam_c c = {.graph = graph, .op = op};
	lam_c_add(&c.text, "(float *%s_RESTRICT y", graph->name);
	for (int k = 0; k < op->inputs; k++)
		lam_c_add(&c.text, ", const float *%s_RESTRICT x%d", graph->name, k);
	for (int k = 0; k < call->params + call->states; k++)
		lam_c_add(&c.text, ", const float *%s_RESTRICT %c%d", graph->name,
			k < call->params ? 'w' : 's', k < call->params ? k : k - call->params);
	lam_c_add(&c.text, ")\n{\n");
	for (int k = 0; k < op->inputs; k++)
		lam_c_add(&c.text, "\t(void)x%d;\n", k);
	const uint64_t before = lam_failures();
	const lam_status status = call->layer_class->emit_c(call->layer, &c);
	if (lam_unsaid(status, before))
		lam_fail_unsaid(status, lam_call_title(call).text, ".emit_c");
	if (status)
		lam_c_refuse(graph, call, "%s", lam_error());
	lam_c_add(&c.text, "}\n");
	graph->math = true;
	const int function = lam_c_function(graph, &c.text);
	lam_c_call_begin(graph, op, function);
	for (int k = 0; k < op->inputs; k++)
		lam_c_call_argument(graph, lam_c_at(graph, op->in[k], 0).text);
	for (int k = 0; k < call->params + call->states; k++)
		lam_c_call_weights(graph,
			k < call->params ? array(graph, op, k, false)
					 : array(graph, op, k - call->params, true));
	lam_c_call_end(graph);
}
