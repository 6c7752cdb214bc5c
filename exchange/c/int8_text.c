/* SPDX-License-Identifier: MIT */
/* What a file says of a net of int8, and its arrays. */
#include "exchange/c/int8.h"
#include "exchange/c/write.h"

#include <math.h>

enum { A_LINE = 16 };

static double percent(double fraction)
{
	return rint(fraction * 10000) / 100;
}

void lam_c_int8_told(const lam_c_int8 *int8, lam_c_text *text)
{
	const lam_c_loss *loss = &int8->loss;
	lam_c_add(text, " * int8: the net's values times a scale, measured on samples\n");
	if (!isnan(loss->net)) {
		const int64_t net = (int64_t)rint(percent(loss->net) * 100),
			      now = (int64_t)rint(percent(loss->int8) * 100);
		lam_c_add(text,
			" * accuracy %lld.%02lld %% on %lld samples, in float %lld.%02lld %%\n",
			(long long)now / 100, (long long)now % 100, (long long)loss->samples,
			(long long)net / 100, (long long)net % 100);
	} else {
		const int64_t off = (int64_t)rint(percent(fmin(loss->difference, 1e6)) * 100);
		lam_c_add(text, " * outputs differ by up to %lld.%02lld %% of the largest\n",
			(long long)off / 100, (long long)off % 100);
	}
	lam_c_add(text, " *\n");
}

void lam_c_int8_arrays(const lam_c_graph *graph, const char *upper, lam_c_text *text)
{
	const lam_c_int8 *int8 = graph->int8;
	const char *name = graph->name;
	lam_c_add(text, "static const int8_t %s_weights[%s_WEIGHTS] = {\n", name, upper);
	for (int64_t i = 0; i < int8->count || i == 0; i++)
		lam_c_add(text, "%s%d,%s", i % A_LINE ? " " : "\t",
			int8->count ? int8->weights[i] : 0,
			i % A_LINE == A_LINE - 1 || i >= int8->count - 1 ? "\n" : "");
	lam_c_add(text, "};\n\nstatic const int32_t %s_numbers[%s_NUMBERS] = {\n", name, upper);
	for (int64_t i = 0; i < int8->number_count || i == 0; i++)
		lam_c_add(text, "%s%d,%s", i % 8 ? " " : "\t",
			int8->number_count ? (int)int8->numbers[i] : 0,
			i % 8 == 7 || i >= int8->number_count - 1 ? "\n" : "");
	lam_c_add(text,
		"};\n\n/* a factor / 2^shift, rounded. */\n"
		"static int8_t %s_q(int64_t a, int32_t factor, int32_t shift, int32_t low, "
		"int32_t high)\n{\n"
		"\tconst int64_t t = a * factor, half = (int64_t)1 << (shift - 1);\n"
		"\tconst int64_t r = t < 0 ? -((half - t) >> shift) : (t + half) >> shift;\n"
		"\treturn (int8_t)(r < low ? low : r > high ? high : r);\n}\n\n",
		name);
}
