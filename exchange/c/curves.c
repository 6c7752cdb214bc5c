/* SPDX-License-Identifier: MIT */
/* Functions of one number as C expressions of x. NaN stays NaN, and infinities give the limit, as
 * in framework/kernels/curves.h. */
#include "exchange/c/curves.h"

#include "exchange/c/int8.h"

#include <math.h>
#include <string.h>

/* The rows name options by "$name". Those with a function of math.h are marked. */
static const struct curve {
	const char *kind, *text;
	bool math;
} curves[] = {
	{"relu", "\treturn x < 0.0f ? 0.0f : x;\n", false},
	{"leaky_relu", "\treturn x > 0.0f ? x : x * $slope;\n", false},
	{"sigmoid", "\treturn 1.0f / (1.0f + expf(-x));\n", true},
	{"sigmoid_cross_entropy", "\treturn 1.0f / (1.0f + expf(-x));\n", true},
	{"tanh", "\treturn tanhf(x);\n", true},
	{"gelu",
		"\tconst float z = x < -1000.0f ? -1000.0f : x;\n"
		"\treturn z * (0.5f * (1.0f + erff(z * 0.707106781f)));\n",
		true},
	{"silu",
		"\tconst float z = x < -1000.0f ? -1000.0f : x;\n"
		"\treturn z / (1.0f + expf(-z));\n",
		true},
	{"softplus",
		"\tconst float z = x * $beta;\n"
		"\treturn z > $threshold ? x\n"
		"\t\t: ((z < 0.0f ? 0.0f : z) + log1pf(expf(-fabsf(z)))) / $beta;\n",
		true},
	{"elu", "\treturn x > 0.0f ? x : $alpha * expm1f(x);\n", true},
	{"hard_swish",
		"\tconst float z = x < -3.0f ? -3.0f : x, g = z + 3.0f;\n"
		"\treturn z * ((g > 6.0f ? 6.0f : g) * 0.166666672f);\n",
		false},
	{"hard_sigmoid",
		"\tconst float z = x < -3.0f ? 0.0f : x + 3.0f;\n"
		"\treturn (z > 6.0f ? 6.0f : z) * 0.166666672f;\n",
		false},
	{"clip",
		"\tconst float z = x < $least ? $least : x;\n"
		"\treturn z > $most ? $most : z;\n",
		false},
	{"scale", "\treturn x * $factor;\n", false},
};

void lam_c_curve(lam_c_graph *graph, const lam_call *call, lam_c_text *text)
{
	const struct curve *row = curves;
	while (strcmp(row->kind, call->layer_class->kind) != 0)
		row++;
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
	const char *kind = call->layer_class->kind;
	const double gate = fmin(fmax(x + 3, 0), 6) / 6;
	if (!strcmp(kind, "relu"))
		return fmax(x, 0);
	if (!strcmp(kind, "leaky_relu"))
		return x > 0 ? x : x * lam_c_option(call, "slope", 0);
	if (!strncmp(kind, "sigmoid", 7))
		return 1 / (1 + exp(-x));
	if (!strcmp(kind, "tanh"))
		return tanh(x);
	if (!strcmp(kind, "gelu"))
		return x * 0.5 * (1 + erf(x * 0.70710678118654752440));
	if (!strcmp(kind, "silu"))
		return x / (1 + exp(-x));
	if (!strcmp(kind, "softplus")) {
		const double beta = lam_c_option(call, "beta", 0), z = x * beta;
		return z > lam_c_option(call, "threshold", 0) ? x : log1p(exp(z)) / beta;
	}
	if (!strcmp(kind, "elu"))
		return x > 0 ? x : lam_c_option(call, "alpha", 0) * expm1(x);
	if (!strcmp(kind, "hard_swish"))
		return x * gate;
	if (!strcmp(kind, "hard_sigmoid"))
		return gate;
	if (!strcmp(kind, "clip"))
		return fmin(fmax(x, lam_c_option(call, "least", 0)), lam_c_option(call, "most", 0));
	return x * lam_c_option(call, "factor", 0);
}
