/* SPDX-License-Identifier: MIT */
/* The program that an exported file is with -DNAME_TEST: it makes a sample, and compares the output
 * with the net's. */
#include "exchange/c/int8.h"
#include "exchange/c/write.h"

#include <math.h>

float lam_c_sample(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return (float)(*state >> 8) * (float)(1.0 / 16777216);
}

static bool integer(const lam_c_graph *graph)
{
	return graph->int8 && graph->int8->integer;
}

static void expected(const lam_c_graph *graph, const lam_c_file *file, lam_c_text *text)
{
	for (int i = 0; i < graph->plan->output_count; i++) {
		const int64_t count = lam_c_end_values(graph, LAM_C_OUTPUT, i);
		lam_c_add(text, "\tstatic const float expected%d[%lld] = {\n", i, (long long)count);
		for (int64_t k = 0; k < count; k++) {
			const double value = (double)file->outputs[i][k];
			lam_c_add(text, "%s%s,%s", k % 8 ? " " : "\t\t",
				lam_c_float(isfinite((float)value) ? value : 0).text,
				k % 8 == 7 || k == count - 1 ? "\n" : "");
		}
		lam_c_add(text, "\t};\n");
	}
}

/* Reads the weights of LAM_C_BLOB from the file that the command line names. */
static void read_weights(const lam_c_graph *graph, const lam_c_file *file, lam_c_text *text)
{
	(void)graph;
	lam_c_add(text,
		"\tstatic float weights[%s_WEIGHTS];\n"
		"\tFILE *blob = count > 1 ? fopen(words[1], \"rb\") : NULL;\n"
		"\tif (!blob || fread(weights, sizeof weights, 1, blob) != 1) {\n"
		"\t\tputs(\"expected the file of the weights\");\n\t\treturn 1;\n\t}\n"
		"\tfclose(blob);\n",
		file->upper);
}

void lam_c_test_text(const lam_c_graph *graph, const lam_c_file *file, lam_c_text *text)
{
	const lam_plan *plan = graph->plan;
	const bool blob = file->options->weights == LAM_C_BLOB;
	lam_c_add(text, "\n#ifdef %s_TEST\n#include <stdio.h>\n\n", file->upper);
	lam_c_add(text,
		"static float %s_sample(unsigned long *state)\n{\n"
		"\t*state = (*state * 1664525ul + 1013904223ul) & 0xfffffffful;\n"
		"\treturn (float)(*state >> 8) * %s;\n}\n\n",
		graph->name, lam_c_float(1.0 / 16777216).text);
	lam_c_add(text,
		"static int %s_differs(const float *y, const float *expected, int count)\n{\n"
		"\tfloat most = 1e-6f, worst = 0.0f;\n\tint i;\n"
		"\tfor (i = 0; i < count; i++) {\n"
		"\t\tconst float size = expected[i] < 0.0f ? -expected[i] : expected[i];\n"
		"\t\tconst float d = y[i] < expected[i] ? expected[i] - y[i] : y[i] - "
		"expected[i];\n"
		"\t\tmost = size > most ? size : most;\n"
		"\t\tworst = d <= worst ? worst : d;\n\t}\n"
		"\tprintf(\"differs by %%g of %%g\\n\", (double)worst, (double)most);\n"
		"\treturn !(worst <= 2e-4f * most);\n}\n\n",
		graph->name);
	lam_c_add(text, "int main(%s)\n{\n", blob ? "int count, char **words" : "void");
	expected(graph, file, text);
	for (int i = 0; i < plan->input_count; i++)
		lam_c_add(text, "\tstatic %s x%d[%lld];\n", integer(graph) ? "int8_t" : "float", i,
			(long long)lam_c_end_values(graph, LAM_C_INPUT, i));
	for (int i = 0; i < plan->output_count; i++)
		lam_c_add(text, "\tstatic %s y%d[%lld];\n", integer(graph) ? "int8_t" : "float", i,
			(long long)lam_c_end_values(graph, LAM_C_OUTPUT, i));
	if (integer(graph))
		lam_c_add(text, "\tstatic float z0[%lld];\n",
			(long long)lam_c_end_values(graph, LAM_C_OUTPUT, 0));
	lam_c_add(text,
		"\tstatic %s arena[%s_ARENA];\n\tunsigned long state = 1;\n\tint i, "
		"result = 0;\n",
		graph->int8 ? "int8_t" : "float", file->upper);
	if (blob)
		read_weights(graph, file, text);
	for (int i = 0; i < plan->input_count; i++)
		lam_c_add(text,
			integer(graph) ? "\tfor (i = 0; i < %lld; i++)\n\t\tx%d[i] = "
					 "(int8_t)((int)(%s_sample(&state) * 255.0f) - 127);\n"
				       : "\tfor (i = 0; i < %lld; i++)\n\t\tx%d[i] = "
					 "%s_sample(&state);\n",
			(long long)lam_c_end_values(graph, LAM_C_INPUT, i), i, graph->name);
	lam_c_add(text, "\t%s_in(", graph->name);
	for (int i = 0; i < plan->input_count; i++)
		lam_c_add(text, "x%d, ", i);
	for (int i = 0; i < plan->output_count; i++)
		lam_c_add(text, "y%d, ", i);
	lam_c_add(text, "arena%s);\n", blob ? ", weights" : "");
	if (integer(graph))
		lam_c_add(text,
			"\tfor (i = 0; i < %lld; i++)\n\t\tz0[i] = (float)y0[i] * %s_Y_SCALE;\n",
			(long long)lam_c_end_values(graph, LAM_C_OUTPUT, 0), file->upper);
	for (int i = 0; i < plan->output_count; i++)
		lam_c_add(text, "\tresult |= %s_differs(%c%d, expected%d, %lld);\n", graph->name,
			integer(graph) ? 'z' : 'y', i, i,
			(long long)lam_c_end_values(graph, LAM_C_OUTPUT, i));
	lam_c_add(text, "\treturn result;\n}\n#endif\n");
}
