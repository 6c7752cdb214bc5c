/* SPDX-License-Identifier: MIT */
/* Puts the parts of the C file together, and writes all files or none. */
#include "exchange/c/write.h"
#include "exchange/c/int8.h"

#include "framework/base/shown.h"
#include "framework/files/file.h"
#include "framework/memory.h"
#include "framework/version.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { A_LINE = 8 };

/* Whether an argument and a macro can be named by this end: by letters, and by no more than their
 * case different from another one. */
static bool is_plain(const lam_plan *plan, bool in, const char *name)
{
	static const char others[] = "_0123456789";
	int alike = 0;
	for (int i = 0; i < (in ? plan->input_count : plan->output_count); i++)
		alike += !strcasecmp(name, in ? plan->input_names[i] : plan->outputs[i].name);
	bool plain = alike == 1 && strlen(name) <= 40 && !isdigit((unsigned char)*name);
	for (const char *c = name; *c; c++)
		plain = plain && (*c & 0x80) == 0
			&& (isalpha((unsigned char)*c) || strchr(others, *c));
	return plain;
}

/* The name of an end as an argument: "x", "in_image", or "in_0" where its name is not plain. */
static void end_name(const lam_c_graph *graph, lam_c_place place, int i, lam_c_text *text)
{
	const lam_plan *plan = graph->plan;
	const bool in = place == LAM_C_INPUT;
	if (plan->input_count == 1 && plan->output_count == 1) {
		lam_c_add(text, in ? "x" : "y");
		return;
	}
	const char *name = in ? plan->input_names[i] : plan->outputs[i].name;
	if (is_plain(plan, in, name))
		lam_c_add(text, "%s_%s", in ? "in" : "out", name);
	else
		lam_c_add(text, "%s_%d", in ? "in" : "out", i);
}

/* The arguments of the exported functions; `named`: as the header names them, else x0, y0 … */
static void arguments(
	const lam_c_graph *graph, const lam_c_file *file, bool named, bool arena, lam_c_text *text)
{
	const lam_plan *plan = graph->plan;
	lam_c_add(text, "(");
	for (int i = 0; i < plan->input_count + plan->output_count; i++) {
		const bool in = i < plan->input_count;
		const lam_c_place place = in ? LAM_C_INPUT : LAM_C_OUTPUT;
		const int k = in ? i : i - plan->input_count;
		lam_c_add(text, "%s%s%s ", i ? ", " : "", in ? "const " : "",
			graph->int8 && graph->int8->integer ? "int8_t" : "float");
		if (named)
			end_name(graph, place, k, text);
		else
			lam_c_add(text, "%c%d", in ? 'x' : 'y', k);
		lam_c_add(text, "[%lld]", (long long)lam_c_end_values(graph, place, k));
	}
	if (arena)
		lam_c_add(text, ", %s arena[%s_ARENA]", graph->int8 ? "int8_t" : "float",
			file->upper);
	if (file->options->weights == LAM_C_BLOB)
		lam_c_add(text, ", const float *weights");
	lam_c_add(text, ")");
}

int64_t lam_c_weight_bytes(const lam_c_graph *graph)
{
	return graph->int8 ? graph->int8->count + graph->int8->number_count * 4
			   : graph->pool.count * 4;
}

int64_t lam_c_arena_bytes(const lam_c_graph *graph)
{
	return graph->arena * (graph->int8 ? 1 : 4);
}

static int64_t at_least_one(int64_t count)
{
	return count > 0 ? count : 1;
}

static void sizes(const lam_c_graph *graph, const lam_c_file *file, lam_c_text *text)
{
	const lam_plan *plan = graph->plan;
	for (int i = 0; i < plan->input_count + plan->output_count; i++) {
		const bool in = i < plan->input_count;
		const lam_c_place place = in ? LAM_C_INPUT : LAM_C_OUTPUT;
		lam_c_text name = {0};
		end_name(graph, place, in ? i : i - plan->input_count, &name);
		for (char *c = name.bytes; c && *c; c++)
			*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
		lam_c_add(text, "#define %s_%s %lld\n", file->upper, name.bytes ? name.bytes : "",
			(long long)lam_c_end_values(graph, place, in ? i : i - plan->input_count));
		lam_c_free(&name);
	}
	lam_c_add(text, "#define %s_ARENA %lld /* values of activations */\n", file->upper,
		(long long)at_least_one(graph->arena));
	const lam_c_int8 *int8 = graph->int8;
	lam_c_add(text, "#define %s_WEIGHTS %lld\n", file->upper,
		(long long)at_least_one(int8 ? int8->count : graph->pool.count));
	if (int8)
		lam_c_add(text, "#define %s_NUMBERS %lld\n", file->upper,
			(long long)at_least_one(int8->number_count));
	if (int8 && int8->integer)
		lam_c_add(text,
			"/* A number of the input or output is its int8 times this. */\n"
			"#define %s_X_SCALE %s\n#define %s_Y_SCALE %s\n",
			file->upper, lam_c_float(int8->input).text, file->upper,
			lam_c_float(int8->output).text);
}

static void header(const lam_c_graph *graph, const lam_c_file *file, lam_c_text *text)
{
	const char *name = graph->name;
	lam_c_add(text,
		"/* Written by lamina " LAM_VERSION " from a net whose SHA-256 is\n * %s. */\n"
		"#ifndef %s_H\n#define %s_H\n\n",
		file->sha256, file->upper, file->upper);
	if (graph->int8)
		lam_c_add(text, "#include <stdint.h>\n\n");
	sizes(graph, file, text);
	lam_c_add(text, "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
	if (file->options->weights == LAM_C_FILE)
		lam_c_add(
			text, "extern const float %s_weights[%s_WEIGHTS];\n\n", name, file->upper);
	if (!file->options->caller_arena) {
		lam_c_add(text, "/* For one thread at a time: the arena is static. */\nvoid %s",
			name);
		arguments(graph, file, true, false, text);
		lam_c_add(text, ";\n\n");
	}
	lam_c_add(text, "/* Reentrant. The arena needs no initial values. */\nvoid %s_in", name);
	arguments(graph, file, true, true, text);
	lam_c_add(text, ";\n\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}

static void first_comment(const lam_c_graph *graph, const lam_c_file *file, lam_c_text *text)
{
	lam_c_add(text,
		"/* Written by lamina " LAM_VERSION ". The inference of a net, one sample at a "
		"time.\n *\n * weights  %lld bytes, read-only\n * arena    %lld bytes of "
		"activations\n"
		" * SHA-256  %s\n *          of the architecture below and the parameters\n *\n",
		(long long)lam_c_weight_bytes(graph), (long long)lam_c_arena_bytes(graph),
		file->sha256);
	if (graph->int8)
		lam_c_int8_told(graph->int8, text);
	const char *line = file->architecture ? file->architecture : "";
	while (*line) {
		const size_t length = strcspn(line, "\n");
		lam_c_bytes(text, " * ", 3);
		lam_c_bytes(text, line, length);
		lam_c_bytes(text, "\n", 1);
		line += length + (line[length] == '\n');
	}
	lam_c_add(text, " */\n#include \"%s.h\"\n\n%s", file->base,
		graph->math ? "#include <math.h>\n\n" : "");
}

static void macros(const lam_c_graph *graph, lam_c_text *text)
{
	const char *name = graph->name;
	lam_c_add(text,
		"#ifndef __cplusplus\n#define %s_RESTRICT restrict\n"
		"#elif defined(__GNUC__) || defined(_MSC_VER)\n#define %s_RESTRICT __restrict\n"
		"#else\n#define %s_RESTRICT\n#endif\n\n"
		"/* GCC unrolls short loops before it makes vectors of them, unless it is told. "
		"*/\n"
		"#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 8\n"
		"#define %s_UNROLL _Pragma(\"GCC unroll 4\")\n#else\n#define %s_UNROLL\n#endif\n\n",
		name, name, name, name, name);
}

/* The weights as an initialiser, each array with its comment. */
static void weights_text(const lam_c_graph *graph, lam_c_text *text)
{
	const lam_c_pool *pool = &graph->pool;
	lam_c_add(text, " = {\n");
	if (!pool->count)
		lam_c_add(text, "\t0.0f,\n");
	for (int i = 0; i < pool->piece_count; i++) {
		const struct lam_c_piece *piece = &pool->pieces[i];
		lam_c_add(text, "\t/* %lld: %s%s%s */\n", (long long)piece->at, piece->path,
			*piece->path ? "." : "", piece->what);
		for (int64_t k = 0; k < piece->count; k++)
			lam_c_add(text, "%s%s,%s", k % A_LINE ? " " : "\t",
				lam_c_float((double)pool->values[piece->at + k]).text,
				k % A_LINE == A_LINE - 1 || k == piece->count - 1 ? "\n" : "");
	}
	lam_c_add(text, "};\n");
}

static void body(const lam_c_graph *graph, const lam_c_file *file, lam_c_text *text)
{
	const lam_export_c_options *options = file->options;
	const char *name = graph->name;
	if (graph->zeros)
		lam_c_add(text, "static const float %s_zeros[%lld] = {0.0f};\n\n", name,
			(long long)graph->zeros);
	if (graph->int8) {
		lam_c_int8_arrays(graph, file->upper, text);
	} else if (options->weights == LAM_C_INLINE) {
		lam_c_add(text, "static const float %s_weights[%s_WEIGHTS]", name, file->upper);
		weights_text(graph, text);
		lam_c_add(text, "\n");
	}
	lam_c_bytes(text, graph->helpers.bytes, graph->helpers.count);
	lam_c_bytes(text, graph->functions.bytes, graph->functions.count);
	lam_c_add(text, "void %s_in", name);
	arguments(graph, file, false, true, text);
	lam_c_add(text, "\n{\n");
	if (options->weights != LAM_C_BLOB)
		lam_c_add(text, "\tconst %s *const weights = %s_weights;\n",
			graph->int8 ? "int8_t" : "float", name);
	if (graph->int8)
		lam_c_add(text, "\tconst int32_t *const numbers = %s_numbers;\n\t(void)numbers;\n",
			name);
	lam_c_add(text, "\t(void)weights;\n\t(void)arena;\n");
	lam_c_bytes(text, graph->calls.bytes, graph->calls.count);
	lam_c_add(text, "}\n");
	if (!options->caller_arena) {
		lam_c_add(text, "\nvoid %s", name);
		arguments(graph, file, false, false, text);
		lam_c_add(text, "\n{\n\tstatic %s arena[%s_ARENA];\n\t%s_in(",
			graph->int8 ? "int8_t" : "float", file->upper, name);
		for (int i = 0; i < graph->plan->input_count; i++)
			lam_c_add(text, "x%d, ", i);
		for (int i = 0; i < graph->plan->output_count; i++)
			lam_c_add(text, "y%d, ", i);
		lam_c_add(
			text, "arena%s);\n}\n", options->weights == LAM_C_BLOB ? ", weights" : "");
	}
	lam_c_test_text(graph, file, text);
}

/* The text of file `k`: C, header, weights. Returns what its name ends with; NULL: there are no
 * more. */
static const char *part(const lam_c_graph *graph, const lam_c_file *file, int k, lam_c_text *text)
{
	if (k == 0) {
		first_comment(graph, file, text);
		macros(graph, text);
		body(graph, file, text);
		return ".c";
	}
	if (k == 1) {
		header(graph, file, text);
		return ".h";
	}
	if (k == 2 && file->options->weights == LAM_C_FILE) {
		lam_c_add(text,
			"/* Written by lamina " LAM_VERSION ": the weights of %s.c. */\n"
			"#include \"%s.h\"\n\nconst float %s_weights[%s_WEIGHTS]",
			file->base, file->base, graph->name, file->upper);
		weights_text(graph, text);
		return "_weights.c";
	}
	if (k == 2 && file->options->weights == LAM_C_BLOB) {
		for (int64_t i = 0; i < graph->pool.count; i++) {
			uint32_t bits;
			memcpy(&bits, &graph->pool.values[i], sizeof bits);
			const unsigned char bytes[4] = {(unsigned char)bits,
				(unsigned char)(bits >> 8), (unsigned char)(bits >> 16),
				(unsigned char)(bits >> 24)};
			lam_c_bytes(text, bytes, sizeof bytes);
		}
		return ".weights";
	}
	return NULL;
}

/* Opens and writes one of the files; NULL on failure, with *status. */
static lam_file_writer *open_part(
	const lam_c_graph *graph, const lam_c_file *file, int k, lam_status *status)
{
	lam_c_text text = {0}, path = {0};
	lam_file_writer *writer = NULL;
	const char *ending = part(graph, file, k, &text);
	if (ending) {
		lam_c_bytes(&path, file->options->path, strlen(file->options->path) - 2);
		lam_c_bytes(&path, ending, strlen(ending));
		if (text.failed || path.failed)
			*status = LAM_ERR_MEMORY;
		else if (!(writer = lam_file_create(path.bytes)))
			*status = lam_error_status();
		else
			*status = lam_file_write(writer, text.bytes, text.count);
	}
	lam_c_free(&text);
	lam_c_free(&path);
	return writer;
}

lam_status lam_c_write(const lam_c_graph *graph, const lam_c_file *file)
{
	enum { PARTS = 3 };
	lam_file_writer *writers[PARTS] = {NULL};
	lam_status status = LAM_OK;
	for (int k = 0; k < PARTS && !status; k++)
		writers[k] = open_part(graph, file, k, &status);
	/* The C file last: it is there when the others are. */
	for (int k = PARTS - 1; k >= 0; k--) {
		if (!status && writers[k])
			status = lam_file_commit(writers[k]);
		else
			lam_file_abandon(writers[k]);
	}
	return status;
}
