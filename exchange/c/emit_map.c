/* SPDX-License-Identifier: MIT */
/* Operations value by value: functions of one number, scales per channel, sums, products, copies.
 */
#include "exchange/c/kinds.h"

#include "framework/memory.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 16 };

/* An operand: a value, or weights per channel. */
struct operand {
	int value; /* -1: weights */
	int64_t weights;
	lam_c_nest nest;
};

/* Along the channels of a shape alone. */
static lam_c_nest per_channel(const lam_shape *shape)
{
	lam_c_nest nest = lam_c_rows(shape);
	for (int d = 0; d < nest.dims; d++)
		nest.step[d] = d == 0;
	return nest;
}

/* Writes y = `format` of the operands, whose indices replace each "#0", "#1" …; the name of operand
 * k stands before them in the format as "@0" …. */
static void map(
	lam_c_graph *graph, lam_c_op *op, struct operand *operands, int count, const char *format)
{
	lam_c_nest nests[MOST + 1], *list[MOST + 1];
	lam_c_index index[MOST + 1];
	char names[MOST][8];
	nests[0] = graph->values[op->out].nest;
	for (int k = 0; k <= count; k++) {
		if (k)
			nests[k] = operands[k - 1].nest;
		list[k] = &nests[k];
	}
	if (!lam_c_refine_for(graph, op, list, count + 1))
		return;
	lam_c_text text = {0};
	lam_c_add(&text, "(float *%s_RESTRICT y", graph->name);
	for (int k = 0; k < count; k++) {
		const bool same = operands[k].value >= 0
			&& lam_c_same(graph, operands[k].value, op->out);
		snprintf(names[k], sizeof names[k], same ? "y" : "x%d", k);
		if (!same)
			lam_c_add(&text, ", const float *%s_RESTRICT x%d", graph->name, k);
	}
	lam_c_add(&text, ")\n{\n");
	const int loops = lam_c_loops(&text, nests, count + 1, index, 1);
	const lam_c_around around = lam_c_posts(graph, op);
	lam_c_add(&text, "\t\ty[%s] = %s", index[0].text, around.before);
	for (const char *c = format; *c; c++)
		if (*c == '@') {
			const int k = *++c - '0';
			lam_c_add(&text, "%s[%s]", names[k], index[k + 1].text);
		} else
			lam_c_bytes(&text, c, 1);
	lam_c_add(&text, "%s;\n", around.after);
	lam_c_loops_end(&text, loops, 1);
	lam_c_add(&text, "}\n");
	const int function = lam_c_function(graph, &text);
	lam_c_call_begin(graph, op, function);
	for (int k = 0; k < count; k++)
		if (operands[k].value < 0)
			lam_c_call_weights(graph, operands[k].weights);
		else if (strcmp(names[k], "y") != 0)
			lam_c_call_argument(graph, lam_c_at(graph, operands[k].value, 0).text);
	lam_c_call_end(graph);
}

static struct operand value_operand(const lam_c_graph *graph, int value)
{
	return (struct operand){.value = value, .nest = graph->values[value].nest};
}

/* Numbers per channel as weights. */
static struct operand numbers(lam_c_graph *graph, const lam_c_op *op, const char *what,
	const double *values, const lam_real *reals, int64_t count, const lam_shape *shape)
{
	struct operand operand = {.value = -1, .nest = per_channel(shape)};
	float *copy = lam_alloc((size_t)count, sizeof *copy);
	if (!copy) {
		graph->status = LAM_ERR_MEMORY;
		return operand;
	}
	for (int64_t c = 0; c < count; c++)
		copy[c] = (float)(values ? values[c] : (double)reals[c]);
	operand.weights = lam_c_weights_add(graph, op->call, what, copy, count);
	lam_free(copy);
	if (count == 1)
		operand.nest.step[0] = 0;
	return operand;
}

void lam_c_emit_copy(lam_c_graph *graph, lam_c_op *op)
{
	struct operand x = value_operand(graph, op->in[0]);
	map(graph, op, &x, 1, "@0");
}

void lam_c_emit_curve(lam_c_graph *graph, lam_c_op *op)
{
	struct operand x = value_operand(graph, op->in[0]);
	char format[120];
	snprintf(format, sizeof format, "%s(@0)", lam_c_curve_name(graph, op->call).text);
	map(graph, op, &x, 1, format);
}

void lam_c_emit_channel(lam_c_graph *graph, lam_c_op *op)
{
	const lam_shape *shape = &graph->values[op->out].shape;
	struct operand o[3] = {value_operand(graph, op->in[0])};
	o[1] = numbers(graph, op, "scale", op->scale, NULL, op->channels, shape);
	o[2] = numbers(graph, op, "shift", op->shift, NULL, op->channels, shape);
	map(graph, op, o, 3, "@0 * @1 + @2");
}

void lam_c_emit_prelu(lam_c_graph *graph, lam_c_op *op)
{
	const lam_shape *shape = &graph->values[op->out].shape;
	const bool shared = lam_c_option(op->call, "shared", 0) != 0;
	struct operand o[2] = {value_operand(graph, op->in[0])};
	o[1] = numbers(graph, op, "slope", NULL, lam_c_param(op->call, 0),
		shared ? 1 : shape->dim[0], shape);
	map(graph, op, o, 2, "(@0 > 0.0f ? @0 : @0 * @1)");
}

/* The format "@0 + @1 + …". */
static void chain(char *format, int count, const char *sign)
{
	*format = 0;
	for (int k = 0; k < count; k++)
		sprintf(format + strlen(format), "%s@%d", k ? sign : "", k);
}

/* Joins of more inputs than a map has operands begin with the first ones, and then add to y. The
 * input that is overwritten comes first, or what was joined before would be lost. */
static void join(lam_c_graph *graph, lam_c_op *op, struct operand *operands, const char *sign)
{
	enum { AT_ONCE = 8 };
	char format[AT_ONCE * 8];
	const int posts = op->posts;
	for (int k = 1; k < op->inputs; k++)
		if (lam_c_same(graph, op->in[k], op->out)) {
			const struct operand first = operands[0];
			operands[0] = operands[k];
			operands[k] = first;
		}
	for (int first = 0; first < op->inputs;) {
		struct operand now[AT_ONCE];
		int count = 0;
		if (first)
			now[count++] = value_operand(graph, op->out);
		while (count < AT_ONCE && first < op->inputs)
			now[count++] = operands[first++];
		op->posts = first == op->inputs ? posts : 0;
		chain(format, count, sign);
		map(graph, op, now, count, format);
	}
}

static struct operand *all_operands(lam_c_graph *graph, const lam_c_op *op)
{
	struct operand *o = lam_alloc((size_t)op->inputs, sizeof *o);
	for (int k = 0; o && k < op->inputs; k++)
		o[k] = value_operand(graph, op->in[k]);
	if (!o)
		graph->status = LAM_ERR_MEMORY;
	return o;
}

void lam_c_emit_add(lam_c_graph *graph, lam_c_op *op)
{
	struct operand *o = all_operands(graph, op);
	if (o)
		join(graph, op, o, " + ");
	lam_free(o);
}

void lam_c_emit_multiply(lam_c_graph *graph, lam_c_op *op)
{
	const lam_shape *y = &graph->values[op->out].shape;
	struct operand *o = all_operands(graph, op);
	for (int k = 0; o && k < op->inputs; k++) {
		const lam_shape *x = &graph->values[op->in[k]].shape;
		const lam_c_nest in = o[k].nest;
		lam_c_nest *nest = &o[k].nest;
		if (lam_shape_count(x) == lam_shape_count(y))
			continue;
		*nest = lam_c_rows(y);
		const bool channels = x->dim[0] == y->dim[0] && lam_shape_count(x) == x->dim[0];
		for (int d = 0; d < y->rank; d++)
			nest->step[d] = channels ? (d == 0 ? in.step[0] : 0)
						 : (d == 0 ? 0 : in.step[d]);
	}
	if (o)
		join(graph, op, o, " * ");
	lam_free(o);
}

void lam_c_emit_concat(lam_c_graph *graph, lam_c_op *op)
{
	lam_c_copy_parts(graph, op, lam_c_emit_copy);
}
