/* SPDX-License-Identifier: MIT */
/* Folds y = scale x + shift per channel (batch norm in evaluation) into the weights before it, and
 * lets the operation before a function of one number apply it, and the convolution before a sum of
 * two values add the other. */
#include "exchange/c/kinds.h"

#include "framework/memory.h"

#include <string.h>

/* The operation that writes value `v` for operation `reader` alone; NULL: there is none. */
static lam_c_op *writer(lam_c_graph *graph, int v)
{
	const lam_c_value *value = &graph->values[v];
	if (value->readers != 1 || value->producer < 0 || value->output >= 0)
		return NULL;
	lam_c_op *op = &graph->ops[value->producer];
	return op->kind ? op : NULL;
}

/* `op` is gone; the operation before it writes its output. */
static void join(lam_c_graph *graph, lam_c_op *before, lam_c_op *op)
{
	before->out = op->out;
	before->last = op->call;
	graph->values[op->out].producer = (int)(before - graph->ops);
	op->gone = true;
}

static void fold(lam_c_graph *graph, lam_c_op *before, lam_c_op *op)
{
	const int64_t channels = graph->values[op->out].shape.dim[0];
	double *scale = lam_alloc((size_t)channels, sizeof *scale),
	       *shift = lam_alloc((size_t)channels, sizeof *shift);
	if (!scale || !shift) {
		lam_free(scale);
		lam_free(shift);
		graph->status = LAM_ERR_MEMORY;
		return;
	}
	op->kind->channel(op->call, channels, scale, shift);
	for (int64_t c = 0; before->scale && c < channels; c++) {
		shift[c] += scale[c] * before->shift[c];
		scale[c] *= before->scale[c];
	}
	lam_free(before->scale);
	lam_free(before->shift);
	before->scale = scale;
	before->shift = shift;
	before->channels = channels;
	if (before != op)
		join(graph, before, op);
}

/* Whether a function is a limit to a range, which int8 applies without a table. */
static bool is_range(const lam_call *call)
{
	return !strcmp(call->layer_class->kind, "relu") || !strcmp(call->layer_class->kind, "clip");
}

/* Lets the convolution that writes one of two summands add the other, if that is there earlier. Not
 * in int8, whose sums have other scales. */
static void absorb_sum(lam_c_graph *graph, lam_c_op *op)
{
	for (int k = 0; k < 2; k++) {
		const int other = op->in[1 - k];
		lam_c_op *before = writer(graph, op->in[k]);
		if (!before || !(before->kind->flags & LAM_C_ADDS) || before->posts
			|| before->inputs != 1 || lam_c_option(before->call, "groups", 0) != 1
			|| graph->values[other].producer >= (int)(before - graph->ops)
			|| !lam_shape_equal(
				&graph->values[other].shape, &graph->values[op->in[k]].shape))
			continue;
		int *both = lam_alloc(2, sizeof *both);
		if (!both) {
			graph->status = LAM_ERR_MEMORY;
			return;
		}
		both[0] = before->in[0];
		both[1] = other;
		lam_free(before->in);
		before->in = both;
		before->inputs = 2;
		join(graph, before, op);
		return;
	}
}

void lam_c_fuse(lam_c_graph *graph)
{
	for (int i = 0; i < graph->op_count && !graph->status; i++) {
		lam_c_op *op = &graph->ops[i];
		if (op->kind && op->kind->emit == lam_c_emit_add && op->inputs == 2 && !graph->int8)
			absorb_sum(graph, op);
		if (!op->kind || op->inputs != 1 || lam_c_is_view(op->kind, op->call))
			continue;
		lam_c_op *before = writer(graph, op->in[0]);
		if (op->kind->flags & LAM_C_CHANNEL) {
			const unsigned takes = LAM_C_FOLDS | LAM_C_CHANNEL;
			if (before && before->kind->flags & takes && !before->posts
				&& before->inputs == 1
				&& graph->values[before->out].shape.dim[0]
					== graph->values[op->out].shape.dim[0])
				fold(graph, before, op);
			else
				fold(graph, op, op);
		} else if (op->kind->flags & LAM_C_CURVE && before
			&& before->kind->flags & LAM_C_APPLIES && before->posts < LAM_C_POSTS
			&& (!graph->int8 || is_range(op->call))) {
			before->post[before->posts++] = op->call;
			join(graph, before, op);
		}
	}
}
