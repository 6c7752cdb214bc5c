/* SPDX-License-Identifier: MIT */
/* Conversions at the ends of a net of int8, and what has no form in int8. */
#include "exchange/c/int8.h"

#include <string.h>

/* Puts the operation that was appended last in front of all others. */
static void put_first(lam_c_graph *graph)
{
	const int last = graph->op_count - 1;
	const lam_c_op op = graph->ops[last];
	memmove(graph->ops + 1, graph->ops, (size_t)last * sizeof *graph->ops);
	graph->ops[0] = op;
	for (int i = 0; i < graph->value_count; i++)
		if (graph->values[i].producer >= 0)
			graph->values[i].producer++;
	graph->values[op.out].producer = 0;
}

static void quantize(lam_c_graph *graph)
{
	const int input = 0, to = lam_c_value_new(graph, graph->values[0].shape, -1);
	if (to < 0)
		return;
	for (int i = 0; i < graph->op_count; i++)
		for (int k = 0; k < graph->ops[i].inputs; k++)
			if (graph->ops[i].in[k] == input)
				graph->ops[i].in[k] = to;
	graph->values[to].readers = graph->values[0].readers;
	graph->values[0].readers = 1;
	if (lam_c_op_new(graph, &lam_c_quantize, NULL, &input, 1, to) >= 0)
		put_first(graph);
}

/* The operation that writes the output: a softmax does so in float; behind another, and in place of
 * a copy, its values are made floats. */
static void make_values(lam_c_graph *graph)
{
	for (int i = 0; i < graph->op_count; i++) {
		lam_c_op *op = &graph->ops[i];
		const int out = op->out;
		if (graph->values[out].output < 0
			|| (op->kind->emit == lam_c_emit_softmax && !graph->int8->integer))
			continue;
		if (op->kind == &lam_c_copy || op->kind->emit == lam_c_emit_softmax) {
			graph->int8->logits = op->kind != &lam_c_copy;
			op->kind = &lam_c_values;
			continue;
		}
		const int to = lam_c_value_new(graph, graph->values[out].shape, graph->op_count);
		if (to < 0)
			return;
		graph->values[to].output = graph->values[out].output;
		graph->values[to].readers = 1;
		graph->values[out].output = -1;
		lam_c_op_new(graph, &lam_c_values, NULL, &out, 1, to);
		return;
	}
}

static bool has_form(const lam_c_graph *graph, const lam_c_op *op)
{
	lam_c_emitter *const emit = op->kind->emit;
	if (lam_c_is_view(op->kind, op->call))
		return true;
	if (!op->kind->emit8)
		return false;
	if (emit == lam_c_emit_softmax)
		return graph->values[op->out].output >= 0;
	if (emit == lam_c_emit_pool) {
		const lam_c_windows w = lam_c_windows_of(graph, op);
		return w.kernel[0] > 0
			&& (w.max || lam_c_option(op->call, "exclude_pad", 0) == 0
				|| (!w.pad[0] && !w.pad[1]))
			&& (w.max || lam_c_option(op->call, "ceil_mode", 0) == 0);
	}
	return emit != lam_c_emit_add || op->inputs <= LAM_C_INPUTS;
}

void lam_c_int8_ends(lam_c_graph *graph)
{
	const lam_plan *plan = graph->plan;
	if (plan->input_count != 1 || plan->output_count != 1) {
		lam_c_refuse(graph, NULL,
			"a net of %d inputs and %d outputs has no form in int8; expected one each",
			plan->input_count, plan->output_count);
		return;
	}
	for (int i = 0; i < graph->op_count; i++) {
		const lam_c_op *op = &graph->ops[i];
		if (op->kind && !has_form(graph, op))
			lam_c_refuse(graph, op->call, "with these options it has no form in int8");
	}
	if (graph->reason_count)
		return;
	quantize(graph);
	make_values(graph);
}
