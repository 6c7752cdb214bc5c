/* SPDX-License-Identifier: MIT */
/* Functions of one number as C expressions of x. NaN stays NaN, and infinities give the limit, as
 * in framework/kernels/curves.h. */
#include "exchange/c/curves.h"

#include "exchange/c/int8.h"

#include <math.h>
#include <string.h>

static double relu(const lam_call *call, double x)
{
	(void)call;
	return fmax(x, 0);
}

static double leaky_relu(const lam_call *call, double x)
{
	return x > 0 ? x : x * lam_c_option(call, "slope", 0);
}

static double sigmoid(const lam_call *call, double x)
{
	(void)call;
	return 1 / (1 + exp(-x));
}

static double of_tanh(const lam_call *call, double x)
{
	(void)call;
	return tanh(x);
}

static double gelu(const lam_call *call, double x)
{
	(void)call;
	return x * 0.5 * (1 + erf(x * 0.70710678118654752440));
}

static double silu(const lam_call *call, double x)
{
	(void)call;
	return x / (1 + exp(-x));
}

static double softplus(const lam_call *call, double x)
{
	const double beta = lam_c_option(call, "beta", 0), z = x * beta;
	return z > lam_c_option(call, "threshold", 0) ? x : log1p(exp(z)) / beta;
}

static double elu(const lam_call *call, double x)
{
	return x > 0 ? x : lam_c_option(call, "alpha", 0) * expm1(x);
}

static double hard_sigmoid(const lam_call *call, double x)
{
	(void)call;
	return fmin(fmax(x + 3, 0), 6) / 6;
}

static double hard_swish(const lam_call *call, double x)
{
	return x * hard_sigmoid(call, x);
}

static double clip(const lam_call *call, double x)
{
	return fmin(fmax(x, lam_c_option(call, "least", 0)), lam_c_option(call, "most", 0));
}

static double scale(const lam_call *call, double x)
{
	return x * lam_c_option(call, "factor", 0);
}

/* A row for each kind: its body in C, where "$name" is an option; whether that calls math.h; and
 * the same function here, for tables of int8. */
static const struct curve {
	const char *kind, *text;
	bool math;
	double (*value)(const lam_call *call, double x);
} curves[] = {
	{"relu", "\treturn x < 0.0f ? 0.0f : x;\n", false, relu},
	{"leaky_relu", "\treturn x > 0.0f ? x : x * $slope;\n", false, leaky_relu},
	{"sigmoid", "\treturn 1.0f / (1.0f + expf(-x));\n", true, sigmoid},
	{"sigmoid_cross_entropy", "\treturn 1.0f / (1.0f + expf(-x));\n", true, sigmoid},
	{"tanh", "\treturn tanhf(x);\n", true, of_tanh},
	{"gelu",
		"\tconst float z = x < -1000.0f ? -1000.0f : x;\n"
		"\treturn z * (0.5f * (1.0f + erff(z * 0.707106781f)));\n",
		true, gelu},
	{"silu",
		"\tconst float z = x < -1000.0f ? -1000.0f : x;\n"
		"\treturn z / (1.0f + expf(-z));\n",
		true, silu},
	{"softplus",
		"\tconst float z = x * $beta;\n"
		"\treturn z > $threshold ? x\n"
		"\t\t: ((z < 0.0f ? 0.0f : z) + log1pf(expf(-fabsf(z)))) / $beta;\n",
		true, softplus},
	{"elu", "\treturn x > 0.0f ? x : $alpha * expm1f(x);\n", true, elu},
	{"hard_swish",
		"\tconst float z = x < -3.0f ? -3.0f : x, g = z + 3.0f;\n"
		"\treturn z * ((g > 6.0f ? 6.0f : g) * 0.166666672f);\n",
		false, hard_swish},
	{"hard_sigmoid",
		"\tconst float z = x < -3.0f ? 0.0f : x + 3.0f;\n"
		"\treturn (z > 6.0f ? 6.0f : z) * 0.166666672f;\n",
		false, hard_sigmoid},
	{"clip",
		"\tconst float z = x < $least ? $least : x;\n"
		"\treturn z > $most ? $most : z;\n",
		false, clip},
	{"scale", "\treturn x * $factor;\n", false, scale},
};

/* The row of a call, whose kind has .curve and so is there. */
static const struct curve *row_of(const lam_call *call)
{
	const struct curve *row = curves;
	while (strcmp(row->kind, call->layer_class->kind) != 0)
		row++;
	return row;
}

void lam_c_curve(lam_c_graph *graph, const lam_call *call, lam_c_text *text)
{
	const struct curve *row = row_of(call);
	graph->math |= row->math;
	for (const char *c = row->text; *c;) {
		if (*c != '$') {
			lam_c_bytes(text, c++, 1);
			continue;
		}
		char name[16] = {0};
		const size_t length = strspn(c + 1, "abcdefghijklmnopqrstuvwxyz");
		memcpy(name, c + 1, length < sizeof name ? length : sizeof name - 1);
		lam_c_add(text, "%s", lam_c_float(lam_c_option(call, name, 0)).text);
		c += 1 + length;
	}
}

double lam_c_curve_value(const lam_call *call, double x)
{
	return row_of(call)->value(call, x);
}
