/* SPDX-License-Identifier: MIT */
/* Operations of int8 values without weights, and the conversions at the net's ends. */
#include "exchange/c/int8.h"

#include "framework/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static lam_c_emitter ends;

const lam_c_kind lam_c_quantize = {
	.kind = "quantize", .flags = LAM_C_QUANTIZES, .emit = ends, .emit8 = ends};
const lam_c_kind lam_c_values = {
	.kind = "values", .flags = LAM_C_SETTLED, .emit = ends, .emit8 = ends};

void lam_c_int8_ratio(double ratio, int32_t *factor, int32_t *shift)
{
	int exponent = 0;
	const double part = frexp(ratio, &exponent); /* 1/2 to 1 */
	*shift = 31 - exponent;
	*factor = (int32_t)fmin(rint(ldexp(part, 31)), 2147483647.0);
	if (*shift > 62) {
		*factor = (int32_t)rint(ldexp(ratio, 62));
		*shift = 62;
	}
	if (*shift < 1) { /* outputs far above the range */
		*factor = 2147483647;
		*shift = 1;
	}
}

void lam_c_int8_range(const lam_c_graph *graph, const lam_c_op *op, int32_t *low, int32_t *high)
{
	const double scale = lam_c_scale(graph, op->out);
	*low = LAM_C_LEAST;
	*high = LAM_C_MOST;
	for (int i = 0; i < op->posts; i++) {
		const bool clip = op->post[i]->layer_class->kind[0] == 'c';
		const double least = clip ? rint(lam_c_option(op->post[i], "least", 0) / scale) : 0,
			     most = clip ? rint(lam_c_option(op->post[i], "most", 0) / scale)
					 : LAM_C_MOST;
		*low = (int32_t)fmax(*low, fmin(least, LAM_C_MOST));
		*high = (int32_t)fmin(*high, fmax(most, LAM_C_LEAST));
	}
}

lam_c_step *lam_c_step_new(lam_c_graph *graph, const lam_c_op *op)
{
	lam_c_int8 *int8 = graph->int8;
	if (!lam_c_room(
		    graph, &int8->steps, int8->step_count, &int8->step_room, sizeof *int8->steps))
		return NULL;
	lam_c_step *step = &int8->steps[int8->step_count++];
	*step = (lam_c_step){.inputs = op->inputs, .low = LAM_C_LEAST, .high = LAM_C_MOST};
	for (int k = 0; k <= op->inputs && k <= LAM_C_INPUTS; k++) {
		const lam_c_value *v = &graph->values[k ? op->in[k - 1] : op->out];
		const int64_t at = v->at
			+ (v->place == LAM_C_ARENA ? graph->buffers[v->buffer].offset : 0);
		*(k ? &step->x[k - 1] : &step->y) = at;
		step->nest[k] = v->nest;
	}
	return step;
}

static int64_t grow(
	lam_c_graph *graph, void *array, int64_t *count, int64_t *room, int64_t more, size_t size)
{
	void **values = array;
	if (*count + more > *room) {
		const int64_t larger = 2 * (*count + more) + 16;
		void *grown = lam_grow(*values, (size_t)*count, (size_t)larger, size);
		if (!grown) {
			graph->status = LAM_ERR_MEMORY;
			return -1;
		}
		*values = grown;
		*room = larger;
	}
	*count += more;
	return *count - more;
}

int64_t lam_c_int8_weights(lam_c_graph *graph, int64_t count)
{
	lam_c_int8 *i = graph->int8;
	return grow(graph, &i->weights, &i->count, &i->room, count, sizeof *i->weights);
}

int64_t lam_c_int8_numbers(lam_c_graph *graph, int64_t count)
{
	lam_c_int8 *i = graph->int8;
	return grow(
		graph, &i->numbers, &i->number_count, &i->number_room, count, sizeof *i->numbers);
}

void lam_c_int8_free(lam_c_int8 *int8)
{
	lam_free(int8->weights);
	lam_free(int8->numbers);
	lam_free(int8->steps);
}

/* The call of a function: output, inputs, then what `more` says. */
static void call(lam_c_graph *graph, const lam_c_op *op, lam_c_text *text, const char *more)
{
	lam_c_add(text, "}\n");
	const int function = lam_c_function(graph, text);
	lam_c_call_begin(graph, op, function);
	for (int k = 0; k < op->inputs; k++)
		lam_c_call_argument(graph, lam_c_at(graph, op->in[k], 0).text);
	lam_c_add(&graph->calls, "%s);\n", more);
}

static void head(const lam_c_graph *graph, const lam_c_op *op, const char *y, const char *x,
	const char *more, lam_c_text *text)
{
	lam_c_add(text, "(%s *y", y);
	for (int k = 0; k < op->inputs; k++)
		lam_c_add(text, ", const %s *x%d", x, k);
	lam_c_add(text, "%s)\n{\n", more);
	(void)graph;
}

/* y = sum over inputs of factor x, and a term; factor and term may be of each channel. */
void lam_c_emit8_map(lam_c_graph *graph, lam_c_op *op)
{
	const bool channels = op->scale != NULL;
	const lam_shape *shape = &graph->values[op->out].shape;
	const double y = lam_c_scale(graph, op->out), one = (double)(1 << LAM_C_SHIFT);
	const int64_t b = channels ? lam_c_int8_numbers(graph, 2 * op->channels) : 0;
	lam_c_step *step = lam_c_step_new(graph, op);
	if (!step || b < 0)
		return;
	lam_c_nest nests[LAM_C_INPUTS + 2], *list[LAM_C_INPUTS + 2];
	lam_c_index index[LAM_C_INPUTS + 2];
	memcpy(nests, step->nest, sizeof nests);
	nests[op->inputs + 1] = lam_c_rows(shape);
	for (int d = 0; d < shape->rank; d++)
		nests[op->inputs + 1].step[d] = d == 0;
	for (int k = 0; k < op->inputs + 2; k++)
		list[k] = &nests[k];
	if (!lam_c_refine_for(graph, op, list, op->inputs + 2))
		return;
	step->run = lam_c_run_map;
	step->b = b;
	step->channels = channels;
	memcpy(step->nest, nests, sizeof nests);
	lam_c_int8_range(graph, op, &step->low, &step->high);
	for (int k = 0; k < op->inputs; k++)
		step->factor[k] = (int32_t)rint(
			fmin(lam_c_scale(graph, op->in[k]) / y * one, 2147483647.0));
	for (int64_t c = 0; c < op->channels && channels; c++) {
		int32_t *to = graph->int8->numbers + b + c;
		const double factor = op->scale[c] * lam_c_scale(graph, op->in[0]) / y * one;
		to[0] = (int32_t)fmax(fmin(rint(factor), 2e9), -2e9);
		to[op->channels] = (int32_t)fmax(fmin(rint(op->shift[c] / y * one), 2e9), -2e9);
	}
	lam_c_text text = {0};
	char more[60] = "";
	head(graph, op, "int8_t", "int8_t", channels ? ", const int32_t *b" : "", &text);
	const int loops = lam_c_loops(&text, nests, op->inputs + 2, index, 1);
	lam_c_add(&text, "\t\ty[%s] = %s_q(", index[0].text, graph->name);
	for (int k = 0; k < op->inputs; k++)
		if (channels)
			lam_c_add(&text, "(int64_t)x%d[%s] * b[%s] + b[%s + %lld]", k,
				index[k + 1].text, index[2].text, index[2].text,
				(long long)op->channels);
		else
			lam_c_add(&text, "%s(int64_t)x%d[%s] * %d", k ? " + " : "", k,
				index[k + 1].text, (int)step->factor[k]);
	lam_c_add(&text, ", 1, %d, %d, %d);\n", LAM_C_SHIFT, (int)step->low, (int)step->high);
	lam_c_loops_end(&text, loops, 1);
	if (channels)
		snprintf(more, sizeof more, ", numbers + %lld", (long long)b);
	call(graph, op, &text, more);
}

/* A function of one number as a table of its 256 values. */
void lam_c_emit8_table(lam_c_graph *graph, lam_c_op *op)
{
	const int64_t w = lam_c_int8_weights(graph, 256);
	lam_c_step *step = lam_c_step_new(graph, op);
	if (!step || w < 0)
		return;
	const double x = lam_c_scale(graph, op->in[0]), y = lam_c_scale(graph, op->out);
	for (int q = -128; q < 128; q++) {
		const double value = rint(lam_c_curve_value(op->call, q * x) / y);
		graph->int8->weights[w + q + 128] = (int8_t)fmax(
			fmin(value, LAM_C_MOST), LAM_C_LEAST);
	}
	lam_c_nest nests[2] = {step->nest[0], step->nest[1]};
	lam_c_index index[2];
	if (!lam_c_refine_for(graph, op, (lam_c_nest *[]){&nests[0], &nests[1]}, 2))
		return;
	memcpy(step->nest, nests, sizeof nests);
	step->run = lam_c_run_table;
	step->w = w;
	lam_c_text text = {0};
	char more[60];
	head(graph, op, "int8_t", "int8_t", ", const int8_t *t", &text);
	const int loops = lam_c_loops(&text, nests, 2, index, 1);
	lam_c_add(&text, "\t\ty[%s] = t[x0[%s] + 128];\n", index[0].text, index[1].text);
	lam_c_loops_end(&text, loops, 1);
	snprintf(more, sizeof more, ", weights + %lld", (long long)w);
	call(graph, op, &text, more);
}

/* Floats of the caller's to int8, or back. */
static void ends(lam_c_graph *graph, lam_c_op *op)
{
	const bool in = op->kind->flags & LAM_C_QUANTIZES;
	lam_c_step *step = lam_c_step_new(graph, op);
	if (!step)
		return;
	step->run = in ? lam_c_run_quantize : lam_c_run_values;
	step->scale = in ? 1 / lam_c_scale(graph, op->out) : lam_c_scale(graph, op->in[0]);
	lam_c_nest nests[2] = {step->nest[0], step->nest[1]};
	lam_c_index index[2];
	lam_c_refine((lam_c_nest *[]){&nests[0], &nests[1]}, 2);
	memcpy(step->nest, nests, sizeof nests);
	lam_c_text text = {0};
	const char *end = graph->int8->integer ? "int8_t" : "float";
	head(graph, op, in ? "int8_t" : end, in ? end : "int8_t", "", &text);
	const int loops = lam_c_loops(&text, nests, 2, index, 1);
	const lam_c_number scale = lam_c_float(step->scale);
	if (!in)
		graph->int8->output = step->scale;
	if (graph->int8->integer)
		lam_c_add(&text, "\t\ty[%s] = x0[%s];\n", index[0].text, index[1].text);
	else if (in)
		lam_c_add(&text,
			"\t\tconst float t = x0[%s] * %s;\n"
			"\t\ty[%s] = (int8_t)(t >= 127.0f ? 127 : t <= -127.0f ? -127 : "
			"(int)(t < 0.0f ? t - 0.5f : t + 0.5f));\n",
			index[1].text, scale.text, index[0].text);
	else
		lam_c_add(&text, "\t\ty[%s] = (float)x0[%s] * %s;\n", index[0].text, index[1].text,
			scale.text);
	lam_c_loops_end(&text, loops, 1);
	call(graph, op, &text, "");
}

/* Softmax at the end of the net: floats of int8. */
void lam_c_emit8_softmax(lam_c_graph *graph, lam_c_op *op)
{
	const lam_shape *shape = &graph->values[op->out].shape;
	lam_c_step *step = lam_c_step_new(graph, op);
	if (!step)
		return;
	step->run = lam_c_run_softmax;
	step->scale = lam_c_scale(graph, op->in[0]);
	const long long channels = (long long)shape->dim[0], xc = (long long)step->nest[1].step[0],
			yc = (long long)step->nest[0].step[0];
	lam_c_nest nests[2];
	lam_c_index index[2];
	for (int k = 0; k < 2; k++) {
		nests[k].dims = shape->rank - 1;
		memcpy(nests[k].size, step->nest[k].size + 1, 7 * sizeof(int64_t));
		memcpy(nests[k].step, step->nest[k].step + 1, 7 * sizeof(int64_t));
	}
	lam_c_text text = {0};
	head(graph, op, "float", "int8_t", "", &text);
	const int loops = lam_c_loops(&text, nests, 2, index, 1);
	lam_c_add(&text,
		"\t\tconst int8_t *const from = x0 + %s;\n\t\tfloat *const to = y + %s;\n"
		"\t\tint most = from[0];\n\t\tfloat sum = 0.0f;\n"
		"\t\tfor (int c = 1; c < %lld; c++)\n"
		"\t\t\tmost = from[c * %lld] > most ? from[c * %lld] : most;\n"
		"\t\tfor (int c = 0; c < %lld; c++) {\n"
		"\t\t\tto[c * %lld] = expf((float)(from[c * %lld] - most) * %s);\n"
		"\t\t\tsum += to[c * %lld];\n\t\t}\n"
		"\t\tfor (int c = 0; c < %lld; c++)\n\t\t\tto[c * %lld] /= sum;\n",
		index[1].text, index[0].text, channels, xc, xc, channels, yc, xc,
		lam_c_float(step->scale).text, yc, channels, yc);
	lam_c_loops_end(&text, loops, 1);
	graph->math = true;
	call(graph, op, &text, "");
}

void lam_c_emit8_windows(lam_c_graph *graph, lam_c_op *op)
{
	lam_c_step *step = lam_c_step_new(graph, op);
	if (!step)
		return;
	step->run = lam_c_run_windows;
	step->windows = lam_c_windows_of(graph, op);
	const lam_c_windows *w = &step->windows;
	lam_c_int8_ratio(w->max ? 1
				: lam_c_scale(graph, op->in[0]) / lam_c_scale(graph, op->out)
				/ (double)(w->kernel[0] * w->kernel[1]),
		&step->factor[0], &step->shift);
	lam_c_text text = {0};
	head(graph, op, "int8_t", "int8_t", "", &text);
	lam_c_add(&text, "\tfor (int i = 0; i < %lld; i++)\n\tfor (int j = 0; j < %lld; j++) {\n",
		(long long)w->y.size[0], (long long)w->y.size[1]);
	for (int d = 0; d < 2; d++) {
		const long long n = (long long)w->x.size[d], k = (long long)w->kernel[d],
				dilation = (long long)w->dilation[d];
		lam_c_add(&text,
			"\t\tconst int u%d = %c * %lld - %lld, a%d = u%d < 0 ? (%lld - u%d) / %lld "
			": 0;\n\t\tconst int b%d = u%d + %lld >= %lld ? (%lld - u%d) / %lld : "
			"%lld;\n",
			d, "ij"[d], (long long)w -> stride[d], (long long)w -> pad[d], d, d,
			dilation - 1, d, dilation, d, d, (k - 1) * dilation, n, n + dilation - 1, d,
			dilation, k);
	}
	lam_c_add(&text,
		"\t\tfor (int c = 0; c < %lld; c++) {\n\t\t\tint32_t m = %s;\n"
		"\t\t\tfor (int p = a0; p < b0; p++)\n\t\t\tfor (int q = a1; q < b1; q++) {\n"
		"\t\t\t\tconst int32_t t = x0[(u0 + p * %lld) * %lld + (u1 + q * %lld) * %lld + c "
		"* %lld];\n\t\t\t\tm = %s;\n\t\t\t}\n",
		(long long)w->x.channels, w->max ? "-127" : "0", (long long)w->dilation[0],
		(long long)w->x.step[0], (long long)w->dilation[1], (long long)w->x.step[1],
		(long long)w->x.channel, w->max ? "t > m ? t : m" : "m + t");
	lam_c_add(&text, "\t\t\ty[i * %lld + j * %lld + c * %lld] = ", (long long)w->y.step[0],
		(long long)w->y.step[1], (long long)w->y.channel);
	if (w->max)
		lam_c_add(&text, "(int8_t)m;\n\t\t}\n\t}\n");
	else
		lam_c_add(&text, "%s_q(m, %d, %d, -127, 127);\n\t\t}\n\t}\n", graph->name,
			(int)step->factor[0], (int)step->shift);
	call(graph, op, &text, "");
}

void lam_c_emit8_concat(lam_c_graph *graph, lam_c_op *op)
{
	lam_c_copy_parts(graph, op, lam_c_emit8_map);
}
