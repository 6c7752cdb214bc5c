/* SPDX-License-Identifier: MIT */
/* Zeros around planes, and linear upsampling. */
#include "exchange/c/kinds.h"

static void finish(lam_c_graph *graph, lam_c_op *op, lam_c_text *text)
{
	lam_c_add(text, "}\n");
	const int function = lam_c_function(graph, text);
	lam_c_call_begin(graph, op, function);
	lam_c_call_argument(graph, lam_c_at(graph, op->in[0], 0).text);
	lam_c_call_end(graph);
}

static void head(const lam_c_graph *graph, lam_c_text *text)
{
	lam_c_add(text, "(float *%s_RESTRICT y, const float *%s_RESTRICT x)\n{\n", graph->name,
		graph->name);
}

void lam_c_emit_pad(lam_c_graph *graph, lam_c_op *op)
{
	const lam_c_plane x = lam_c_plane_of(&graph->values[op->in[0]]),
			  y = lam_c_plane_of(&graph->values[op->out]);
	const bool plane = graph->values[op->out].shape.rank == 3;
	int64_t before[2] = {plane ? (int64_t)lam_c_option(op->call, "pad", 2) : 0,
		(int64_t)lam_c_option(op->call, "pad", 0)};
	lam_c_text text = {0};
	head(graph, &text);
	lam_c_add(&text,
		"\tfor (int i = 0; i < %lld; i++)\n\tfor (int j = 0; j < %lld; j++) {\n"
		"\t\tfloat *const to = y + i * %lld + j * %lld;\n"
		"\t\tconst int u = i - %lld, v = j - %lld;\n",
		(long long)y.size[0], (long long)y.size[1], (long long)y.step[0],
		(long long)y.step[1], (long long)before[0], (long long)before[1]);
	lam_c_add(&text,
		"\t\tif (u >= 0 && u < %lld && v >= 0 && v < %lld)\n"
		"\t\t\tfor (int c = 0; c < %lld; c++)\n"
		"\t\t\t\tto[c * %lld] = x[u * %lld + v * %lld + c * %lld];\n"
		"\t\telse\n\t\t\tfor (int c = 0; c < %lld; c++)\n\t\t\t\tto[c * %lld] = 0.0f;\n"
		"\t}\n",
		(long long)x.size[0], (long long)x.size[1], (long long)x.channels,
		(long long)y.channel, (long long)x.step[0], (long long)x.step[1],
		(long long)x.channel, (long long)y.channels, (long long)y.channel);
	finish(graph, op, &text);
}

/* Place of output i along an axis of n values: input a, the next one b, and the weight t of b. By
 * whole numbers, so that nothing is rounded but t. */
static void place(lam_c_text *text, int d, int64_t n, int64_t scale, bool align)
{
	const char i = "ij"[d];
	const long long m = (long long)n, s = (long long)scale;
	if (align)
		lam_c_add(text, "\t\tconst int m%d = %c * %lld, d%d = %lld;\n", d, i, m - 1, d,
			s * m > 1 ? s * m - 1 : 1);
	else
		lam_c_add(text,
			"\t\tconst int m%d = 2 * %c + 1 < %lld ? 0 : 2 * %c + 1 - %lld, d%d = "
			"%lld;\n",
			d, i, s, i, s, d, 2 * s);
	lam_c_add(text,
		"\t\tconst int a%d = m%d / d%d, b%d = a%d + 1 < %lld ? a%d + 1 : a%d;\n"
		"\t\tconst float t%d = (float)(m%d %% d%d) / (float)d%d;\n",
		d, d, d, d, d, m, d, d, d, d, d, d);
}

void lam_c_emit_upsample(lam_c_graph *graph, lam_c_op *op)
{
	const lam_c_plane x = lam_c_plane_of(&graph->values[op->in[0]]),
			  y = lam_c_plane_of(&graph->values[op->out]);
	const bool align = lam_c_option(op->call, "align_corners", 0) != 0;
	lam_c_text text = {0};
	head(graph, &text);
	lam_c_add(&text, "\tfor (int i = 0; i < %lld; i++) {\n", (long long)y.size[0]);
	place(&text, 0, x.size[0], y.size[0] / x.size[0], align);
	lam_c_add(&text, "\tfor (int j = 0; j < %lld; j++) {\n", (long long)y.size[1]);
	place(&text, 1, x.size[1], y.size[1] / x.size[1], align);
	for (int k = 0; k < 4; k++)
		lam_c_add(&text, "\t\tconst float *const x%d = x + %c0 * %lld + %c1 * %lld;\n", k,
			k < 2 ? 'a' : 'b', (long long)x.step[0], k % 2 ? 'b' : 'a',
			(long long)x.step[1]);
	lam_c_add(&text,
		"\t\tfloat *const to = y + i * %lld + j * %lld;\n"
		"\t\tfor (int c = 0; c < %lld; c++) {\n",
		(long long)y.step[0], (long long)y.step[1], (long long)x.channels);
	for (int k = 0; k < 4; k += 2)
		lam_c_add(&text,
			"\t\t\tconst float r%d = x%d[c * %lld] + (x%d[c * %lld] - x%d[c * %lld]) * "
			"t1;\n",
			k / 2, k, (long long)x.channel, k + 1, (long long)x.channel, k,
			(long long)x.channel);
	lam_c_add(&text, "\t\t\tto[c * %lld] = r0 + (r1 - r0) * t0;\n\t\t}\n\t}\n\t}\n",
		(long long)y.channel);
	finish(graph, op, &text);
}
