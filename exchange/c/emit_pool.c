/* SPDX-License-Identifier: MIT */
/* Pooling. The vectors are channels; where no window leaves the plane, all taps of a window are one
 * expression. */
#include "exchange/c/int8.h"

#include <string.h>

struct pool {
	lam_c_plane x, y;
	int64_t kernel[2], stride[2], pad[2], dilation[2];
	bool max, exclude, adaptive;
};

enum { MOST_TAPS = 16 };

static struct pool pool_of(const lam_c_graph *graph, const lam_c_op *op)
{
	const lam_call *call = op->call;
	const char *kind = call->layer_class->kind;
	const lam_c_value *x = &graph->values[op->in[0]];
	const bool plane = x->shape.rank == 3;
	struct pool pool = {.x = lam_c_plane_of(x),
		.y = lam_c_plane_of(&graph->values[op->out]),
		.max = !strncmp(kind, "max", 3),
		.adaptive = !strncmp(kind, "adaptive", 8),
		.exclude = lam_c_option(call, "exclude_pad", 0) != 0};
	for (int d = 0; d < 2; d++) {
		const bool one = d == 0 && !plane;
		const int index = plane ? d : 0;
		pool.kernel[d] = one ? 1 : (int64_t)lam_c_option(call, "kernel", index);
		pool.stride[d] = one ? 1 : (int64_t)lam_c_option(call, "stride", index);
		pool.pad[d] = one ? 0 : (int64_t)lam_c_option(call, "pad", index);
		pool.dilation[d] = one ? 1 : (int64_t)lam_c_option(call, "dilation", index);
		if (!pool.dilation[d])
			pool.dilation[d] = 1;
		if (!pool.stride[d])
			pool.stride[d] = pool.kernel[d];
		if (pool.adaptive && pool.x.size[d] % pool.y.size[d] == 0)
			pool.kernel[d] = pool.stride[d] = pool.x.size[d] / pool.y.size[d];
	}
	pool.adaptive = pool.adaptive
		&& (pool.x.size[0] % pool.y.size[0] || pool.x.size[1] % pool.y.size[1]);
	return pool;
}

lam_c_windows lam_c_windows_of(const lam_c_graph *graph, const lam_c_op *op)
{
	const struct pool pool = pool_of(graph, op);
	lam_c_windows w = {.x = pool.x,
		.y = pool.y,
		.max = strstr(op->call->layer_class->kind, "max") != NULL};
	const bool global = op->kind->emit == lam_c_emit_global;
	if (global)
		w.y = (lam_c_plane){.channels = pool.x.channels,
			.size = {1, 1},
			.channel = graph->values[op->out].nest.step[0]};
	for (int d = 0; d < 2; d++) {
		w.kernel[d] = global ? pool.x.size[d] : pool.adaptive ? 0 : pool.kernel[d];
		w.stride[d] = global ? 1 : pool.stride[d];
		w.pad[d] = global ? 0 : pool.pad[d];
		w.dilation[d] = global ? 1 : pool.dilation[d];
	}
	return w;
}

static bool inside(const struct pool *pool)
{
	for (int d = 0; d < 2; d++) {
		const int64_t last = (pool->y.size[d] - 1) * pool->stride[d]
			+ (pool->kernel[d] - 1) * pool->dilation[d];
		if (pool->pad[d] || last >= pool->x.size[d])
			return false;
	}
	return !pool->adaptive && pool->kernel[0] * pool->kernel[1] <= MOST_TAPS;
}

static void head(const lam_c_graph *graph, lam_c_text *text)
{
	lam_c_add(text, "(float *%s_RESTRICT y, const float *%s_RESTRICT x)\n{\n", graph->name,
		graph->name);
}

static void finish(lam_c_graph *graph, lam_c_op *op, lam_c_text *text)
{
	const int function = lam_c_function(graph, text);
	lam_c_call_begin(graph, op, function);
	lam_c_call_argument(graph, lam_c_at(graph, op->in[0], 0).text);
	lam_c_call_end(graph);
}

static void places(const struct pool *pool, lam_c_text *text)
{
	lam_c_add(text, "\tfor (int i = 0; i < %lld; i++)\n\tfor (int j = 0; j < %lld; j++) {\n",
		(long long)pool->y.size[0], (long long)pool->y.size[1]);
	lam_c_add(text, "\t\tfloat *const %s = y + i * %lld + j * %lld;\n", "to",
		(long long)pool->y.step[0], (long long)pool->y.step[1]);
}

/* All taps of a window at once. */
static void windows(const struct pool *pool, lam_c_text *text)
{
	const long long taps = (long long)(pool->kernel[0] * pool->kernel[1]);
	places(pool, text);
	lam_c_add(text, "\t\tconst float *const from = x + i * %lld + j * %lld;\n",
		(long long)(pool->stride[0] * pool->x.step[0]),
		(long long)(pool->stride[1] * pool->x.step[1]));
	lam_c_add(text, "\t\tfor (int c = 0; c < %lld; c++) {\n\t\t\tfloat m = from[c * %lld];\n",
		(long long)pool->x.channels, (long long)pool->x.channel);
	for (int64_t p = 0; p < pool->kernel[0]; p++)
		for (int64_t q = p == 0; q < pool->kernel[1]; q++) {
			const long long at = (long long)(p * pool->dilation[0] * pool->x.step[0]
				+ q * pool->dilation[1] * pool->x.step[1]);
			if (pool->max)
				lam_c_add(text,
					"\t\t\t{ const float t = from[c * %lld + %lld]; m = t > m "
					"|| t != t ? t : m; }\n",
					(long long)pool->x.channel, at);
			else
				lam_c_add(text, "\t\t\tm += from[c * %lld + %lld];\n",
					(long long)pool->x.channel, at);
		}
	lam_c_add(text, "\t\t\tto[c * %lld] = m", (long long)pool->y.channel);
	if (!pool->max)
		lam_c_add(text, " * %s", lam_c_float(1.0 / (double)taps).text);
	lam_c_add(text, ";\n\t\t}\n\t}\n");
}

/* First and last tap along an axis, and how many values the mean divides by. */
static void range(const struct pool *pool, int d, lam_c_text *text)
{
	const char i = "ij"[d], p = "pq"[d];
	const long long n = (long long)pool->x.size[d], m = (long long)pool->y.size[d],
			k = (long long)pool->kernel[d], pad = (long long)pool->pad[d],
			dilation = (long long)pool->dilation[d];
	if (pool->adaptive) {
		lam_c_add(text,
			"\t\tconst int u%d = 0, %c0 = %c * %lld / %lld, "
			"%c1 = ((%c + 1) * %lld + %lld) / %lld;\n\t\tconst int n%d = %c1 - %c0;\n",
			d, p, i, n, m, p, i, n, m - 1, m, d, p, p);
		return;
	}
	lam_c_add(text, "\t\tconst int u%d = %c * %lld - %lld;\n", d, i, (long long)pool->stride[d],
		pad);
	lam_c_add(text, "\t\tconst int %c0 = u%d < 0 ? (%lld - u%d) / %lld : 0;\n", p, d,
		dilation - 1, d, dilation);
	lam_c_add(text, "\t\tconst int %c1 = u%d + %lld >= %lld ? (%lld - u%d) / %lld : %lld;\n", p,
		d, (k - 1) * dilation, n, n + dilation - 1, d, dilation, k);
	if (pool->max)
		return;
	if (pool->exclude)
		lam_c_add(text, "\t\tconst int n%d = %c1 - %c0;\n", d, p, p);
	else
		lam_c_add(text, "\t\tconst int n%d = u%d + %lld > %lld ? %lld - u%d : %lld;\n", d,
			d, k, n + pad, n + pad, d, k);
}

/* Tap by tap, over all channels of a place. */
static void taps(const struct pool *pool, lam_c_text *text)
{
	const long long channels = (long long)pool->x.channels, xc = (long long)pool->x.channel,
			yc = (long long)pool->y.channel;
	places(pool, text);
	range(pool, 0, text);
	range(pool, 1, text);
	lam_c_add(text, "\t\tfor (int c = 0; c < %lld; c++)\n\t\t\tto[c * %lld] = %s;\n", channels,
		yc, pool->max ? "-HUGE_VALF" : "0.0f");
	lam_c_add(text,
		"\t\tfor (int p = p0; p < p1; p++)\n\t\tfor (int q = q0; q < q1; q++) {\n"
		"\t\t\tconst float *const from = x + (u0 + p * %lld) * %lld + (u1 + q * %lld) * "
		"%lld;\n"
		"\t\t\tfor (int c = 0; c < %lld; c++)\n",
		(long long)pool->dilation[0], (long long)pool->x.step[0],
		(long long)pool->dilation[1], (long long)pool->x.step[1], channels);
	if (pool->max)
		lam_c_add(text,
			"\t\t\t\tto[c * %lld] = from[c * %lld] > to[c * %lld] || from[c * %lld] != "
			"from[c * %lld] ? from[c * %lld] : to[c * %lld];\n\t\t}\n",
			yc, xc, yc, xc, xc, xc, yc);
	else
		lam_c_add(text,
			"\t\t\t\tto[c * %lld] += from[c * %lld];\n\t\t}\n"
			"\t\tconst float r = 1.0f / (float)(n0 * n1);\n"
			"\t\tfor (int c = 0; c < %lld; c++)\n\t\t\tto[c * %lld] *= r;\n",
			yc, xc, channels, yc);
	lam_c_add(text, "\t}\n");
}

void lam_c_emit_pool(lam_c_graph *graph, lam_c_op *op)
{
	const struct pool pool = pool_of(graph, op);
	lam_c_text text = {0};
	head(graph, &text);
	if (inside(&pool)) {
		windows(&pool, &text);
	} else {
		graph->math = true;
		taps(&pool, &text);
	}
	lam_c_add(&text, "}\n");
	finish(graph, op, &text);
}

void lam_c_emit_global(lam_c_graph *graph, lam_c_op *op)
{
	const lam_c_plane x = lam_c_plane_of(&graph->values[op->in[0]]);
	const long long y = (long long)graph->values[op->out].nest.step[0],
			channels = (long long)x.channels, xc = (long long)x.channel;
	const bool max = strstr(op->call->layer_class->kind, "max") != NULL;
	lam_c_text text = {0};
	head(graph, &text);
	lam_c_add(&text, "\tfor (int c = 0; c < %lld; c++)\n\t\ty[c * %lld] = %s;\n", channels, y,
		max ? "-HUGE_VALF" : "0.0f");
	graph->math |= max;
	lam_c_add(&text,
		"\tfor (int i = 0; i < %lld; i++)\n\tfor (int j = 0; j < %lld; j++) {\n"
		"\t\tconst float *const from = x + i * %lld + j * %lld;\n"
		"\t\tfor (int c = 0; c < %lld; c++)\n",
		(long long)x.size[0], (long long)x.size[1], (long long)x.step[0],
		(long long)x.step[1], channels);
	if (max)
		lam_c_add(&text,
			"\t\t\ty[c * %lld] = from[c * %lld] > y[c * %lld] || from[c * %lld] != "
			"from[c * %lld] ? from[c * %lld] : y[c * %lld];\n\t}\n",
			y, xc, y, xc, xc, xc, y);
	else
		lam_c_add(&text,
			"\t\t\ty[c * %lld] += from[c * %lld];\n\t}\n"
			"\tfor (int c = 0; c < %lld; c++)\n\t\ty[c * %lld] *= %s;\n",
			y, xc, channels, y,
			lam_c_float(1.0 / (double)(x.size[0] * x.size[1])).text);
	lam_c_add(&text, "}\n");
	finish(graph, op, &text);
}
