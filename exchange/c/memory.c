/* SPDX-License-Identifier: MIT */
/* Where values lie. Inputs of a concatenation are written where its output is; an operation that
 * may overwrites its input; buffers whose lifetimes do not overlap share bytes, placed as the
 * buffers of a plan are. */
#include "exchange/c/conv.h"

#include "framework/memory.h"
#include "framework/plan/lifetimes.h"

#include <string.h>

/* The value in whose memory `v` lies. */
static int root(const lam_c_graph *graph, int v)
{
	for (;;) {
		const lam_c_value *value = &graph->values[v];
		const int next = value->view_of >= 0 ? value->view_of : value->part_of;
		if (next < 0)
			return v;
		v = next;
	}
}

/* Whether an operation can write its output among other channels: all but those of layers of the
 * caller's, which write rows. */
static bool writes_parts(const lam_c_op *op)
{
	return !op->gone && op->kind != &lam_c_own && !lam_c_is_view(op->kind, op->call);
}

/* Whether an output of int8 has the scale of the input: a part of a concatenation has that of the
 * whole. */
static bool keeps_scale(const lam_c_op *op)
{
	return !op->call || op->kind->emit == lam_c_emit_pool
		|| op->kind->emit == lam_c_emit_global;
}

/* Lets views be views, and the inputs of concatenations parts of their outputs. */
static void find_parts(lam_c_graph *graph)
{
	for (int i = 0; i < graph->op_count; i++)
		if (!graph->ops[i].gone && lam_c_is_view(graph->ops[i].kind, graph->ops[i].call))
			graph->values[graph->ops[i].out].view_of = graph->ops[i].in[0];
	for (int i = graph->op_count - 1; i >= 0; i--) {
		lam_c_op *op = &graph->ops[i];
		if (op->gone || op->kind->emit != lam_c_emit_concat)
			continue;
		int64_t channel = 0;
		for (int k = 0; k < op->inputs; k++) {
			lam_c_value *v = &graph->values[op->in[k]];
			const bool own = v->producer >= 0 && writes_parts(&graph->ops[v->producer])
				&& !(graph->int8 && keeps_scale(&graph->ops[v->producer]));
			if (own && v->part_of < 0 && v->output < 0) {
				v->part_of = op->out;
				v->channel = channel;
			}
			channel += v->shape.dim[0];
		}
	}
}

/* The time of the last operation that reads memory of `base`. */
static int last_use(const lam_c_graph *graph, int base)
{
	int last = -1;
	for (int i = 0; i < graph->op_count; i++)
		for (int k = 0; !graph->ops[i].gone && k < graph->ops[i].inputs; k++)
			if (root(graph, graph->ops[i].in[k]) == base)
				last = i;
	return last;
}

/* Places a value that an operation writes: in the caller's output, in a concatenation, or in a
 * buffer of its own. */
static void place(lam_c_graph *graph, int v)
{
	lam_c_value *value = &graph->values[v];
	if (value->placed)
		return;
	value->placed = true;
	if (value->output >= 0) {
		value->place = LAM_C_OUTPUT;
		value->end = value->output;
		value->nest = lam_c_rows(&value->shape);
		return;
	}
	if (value->part_of >= 0) {
		place(graph, value->part_of);
		const lam_c_value *whole = &graph->values[value->part_of];
		value = &graph->values[v];
		value->place = whole->place;
		value->end = whole->end;
		value->buffer = whole->buffer;
		value->nest = whole->nest;
		value->nest.size[0] = value->shape.dim[0];
		value->at = whole->at + value->channel * whole->nest.step[0];
		return;
	}
	value->nest = lam_c_channels_last(&value->shape, value->shape.dim[0]);
	if (!lam_c_room(graph, &graph->buffers, graph->buffer_count, &graph->buffer_room,
		    sizeof *graph->buffers))
		return;
	graph->buffers[graph->buffer_count] = (lam_c_buffer){
		.values = value->count, .first = graph->order_count, .last = graph->order_count};
	value->buffer = graph->buffer_count++;
}

/* Lets the operation overwrite an input that nothing reads later; a convolution what it adds. */
static bool overwrite(lam_c_graph *graph, const lam_c_op *op, int index)
{
	lam_c_value *out = &graph->values[op->out];
	const bool adds = op->kind->flags & LAM_C_ADDS;
	if (out->output >= 0 || out->part_of >= 0 || (adds && lam_c_conv_overlaps(&out->shape)))
		return false;
	for (int k = adds; k < op->inputs; k++) {
		const int v = op->in[k];
		const lam_c_value *in = &graph->values[v];
		if (in->place != LAM_C_ARENA || in->view_of >= 0 || in->part_of >= 0
			|| in->count != out->count || last_use(graph, v) != index)
			continue;
		int times = 0;
		for (int j = 0; j < op->inputs; j++)
			times += root(graph, op->in[j]) == v;
		lam_c_nest nest;
		if (times > 1 || !lam_c_settle(&in->nest, &out->shape, &nest))
			continue;
		out->placed = true;
		out->place = LAM_C_ARENA;
		out->buffer = in->buffer;
		out->at = in->at;
		out->nest = nest;
		return true;
	}
	return false;
}

static void use(lam_c_graph *graph, int v)
{
	const lam_c_value *value = &graph->values[v];
	if (value->place != LAM_C_ARENA || value->buffer < 0)
		return;
	lam_c_buffer *buffer = &graph->buffers[value->buffer];
	if (graph->order_count < buffer->first)
		buffer->first = graph->order_count;
	if (graph->order_count > buffer->last)
		buffer->last = graph->order_count;
}

/* Appends an operation to the order in which they are written. */
static void write(lam_c_graph *graph, int index)
{
	lam_c_op *op = &graph->ops[index];
	for (int k = 0; k < op->inputs; k++)
		use(graph, op->in[k]);
	use(graph, op->out);
	op->time = graph->order_count;
	if (lam_c_room(graph, &graph->order, graph->order_count, &graph->order_room,
		    sizeof *graph->order))
		graph->order[graph->order_count++] = index;
}

/* A copy of a value where each dimension of its shape has a step: with channels innermost, or
 * row-major. Returns the copy. */
static int copy_of(lam_c_graph *graph, int v, bool rows)
{
	const int to = lam_c_value_new(graph, graph->values[v].shape, graph->op_count);
	const int op = to < 0 ? -1 : lam_c_op_new(graph, &lam_c_copy, NULL, &v, 1, to);
	if (op < 0)
		return v;
	place(graph, to);
	if (rows)
		graph->values[to].nest = lam_c_rows(&graph->values[to].shape);
	lam_c_nest a = graph->values[v].nest, b = graph->values[to].nest;
	if (!rows && !lam_c_refine((lam_c_nest *[]){&a, &b}, 2)) {
		/* Dimensions that divide no others: by way of row-major values. */
		graph->values[to].nest = lam_c_rows(&graph->values[to].shape);
		write(graph, op);
		return copy_of(graph, to, false);
	}
	write(graph, op);
	return to;
}

/* Whether the layer's windows may reach out of the plane. */
static bool leaves(const lam_call *call)
{
	return call->layer_class->kind[0] == 't' || lam_c_option(call, "pad", 0) != 0
		|| lam_c_option(call, "pad", 1) != 0;
}

/* Whether the values have at most three dimensions that do not merge. */
static bool few_dims(const lam_c_value *value)
{
	const lam_shape features = LAM_SHAPE(value->count);
	lam_c_nest nests[2] = {value->nest, lam_c_rows(&features)};
	if (!lam_c_refine((lam_c_nest *[]){&nests[0], &nests[1]}, 2))
		return false;
	lam_c_arrange(nests, 2);
	return nests[0].dims <= 3;
}

/* Gives an operation inputs as it needs them. */
static void prepare(lam_c_graph *graph, int index)
{
	for (int k = 0; k < graph->ops[index].inputs && !graph->status; k++) {
		const lam_c_op *op = &graph->ops[index];
		lam_c_value *in = &graph->values[op->in[k]];
		const unsigned flags = op->kind->flags | (op->kind->view ? LAM_C_SETTLED : 0);
		lam_c_nest settled;
		int to = op->in[k];
		if (flags & LAM_C_ROWS_IN && !lam_c_is_rows(&in->nest))
			to = copy_of(graph, to, true);
		else if (flags & LAM_C_THREE && !few_dims(in))
			to = copy_of(graph, to, true);
		else if (flags & LAM_C_SETTLED && !lam_c_settle(&in->nest, &in->shape, &settled))
			to = copy_of(graph, to, false);
		else if (flags & LAM_C_CHANNELS && settled.step[0] != 1 && in->shape.dim[0] > 1
			&& leaves(op->call))
			to = copy_of(graph, to, false);
		else if (flags & LAM_C_SETTLED)
			in->nest = settled;
		graph->ops[index].in[k] = to;
	}
}

static void place_view(lam_c_graph *graph, int index)
{
	const lam_c_op *op = &graph->ops[index];
	const lam_c_value *in = &graph->values[op->in[0]];
	lam_c_value *out = &graph->values[op->out];
	out->placed = true;
	out->view_of = op->in[0];
	out->place = in->place;
	out->end = in->end;
	out->buffer = in->buffer;
	out->at = in->at;
	out->nest = in->nest;
	if (op->kind->view)
		op->kind->view(op, &in->shape, &out->nest, &out->at);
}

/* Gives the buffers their offsets by the plan's own way. */
static void place_buffers(lam_c_graph *graph)
{
	lam_plan plan = {.inference = true};
	plan.buffers = lam_alloc((size_t)graph->buffer_count, sizeof *plan.buffers);
	if (!plan.buffers) {
		graph->status = LAM_ERR_MEMORY;
		return;
	}
	plan.buffer_count = graph->buffer_count;
	for (int i = 0; i < graph->buffer_count; i++)
		plan.buffers[i] = (lam_buffer){.bytes = graph->buffers[i].values,
			.first = graph->buffers[i].first,
			.last = graph->buffers[i].last,
			.inside = BUFFER_NONE,
			.divider = BUFFER_NONE,
			.input = BUFFER_NONE};
	graph->status = lam_plan_place(&plan);
	for (int i = 0; i < graph->buffer_count; i++)
		graph->buffers[i].offset = plan.buffers[i].offset;
	graph->arena = plan.block_bytes;
	lam_free(plan.buffers);
}

/* A buffer whose values are parts of a concatenation is in use from the first of them on. */
lam_status lam_c_place_values(lam_c_graph *graph)
{
	find_parts(graph);
	const int ops = graph->op_count;
	for (int i = 0; i < ops && !graph->status; i++) {
		if (graph->ops[i].gone)
			continue;
		prepare(graph, i);
		if (graph->status)
			break;
		const lam_c_op *op = &graph->ops[i];
		if (lam_c_is_view(op->kind, op->call)) {
			place_view(graph, i);
			continue;
		}
		if (!graph->values[op->out].placed
			&& !(op->kind->flags & (LAM_C_OVER | LAM_C_ADDS)
				&& overwrite(graph, op, i)))
			place(graph, op->out);
		if (op->kind == &lam_c_own && graph->values[op->out].part_of < 0)
			graph->values[op->out].nest = lam_c_rows(&graph->values[op->out].shape);
		write(graph, i);
	}
	if (!graph->status)
		place_buffers(graph);
	return graph->status;
}
