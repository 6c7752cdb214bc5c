/* SPDX-License-Identifier: MIT */
/* Normalisation over values of a sample, and softmax. */
#include "exchange/c/kinds.h"

#include "framework/memory.h"

#include <string.h>

/* Sums go over the dimensions `inner` of x, once for each place of the dimensions `outer`. */
struct norm {
	lam_c_nest x, y, w; /* of the same sizes: outer dimensions first */
	int outer;
	int64_t count; /* values in a sum */
	double eps;
	bool affine;
};

/* A part of the dimensions of some nests. */
static void part(const lam_c_nest *nests, lam_c_nest *to, int first, int end)
{
	for (int k = 0; k < 3; k++) {
		to[k].dims = end - first;
		for (int d = first; d < end; d++) {
			to[k].size[d - first] = nests[k].size[d];
			to[k].step[d - first] = nests[k].step[d];
		}
	}
}

static int64_t weights(lam_c_graph *graph, const lam_c_op *op, int index, int64_t count)
{
	const lam_real *values = lam_c_param(op->call, index);
	float *copy = lam_alloc((size_t)count, sizeof *copy);
	if (!copy) {
		graph->status = LAM_ERR_MEMORY;
		return 0;
	}
	for (int64_t i = 0; i < count; i++)
		copy[i] = (float)values[i];
	const int64_t at = lam_c_weights_add(
		graph, op->call, index ? "bias" : "weight", copy, count);
	lam_free(copy);
	return at;
}

/* A loop over the inner dimensions with one statement; "#x", "#y", "#w" are the indices. */
static void over_inner(lam_c_text *text, const lam_c_nest *inner, int depth, const char *statement)
{
	lam_c_nest nests[3] = {inner[0], inner[1], inner[2]};
	lam_c_index index[3];
	const int loops = lam_c_loops(text, nests, 3, index, depth);
	lam_c_add(text, "\t\t\t\t");
	for (const char *c = statement; *c; c++) {
		if (*c == '#' && c[1] == 'x')
			lam_c_add(text, "%s", index[0].text);
		else if (*c == '#' && c[1] == 'y')
			lam_c_add(text, "%s", index[1].text);
		else if (*c == '#')
			lam_c_add(text, "%s", index[2].text);
		else {
			lam_c_bytes(text, c, 1);
			continue;
		}
		c++;
	}
	lam_c_add(text, "\n");
	lam_c_loops_end(text, loops, depth);
}

/* The mean in two steps, so that it keeps its digits where it is far from 0. */
static void write(lam_c_graph *graph, lam_c_op *op, const struct norm *norm, int64_t w_count)
{
	lam_c_nest all[3] = {norm->x, norm->y, norm->w}, outer[3], inner[3];
	lam_c_index index[3];
	lam_c_text text = {0};
	part(all, outer, 0, norm->outer);
	part(all, inner, norm->outer, all[0].dims);
	const char *name = graph->name;
	const lam_c_number part_of_one = lam_c_float(1.0 / (double)norm->count);
	const char *mean = part_of_one.text;
	lam_c_add(&text, "(float *y, const float *x");
	if (norm->affine)
		lam_c_add(&text, ", const float *%s_RESTRICT w, const float *%s_RESTRICT b", name,
			name);
	lam_c_add(&text, ")\n{\n");
	const int loops = lam_c_loops(&text, outer, 3, index, 1), depth = 1 + loops;
	lam_c_add(&text, "\t\tconst float *const from = x + %s;\n\t\tfloat *const to = y + %s;\n",
		index[0].text, index[1].text);
	if (norm->affine)
		lam_c_add(&text, "\t\tconst float *const ww = w + %s, *const bb = b + %s;\n",
			index[2].text, index[2].text);
	lam_c_add(&text, "\t\tfloat mean = 0.0f, rest = 0.0f, squares = 0.0f;\n");
	over_inner(&text, inner, depth, "mean += from[#x];");
	lam_c_add(&text, "\t\tmean *= %s;\n", mean);
	over_inner(&text, inner, depth, "rest += from[#x] - mean;");
	lam_c_add(&text, "\t\tmean += rest * %s;\n", mean);
	over_inner(&text, inner, depth, "squares += (from[#x] - mean) * (from[#x] - mean);");
	lam_c_add(&text, "\t\tconst float r = 1.0f / sqrtf(squares * %s + %s);\n", mean,
		lam_c_float(norm->eps).text);
	over_inner(&text, inner, depth,
		norm->affine ? "to[#y] = (from[#x] - mean) * r * ww[#w] + bb[#w];"
			     : "to[#y] = (from[#x] - mean) * r;");
	lam_c_loops_end(&text, loops, 1);
	lam_c_add(&text, "}\n");
	graph->math = true;
	const int64_t w = norm->affine ? weights(graph, op, 0, w_count) : 0,
		      b = norm->affine ? weights(graph, op, 1, w_count) : 0;
	const int function = lam_c_function(graph, &text);
	lam_c_call_begin(graph, op, function);
	lam_c_call_argument(graph, lam_c_at(graph, op->in[0], 0).text);
	if (norm->affine) {
		lam_c_call_weights(graph, w);
		lam_c_call_weights(graph, b);
	}
	lam_c_call_end(graph);
}

static struct norm norm_of(const lam_c_graph *graph, const lam_c_op *op)
{
	return (struct norm){.x = graph->values[op->in[0]].nest,
		.y = graph->values[op->out].nest,
		.eps = lam_c_option(op->call, "eps", 0),
		.affine = lam_c_option(op->call, "no_affine", 0) == 0};
}

/* Puts the first dimension last, so that it is summed over and the others are not. */
static void first_last(lam_c_nest *nest)
{
	const int64_t size = nest->size[0], step = nest->step[0];
	for (int d = 1; d < nest->dims; d++) {
		nest->size[d - 1] = nest->size[d];
		nest->step[d - 1] = nest->step[d];
	}
	nest->size[nest->dims - 1] = size;
	nest->step[nest->dims - 1] = step;
}

void lam_c_emit_layer_norm(lam_c_graph *graph, lam_c_op *op)
{
	struct norm norm = norm_of(graph, op);
	const lam_shape *shape = &graph->values[op->out].shape;
	const bool channels = lam_c_option(op->call, "channels", 0) != 0;
	norm.w = lam_c_rows(shape);
	norm.count = channels ? shape->dim[0] : lam_shape_count(shape);
	if (channels) {
		for (int d = 0; d < norm.w.dims; d++)
			norm.w.step[d] = d == 0;
		first_last(&norm.x);
		first_last(&norm.y);
		first_last(&norm.w);
		norm.outer = norm.x.dims - 1;
	}
	write(graph, op, &norm, norm.count);
}

/* Cuts the first dimension in two. */
static void cut(lam_c_nest *nest, int64_t groups)
{
	for (int d = nest->dims; d > 1; d--) {
		nest->size[d] = nest->size[d - 1];
		nest->step[d] = nest->step[d - 1];
	}
	nest->dims++;
	nest->size[1] = nest->size[0] / groups;
	nest->step[1] = nest->step[0];
	nest->size[0] = groups;
	nest->step[0] = nest->step[1] * nest->size[1];
}

void lam_c_emit_group_norm(lam_c_graph *graph, lam_c_op *op)
{
	struct norm norm = norm_of(graph, op);
	const lam_shape *shape = &graph->values[op->out].shape;
	const bool instance = !strcmp(op->call->layer_class->kind, "instance_norm");
	const int64_t groups = instance ? shape->dim[0]
					: (int64_t)lam_c_option(op->call, "groups", 0);
	norm.w = lam_c_rows(shape);
	for (int d = 0; d < norm.w.dims; d++)
		norm.w.step[d] = d == 0;
	cut(&norm.x, groups);
	cut(&norm.y, groups);
	cut(&norm.w, groups);
	norm.outer = 1;
	norm.count = lam_shape_count(shape) / groups;
	write(graph, op, &norm, shape->dim[0]);
}

/* The loops over the places of x, all dimensions but the first; depth 1. */
static int over_places(const lam_c_graph *graph, const lam_c_op *op, lam_c_text *text)
{
	lam_c_nest nests[2] = {graph->values[op->in[0]].nest, graph->values[op->out].nest};
	lam_c_index index[2];
	for (int k = 0; k < 2; k++) {
		nests[k].dims--;
		memmove(nests[k].size, nests[k].size + 1, sizeof nests[k].size - sizeof(int64_t));
		memmove(nests[k].step, nests[k].step + 1, sizeof nests[k].step - sizeof(int64_t));
	}
	const int loops = lam_c_loops(text, nests, 2, index, 1);
	lam_c_add(text, "\t\tconst float *const from = x + %s;\n\t\tfloat *const to = y + %s;\n",
		index[0].text, index[1].text);
	return loops;
}

static void finish(lam_c_graph *graph, lam_c_op *op, int loops, lam_c_text *text)
{
	lam_c_loops_end(text, loops, 1);
	lam_c_add(text, "}\n");
	graph->math = true;
	const int function = lam_c_function(graph, text);
	lam_c_call_begin(graph, op, function);
	lam_c_call_argument(graph, lam_c_at(graph, op->in[0], 0).text);
	lam_c_call_end(graph);
}

void lam_c_emit_softmax(lam_c_graph *graph, lam_c_op *op)
{
	const long long xc = (long long)graph->values[op->in[0]].nest.step[0],
			yc = (long long)graph->values[op->out].nest.step[0],
			channels = (long long)graph->values[op->out].shape.dim[0];
	lam_c_text text = {0};
	lam_c_add(&text, "(float *y, const float *x)\n{\n");
	const int loops = over_places(graph, op, &text);
	lam_c_add(&text,
		"\t\tfloat most = from[0], sum = 0.0f;\n"
		"\t\tfor (int c = 1; c < %lld; c++)\n"
		"\t\t\tmost = from[c * %lld] > most ? from[c * %lld] : most;\n"
		"\t\tfor (int c = 0; c < %lld; c++) {\n"
		"\t\t\tto[c * %lld] = expf(from[c * %lld] - most);\n"
		"\t\t\tsum += to[c * %lld];\n\t\t}\n"
		"\t\tfor (int c = 0; c < %lld; c++)\n\t\t\tto[c * %lld] /= sum;\n",
		channels, xc, xc, channels, yc, xc, yc, channels, yc);
	finish(graph, op, loops, &text);
}

void lam_c_emit_response(lam_c_graph *graph, lam_c_op *op)
{
	const long long xc = (long long)graph->values[op->in[0]].nest.step[0],
			yc = (long long)graph->values[op->out].nest.step[0],
			channels = (long long)graph->values[op->out].shape.dim[0],
			window = (long long)lam_c_option(op->call, "window", 0);
	const lam_c_number scale = lam_c_float(lam_c_option(op->call, "alpha", 0) / (double)window);
	lam_c_text text = {0};
	lam_c_add(&text, "(float *%s_RESTRICT y, const float *%s_RESTRICT x)\n{\n", graph->name,
		graph->name);
	const int loops = over_places(graph, op, &text);
	lam_c_add(&text,
		"\t\tfor (int c = 0; c < %lld; c++) {\n"
		"\t\t\tconst int first = c > %lld ? c - %lld : 0;\n"
		"\t\t\tconst int end = c + %lld < %lld ? c + %lld : %lld;\n"
		"\t\t\tfloat sum = 0.0f;\n"
		"\t\t\tfor (int j = first; j < end; j++)\n"
		"\t\t\t\tsum += from[j * %lld] * from[j * %lld];\n"
		"\t\t\tto[c * %lld] = from[c * %lld] * powf(%s + %s * sum, %s);\n\t\t}\n",
		channels, window / 2, window / 2, (window - 1) / 2 + 1, channels,
		(window - 1) / 2 + 1, channels, xc, xc, yc, xc,
		lam_c_float(lam_c_option(op->call, "k", 0)).text, scale.text,
		lam_c_float(-lam_c_option(op->call, "beta", 0)).text);
	finish(graph, op, loops, &text);
}
