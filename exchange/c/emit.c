/* SPDX-License-Identifier: MIT */
/* What emitters share: functions that are written once, arguments, weights. */
#include "exchange/c/kinds.h"

#include "framework/memory.h"

#include <stdio.h>
#include <string.h>

int lam_c_function(lam_c_graph *graph, lam_c_text *text)
{
	int number = -1;
	if (text->failed || !text->bytes) {
		graph->status = LAM_ERR_MEMORY;
		lam_c_free(text);
		return 0;
	}
	for (int i = 0; i < graph->made_count && number < 0; i++)
		if (!strcmp(graph->made[i].body, text->bytes))
			number = i;
	if (number < 0
		&& lam_c_room(graph, &graph->made, graph->made_count, &graph->made_room,
			sizeof *graph->made)) {
		number = graph->made_count++;
		graph->made[number] = (struct lam_c_function){lam_text_copy(text->bytes), number};
		if (!graph->made[number].body)
			graph->status = LAM_ERR_MEMORY;
		lam_c_add(&graph->functions, "static void %s_f%d", graph->name, number);
		lam_c_bytes(&graph->functions, text->bytes, text->count);
		lam_c_add(&graph->functions, "\n");
	}
	lam_c_free(text);
	return number < 0 ? 0 : number;
}

int64_t lam_c_weights_add(lam_c_graph *graph, const lam_call *call, const char *what,
	const float *values, int64_t count)
{
	lam_c_pool *pool = &graph->pool;
	for (int i = 0; i < pool->piece_count; i++)
		if (pool->pieces[i].count == count
			&& !memcmp(pool->values + pool->pieces[i].at, values,
				(size_t)count * sizeof *values))
			return pool->pieces[i].at;
	if (pool->count + count > pool->room) {
		const int64_t room = (pool->count + count) * 2;
		float *grown = lam_grow(
			pool->values, (size_t)pool->count, (size_t)room, sizeof *grown);
		if (!grown) {
			graph->status = LAM_ERR_MEMORY;
			return 0;
		}
		pool->values = grown;
		pool->room = room;
	}
	if (!lam_c_room(graph, &pool->pieces, pool->piece_count, &pool->piece_room,
		    sizeof *pool->pieces))
		return 0;
	if (count > 0)
		memcpy(pool->values + pool->count, values, (size_t)count * sizeof *values);
	pool->pieces[pool->piece_count++] = (struct lam_c_piece){
		pool->count, count, call ? call->path : "", what};
	pool->count += count;
	return pool->count - count;
}

lam_c_argument lam_c_at(const lam_c_graph *graph, int value, int64_t more)
{
	lam_c_argument argument;
	const lam_c_value *v = &graph->values[value];
	int64_t at = v->at + more;
	if (v->place == LAM_C_ARENA)
		at += graph->buffers[v->buffer].offset;
	const char *where = v->place == LAM_C_ARENA ? "arena" : v->place == LAM_C_INPUT ? "x" : "y";
	if (v->place == LAM_C_ARENA)
		snprintf(argument.text, sizeof argument.text, "arena + %lld", (long long)at);
	else
		snprintf(argument.text, sizeof argument.text, "%s%d + %lld", where, v->end,
			(long long)at);
	return argument;
}

void lam_c_call_begin(lam_c_graph *graph, const lam_c_op *op, int function)
{
	if (op->call)
		lam_c_add(&graph->calls, "\t/* %s%s%s */\n", op->call->layer_class->kind,
			*op->call->path ? " " : "", op->call->path);
	lam_c_add(&graph->calls, "\t%s_f%d(%s", graph->name, function,
		lam_c_at(graph, op->out, 0).text);
}

void lam_c_call_argument(lam_c_graph *graph, const char *argument)
{
	lam_c_add(&graph->calls, ", %s", argument);
}

void lam_c_call_weights(lam_c_graph *graph, int64_t at)
{
	lam_c_add(&graph->calls, ", weights + %lld", (long long)at);
}

void lam_c_call_end(lam_c_graph *graph)
{
	lam_c_add(&graph->calls, ");\n");
}

bool lam_c_refine_for(lam_c_graph *graph, const lam_c_op *op, lam_c_nest *const *nests, int count)
{
	const bool refined = lam_c_refine(nests, count);
	if (!refined)
		graph->status = lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_export_c: the shapes around %s divide no others",
			op->call ? lam_call_title(op->call).text : "a copy");
	return refined;
}

bool lam_c_same(const lam_c_graph *graph, int a, int b)
{
	const lam_c_value *v = &graph->values[a], *w = &graph->values[b];
	return v->place == w->place && v->place == LAM_C_ARENA && v->buffer == w->buffer
		&& v->at == w->at;
}

lam_c_plane lam_c_plane_of(const lam_c_value *value)
{
	const lam_shape *shape = &value->shape;
	const lam_c_nest *nest = &value->nest;
	lam_c_plane plane = {.channels = shape->dim[0],
		.channel = nest->step[0],
		.size = {1, shape->rank > 1 ? shape->dim[shape->rank - 1] : 1},
		.step = {0, shape->rank > 1 ? nest->step[shape->rank - 1] : 0}};
	if (shape->rank > 2) {
		plane.size[0] = shape->dim[1];
		plane.step[0] = nest->step[1];
	}
	return plane;
}

lam_c_helper lam_c_curve_name(lam_c_graph *graph, const lam_call *call)
{
	lam_c_helper helper;
	lam_c_text body = {0};
	graph->kind_of(call->layer_class)->curve(graph, call, &body);
	/* One helper for each kind and its options: its name is its place in the text. */
	lam_c_text line = {0};
	const char *kind = call->layer_class->kind;
	for (int i = 0;; i++) {
		snprintf(helper.text, sizeof helper.text, i ? "%s_%s_%d" : "%s_%s", graph->name,
			kind, i);
		lam_c_free(&line);
		lam_c_add(&line, "static float %s(float x)\n{\n%s}\n\n", helper.text,
			body.bytes ? body.bytes : "");
		char head[120];
		snprintf(head, sizeof head, "static float %s(float x)", helper.text);
		if (!graph->helpers.bytes || !strstr(graph->helpers.bytes, head)) {
			lam_c_bytes(&graph->helpers, line.bytes, line.count);
			break;
		}
		if (!line.bytes || strstr(graph->helpers.bytes, line.bytes))
			break;
	}
	if (line.failed || body.failed || graph->helpers.failed)
		graph->status = LAM_ERR_MEMORY;
	lam_c_free(&line);
	lam_c_free(&body);
	return helper;
}

lam_c_around lam_c_posts(lam_c_graph *graph, const lam_c_op *op)
{
	lam_c_around around = {{0}, {0}};
	for (int i = op->posts - 1; i >= 0; i--) {
		const lam_c_helper name = lam_c_curve_name(graph, op->post[i]);
		strcat(around.before, name.text);
		strcat(around.before, "(");
		strcat(around.after, ")");
	}
	return around;
}

void lam_c_copy_parts(lam_c_graph *graph, const lam_c_op *op, lam_c_emitter *copy)
{
	int64_t channel = 0;
	for (int k = 0; k < op->inputs && !graph->status; k++) {
		const lam_shape shape = graph->values[op->in[k]].shape;
		if (graph->values[op->in[k]].part_of != op->out
			|| graph->values[op->in[k]].channel != channel) {
			/* A part of the output, for the time of this copy. */
			const int part = lam_c_value_new(graph, shape, -1);
			if (part < 0)
				return;
			lam_c_value *to = &graph->values[part];
			*to = graph->values[op->out];
			to->shape = shape;
			to->nest.size[0] = shape.dim[0];
			to->at += channel * to->nest.step[0];
			copy(graph,
				&(lam_c_op){.kind = graph->copy,
					.call = op->call,
					.in = &op->in[k],
					.inputs = 1,
					.out = part});
		}
		channel += shape.dim[0];
	}
}
