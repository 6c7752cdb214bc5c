/* SPDX-License-Identifier: MIT */
/* Convolutions and affine layers of int8. Blocks of outputs are the vectors, as in float; taps
 * outside of the plane are left out, for 0 is 0. */
#include "exchange/c/int8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_BIAS 1e9 /* which leaves the other half of 32 bits to the products */

/* The scale of output o's weights, whose input has the scale x. Beside weights that are next to
 * nothing, it is as large as the bias needs it. */
static double weight_scale(const lam_c_conv *conv, int64_t o, double x)
{
	double most = fabs(conv->bias(conv, o)) / (x * MOST_BIAS) * LAM_C_MOST;
	for (int64_t p = 0; p < conv->kernel[0]; p++)
		for (int64_t q = 0; q < conv->kernel[1]; q++)
			for (int64_t c = 0; c < conv->in; c++)
				most = fmax(most, fabs(conv->weight(conv, o, c, p, q)));
	return most > 0 ? most / LAM_C_MOST : 1;
}

/* Bias, factor and shift of output o, `n` numbers apart. */
static void numbers(const lam_c_graph *graph, const lam_c_conv *conv, int64_t o, double scale,
	int32_t *to, int64_t n)
{
	const double x = lam_c_scale(graph, conv->op->in[0]), y = lam_c_scale(graph, conv->op->out);
	const double bias = rint(conv->bias(conv, o) / (x * scale));
	to[0] = (int32_t)fmin(
		fmax(bias, -MOST_BIAS), MOST_BIAS); /* it is beyond by rounding alone */
	lam_c_int8_ratio(x * scale / y, &to[n], &to[2 * n]);
}

/* As the weights of float are packed, outputs of a block side by side. */
static void pack(lam_c_graph *graph, const lam_c_conv *conv, int8_t *w, int32_t *b)
{
	const bool deep = lam_c_depthwise(conv);
	const int64_t n = lam_c_all_lanes(conv), taps = conv->kernel[0] * conv->kernel[1];
	const double x = lam_c_scale(graph, conv->op->in[0]);
	int64_t worst = 0;
	for (int64_t g = 0; g < conv->groups; g++)
		for (int64_t o = 0, lanes; o < conv->out; o += lanes) {
			lanes = deep ? 1 : lam_c_lanes(conv, o);
			for (int64_t l = 0; l < lanes; l++, b++) {
				const int64_t out = g * conv->out + o + l;
				if (o + l >= conv->out) {
					b[n] = 0;
					b[2 * n] = 1;
					continue;
				}
				const double scale = weight_scale(conv, out, x);
				numbers(graph, conv, out, scale, b, n);
				int64_t most = llabs((long long)b[0]);
				for (int64_t t = 0; t < taps; t++)
					for (int64_t c = 0; c < conv->in; c++) {
						const double value = conv->weight(conv, out, c,
							t / conv->kernel[1], t % conv->kernel[1]);
						const int64_t at = deep
							? t * conv->groups + g
							: (t * conv->in + c) * lanes + l;
						w[at] = (int8_t)rint(value / scale);
						most += LAM_C_MOST * llabs((long long)w[at]);
					}
				worst = most > worst ? most : worst;
			}
			if (!deep)
				w += lanes * taps * conv->in;
		}
	if (worst > INT32_MAX)
		lam_c_refuse(graph, conv->op->call,
			"sums of %lld products may not fit 32 bits, which int8 has",
			(long long)(conv->in * taps));
}

static void columns(const lam_c_conv *conv, lam_c_text *text)
{
	const long long d = (long long)conv->dilation[1], w = (long long)conv->size[1],
			k = (long long)conv->kernel[1];
	lam_c_add(text,
		"\t\tfor (int j = 0; j < %lld; j++) {\n\t\t\tconst int v = j * %lld - %lld;\n"
		"\t\t\tconst int q0 = v < 0 ? (%lld - v) / %lld : 0;\n"
		"\t\t\tconst int q1 = v + %lld >= %lld ? (%lld - v) / %lld : %lld;\n",
		(long long)conv->places[1], (long long)conv->stride[1], (long long)conv->pad[1],
		d - 1, d, (k - 1) * d, w, w + d - 1, d, k);
}

/* The loops over the blocks from output `o` on that have the same lanes. */
static int64_t block_text(lam_c_graph *graph, const lam_c_conv *conv, int64_t o, int64_t *w,
	int64_t n, int32_t low, int32_t high, lam_c_text *text)
{
	const int64_t lanes = lam_c_lanes(conv, o),
		      real = lanes < conv->out - o ? lanes : conv->out - o,
		      blocks = real == lanes && lanes >= 16 ? (conv->out - o) / lanes : 1,
		      taps = conv->in * conv->kernel[0] * conv->kernel[1];
	const long long L = (long long)lanes;
	const bool first = conv->pad[0] > 0,
		   last = (conv->places[0] - 1) * conv->stride[0] - conv->pad[0]
			+ (conv->kernel[0] - 1) * conv->dilation[0]
		>= conv->size[0];
	lam_c_add(text,
		"\tfor (int o = 0; o < %lld; o++)\n\tfor (int i = 0; i < %lld; i++) {\n"
		"\t\tconst int8_t *const wo = wg + %lld + o * %lld;\n"
		"\t\tconst int32_t *const bo = bg + %lld + o * %lld;\n",
		(long long)blocks, (long long)conv->places[0], (long long)*w,
		(long long)(lanes * taps), (long long)o, L);
	lam_c_rows_text(conv, text);
	columns(conv, text);
	lam_c_add(text,
		"\t\t\tint32_t a[%lld];\n\t\t\tfor (int l = 0; l < %lld; l++)\n"
		"\t\t\t\ta[l] = bo[l];\n\t\t\tfor (int p = %s; p < ",
		L, L, first ? "p0" : "0");
	if (last)
		lam_c_add(text, "p1");
	else
		lam_c_add(text, "%lld", (long long)conv->kernel[0]);
	lam_c_add(text,
		"; p++)\n\t\t\t    for (int q = q0; q < q1; q++) {\n"
		"\t\t\t\tconst int8_t *const r = xg + (u + p * %lld) * %lld + (v + q * %lld) * "
		"%lld;\n\t\t\t\tconst int8_t *f = wo + (p * %lld + q) * %lld;\n"
		"\t\t\t\tfor (int c = 0; c < %lld; c++, f += %lld) {\n"
		"\t\t\t\t\tconst int32_t s = r[c * %lld];\n\t\t\t\t\t%s_UNROLL\n"
		"\t\t\t\t\tfor (int l = 0; l < %lld; l++)\n\t\t\t\t\t\ta[l] += s * f[l];\n"
		"\t\t\t\t}\n\t\t\t}\n",
		(long long)conv->dilation[0], (long long)conv->x_step[0],
		(long long)conv->dilation[1], (long long)conv->x_step[1],
		(long long)conv->kernel[1], (long long)(conv->in * lanes), (long long)conv->in, L,
		(long long)conv->x_channel, graph->name, L);
	lam_c_add(text,
		"\t\t\tfor (int l = 0; l < %lld; l++)\n"
		"\t\t\t\tyg[i * %lld + j * %lld + (%lld + o * %lld + l) * %lld] = "
		"%s_q(a[l], bo[%lld + l], bo[%lld + l], %d, %d);\n\t\t}\n\t}\n",
		(long long)real, (long long)conv->y_step[0], (long long)conv->y_step[1],
		(long long)o, L, (long long)conv->y_channel, graph->name, (long long)n,
		(long long)(2 * n), (int)low, (int)high);
	*w += blocks * lanes * taps;
	return blocks * lanes;
}

static void dense_text(
	lam_c_graph *graph, const lam_c_conv *conv, int32_t low, int32_t high, lam_c_text *text)
{
	const int64_t n = lam_c_all_lanes(conv), lanes = n / conv->groups;
	int64_t w = 0;
	lam_c_add(text,
		"\tfor (int g = 0; g < %lld; g++) {\n"
		"\tconst int8_t *const xg = x + g * %lld, *const wg = w + g * %lld;\n"
		"\tconst int32_t *const bg = b + g * %lld;\n\tint8_t *const yg = y + g * %lld;\n",
		(long long)conv->groups, (long long)(conv->in * conv->x_channel),
		(long long)(lanes * conv->in * conv->kernel[0] * conv->kernel[1]), (long long)lanes,
		(long long)(conv->out * conv->y_channel));
	for (int64_t o = 0; o < conv->out;)
		o += block_text(graph, conv, o, &w, n, low, high, text);
	lam_c_add(text, "\t}\n");
}

static void deep_text(
	lam_c_graph *graph, const lam_c_conv *conv, int32_t low, int32_t high, lam_c_text *text)
{
	const long long n = (long long)conv->groups;
	lam_c_add(text, "\tfor (int i = 0; i < %lld; i++) {\n", (long long)conv->places[0]);
	lam_c_rows_text(conv, text);
	columns(conv, text);
	const bool first = conv->pad[0] > 0,
		   last = (conv->places[0] - 1) * conv->stride[0] - conv->pad[0]
			+ (conv->kernel[0] - 1) * conv->dilation[0]
		>= conv->size[0];
	char end[24] = "p1";
	if (!last)
		snprintf(end, sizeof end, "%lld", (long long)conv->kernel[0]);
	for (long long c = 0; c < n; c += 16) {
		const long long lanes = n - c < 16 ? n - c : 16;
		lam_c_add(text,
			"\t\t\t{\n\t\t\tint32_t a[%lld];\n\t\t\tfor (int l = 0; l < %lld; l++)\n"
			"\t\t\t\ta[l] = b[%lld + l];\n\t\t\tfor (int p = %s; p < %s; p++)\n"
			"\t\t\t    for (int q = q0; q < q1; q++) {\n"
			"\t\t\t\tconst int8_t *const r = x + (u + p * %lld) * %lld + (v + q * "
			"%lld) * %lld + %lld;\n"
			"\t\t\t\tconst int8_t *const f = w + (p * %lld + q) * %lld + %lld;\n"
			"\t\t\t\t%s_UNROLL\n\t\t\t\tfor (int l = 0; l < %lld; l++)\n"
			"\t\t\t\t\ta[l] += (int32_t)r[l] * f[l];\n\t\t\t}\n",
			lanes, lanes, c, first ? "p0" : "0", end, (long long)conv->dilation[0],
			(long long)conv->x_step[0], (long long)conv->dilation[1],
			(long long)conv->x_step[1], c, (long long)conv->kernel[1], n, c,
			graph->name, lanes);
		lam_c_add(text,
			"\t\t\tfor (int l = 0; l < %lld; l++)\n"
			"\t\t\t\ty[i * %lld + j * %lld + %lld + l] = %s_q(a[l], b[%lld + l], "
			"b[%lld + l], %d, %d);\n\t\t\t}\n",
			lanes, (long long)conv->y_step[0], (long long)conv->y_step[1], c,
			graph->name, n + c, 2 * n + c, (int)low, (int)high);
	}
	lam_c_add(text, "\t\t}\n\t}\n");
}

void lam_c_conv_write8(lam_c_graph *graph, const lam_c_conv *conv)
{
	const lam_c_op *op = conv->op;
	const int64_t n = lam_c_all_lanes(conv),
		      w = lam_c_int8_weights(
			      graph, n * conv->in * conv->kernel[0] * conv->kernel[1]),
		      b = lam_c_int8_numbers(graph, 3 * n);
	lam_c_step *step = lam_c_step_new(graph, op);
	if (!step || w < 0 || b < 0)
		return;
	pack(graph, conv, graph->int8->weights + w, graph->int8->numbers + b);
	lam_c_int8_range(graph, op, &step->low, &step->high);
	step->run = lam_c_run_conv;
	step->conv = *conv;
	step->x[0] += conv->x_at;
	step->y += conv->y_at;
	step->w = w;
	step->b = b;
	lam_c_text text = {0};
	lam_c_add(&text,
		"(int8_t *%s_RESTRICT y, const int8_t *%s_RESTRICT x,\n"
		"\tconst int8_t *%s_RESTRICT w, const int32_t *%s_RESTRICT b)\n{\n",
		graph->name, graph->name, graph->name, graph->name);
	if (lam_c_depthwise(conv))
		deep_text(graph, conv, step->low, step->high, &text);
	else
		dense_text(graph, conv, step->low, step->high, &text);
	lam_c_add(&text, "}\n");
	const int function = lam_c_function(graph, &text);
	lam_c_add(&graph->calls, "\t/* %s%s%s */\n\t%s_f%d(%s", op->call->layer_class->kind,
		*op->call->path ? " " : "", op->call->path, graph->name, function,
		lam_c_at(graph, op->out, conv->y_at).text);
	lam_c_call_argument(graph, lam_c_at(graph, op->in[0], conv->x_at).text);
	lam_c_add(
		&graph->calls, ", weights + %lld, numbers + %lld);\n", (long long)w, (long long)b);
}
