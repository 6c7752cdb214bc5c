/* SPDX-License-Identifier: MIT */
/* lam_export_c(): a net's inference as a C file. */
#include "exchange/c/int8.h"
#include "exchange/c/kinds.h"
#include "exchange/c/name.h"
#include "exchange/c/sha256.h"
#include "exchange/c/write.h"

#include "framework/base/failure.h"
#include "framework/base/float_mode.h"
#include "framework/base/options.h"
#include "framework/base/shown.h"
#include "framework/io.h"
#include "framework/memory.h"
#include "framework/model/architecture.h"
#include "framework/net/arenas.h"
#include "framework/net/query.h"
#include "framework/net/use.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The file's name without folder and ".c"; NULL and a sentence if it has no such name. */
static char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *from = slash ? slash + 1 : path;
	const size_t length = strlen(from);
	if (length < 3 || strcmp(from + length - 2, ".c") != 0 || strpbrk(from, "\"\\\n*")) {
		lam_fail(LAM_ERR_ARGUMENT,
			"lam_export_c: the path is \"%s\"; expected one that "
			"ends in .c, as digits.c",
			lam_show_end(path).text);
		return NULL;
	}
	char *base = lam_text_copy(from);
	if (base)
		base[length - 2] = 0;
	return base;
}

/* The digest of what the net is: its architecture's text, and its parameters and statistics as
 * floats, little-endian. */
static void digest(const lam_net *net, const char *architecture, char hex[65])
{
	const lam_arena arenas[] = {lam_net_params(net), lam_net_states(net)};
	lam_sha256 sha;
	lam_sha256_begin(&sha);
	if (architecture)
		lam_sha256_add(&sha, architecture, strlen(architecture));
	for (int a = 0; a < 2; a++)
		for (int i = 0; i < arenas[a].count; i++)
			for (int64_t k = 0; k < arenas[a].params[i]->count; k++) {
				const float value = (float)arenas[a].params[i]->value[k];
				uint32_t bits;
				memcpy(&bits, &value, sizeof bits);
				const unsigned char bytes[4] = {(unsigned char)bits,
					(unsigned char)(bits >> 8), (unsigned char)(bits >> 16),
					(unsigned char)(bits >> 24)};
				lam_sha256_add(&sha, bytes, sizeof bytes);
			}
	lam_sha256_end(&sha, hex);
}

static void free_arrays(lam_real **arrays, int count)
{
	for (int i = 0; arrays && i < count; i++)
		lam_free(arrays[i]);
	lam_free(arrays);
}

/* Computes the test's sample by a replica: an array for each output, in *outputs. */
static lam_status predict(lam_net *net, const lam_c_graph *graph, lam_real **outputs)
{
	const lam_plan *plan = graph->plan;
	const int ins = plan->input_count, outs = plan->output_count;
	lam_net *replica = lam_net_replica(net, .max_batch = 1, .inference = true);
	if (!replica)
		return lam_error_status();
	lam_real **inputs = lam_alloc((size_t)ins, sizeof *inputs);
	lam_io *io = lam_alloc((size_t)ins + 1, sizeof *io);
	lam_out *out = lam_alloc((size_t)outs + 1, sizeof *out);
	uint32_t state = 1;
	lam_status status = inputs && io && out ? LAM_OK : LAM_ERR_MEMORY;
	for (int i = 0; i < ins && !status; i++) {
		const int64_t count = lam_c_end_values(graph, LAM_C_INPUT, i);
		inputs[i] = lam_alloc((size_t)count, sizeof **inputs);
		if (!inputs[i])
			status = LAM_ERR_MEMORY;
		for (int64_t k = 0; !status && k < count; k++)
			inputs[i][k] = lam_c_sample(&state);
		io[i] = (lam_io){plan->input_names[i], inputs[i]};
	}
	for (int i = 0; i < outs && !status; i++) {
		const int64_t count = lam_c_end_values(graph, LAM_C_OUTPUT, i);
		outputs[i] = lam_alloc((size_t)count, sizeof **outputs);
		if (!outputs[i])
			status = LAM_ERR_MEMORY;
		out[i] = (lam_out){plan->outputs[i].name, outputs[i]};
	}
	if (!status)
		status = ins == 1 && outs == 1 ? lam_net_predict(replica, inputs[0], 1, outputs[0])
					       : lam_net_predict_io(replica, io, 1, out);
	free_arrays(inputs, ins);
	lam_free(io);
	lam_free(out);
	lam_net_free(replica);
	return status;
}

/* As predict(), of int8. */
static lam_status predict_int8(const lam_c_graph *graph, lam_real **outputs)
{
	const int64_t ins = lam_c_end_values(graph, LAM_C_INPUT, 0),
		      outs = lam_c_end_values(graph, LAM_C_OUTPUT, 0);
	float *x = lam_alloc((size_t)ins, sizeof *x), *y = lam_alloc((size_t)outs, sizeof *y);
	int8_t *arena = lam_alloc((size_t)graph->arena, sizeof *arena);
	outputs[0] = lam_alloc((size_t)outs, sizeof **outputs);
	const lam_status status = x && y && arena && outputs[0] ? LAM_OK : LAM_ERR_MEMORY;
	uint32_t state = 1;
	for (int64_t k = 0; !status && k < ins; k++) {
		x[k] = lam_c_sample(&state);
		if (graph->int8->integer)
			x[k] = (float)((int)(x[k] * 255.0f) - 127) * (float)graph->int8->input;
	}
	if (!status)
		lam_c_int8_run(graph, x, arena, y);
	for (int64_t k = 0; !status && k < outs; k++)
		outputs[0][k] = (lam_real)y[k];
	lam_free(x);
	lam_free(y);
	lam_free(arena);
	return status;
}

/* LAM_ERR_UNSUPPORTED with all reasons, if there are any. */
static lam_status refuse(lam_c_graph *graph, const lam_export_c_options *options)
{
	if (graph->status || !graph->reason_count)
		return graph->status;
	if (graph->reasons.failed)
		return LAM_ERR_MEMORY;
	char first[400];
	size_t used = 0;
	for (char *line = graph->reasons.bytes; *line;) {
		char *end = strchr(line, '\n');
		*end = 0;
		if (options->refused)
			options->refused(options->refused_data, line);
		if (used + strlen(line) + 3 < sizeof first)
			used += (size_t)snprintf(
				first + used, sizeof first - used, "%s%s", used ? "; " : "", line);
		line = end + 1;
	}
	return lam_fail(LAM_ERR_UNSUPPORTED, "lam_export_c: %d reason%s: %s", graph->reason_count,
		graph->reason_count == 1 ? "" : "s", used ? first : "see .refused");
}

/* Makes the text of all operations. */
static lam_status emit(lam_c_graph *graph)
{
	for (int i = 0; i < graph->order_count && !graph->status; i++) {
		lam_c_op *op = &graph->ops[graph->order[i]];
		(graph->int8 ? op->kind->emit8 : op->kind->emit)(graph, op);
	}
	if (graph->helpers.failed || graph->functions.failed || graph->calls.failed)
		graph->status = LAM_ERR_MEMORY;
	return graph->status;
}

static lam_status make(lam_net *net, lam_c_graph *graph, lam_c_file *file)
{
	const lam_export_c_options *options = file->options;
	lam_status status = lam_c_build(graph);
	if (!status && graph->int8 && !graph->reason_count)
		lam_c_int8_ends(graph);
	if (!status)
		status = refuse(graph, options);
	if (status)
		return status;
	lam_c_fuse(graph);
	status = graph->status;
	if (!status && graph->int8 && options->score)
		status = lam_c_int8_samples(graph, options->score, "score");
	if (!status && graph->int8)
		status = lam_c_int8_measure(graph, net, options->calibrate, options->samples);
	if (!status)
		status = lam_c_place_values(graph);
	if (!status)
		status = emit(graph);
	if (!status)
		status = refuse(graph, options);
	if (status)
		return status;
	if (graph->int8 && options->score)
		status = lam_c_int8_compare(graph, net, options->score, INT64_MAX);
	else if (graph->int8)
		status = lam_c_int8_compare(graph, net, options->calibrate, options->samples);
	if (status)
		return status;
	lam_real **outputs = lam_alloc((size_t)graph->plan->output_count, sizeof *outputs);
	status = !outputs     ? LAM_ERR_MEMORY
		: graph->int8 ? predict_int8(graph, outputs)
			      : predict(net, graph, outputs);
	file->outputs = outputs;
	if (!status)
		status = lam_c_write(graph, file);
	free_arrays(outputs, graph->plan->output_count);
	return status;
}

static lam_status export(const lam_export_c_options *options, const char *base, const char *name)
{
	lam_c_int8 int8 = {.integer = options->integer};
	lam_c_graph graph = {.plan = lam_net_plan(options->net),
		.name = name,
		.kind_of = lam_c_kind_of,
		.copy = &lam_c_copy,
		.int8 = options->calibrate ? &int8 : NULL};
	lam_c_file file = {.options = options, .base = base};
	const lam_said said = lam_said_so_far();
	/* A model that no file could hold has no text; it can be written as C nevertheless. */
	char *architecture = lam_architecture_write(
		lam_net_model(options->net), lam_net_input_shape(options->net));
	if (!architecture)
		lam_unsay(&said);
	file.architecture = architecture;
	for (size_t i = 0; name[i]; i++)
		file.upper[i] = (char)toupper((unsigned char)name[i]);
	digest(options->net, architecture, file.sha256);
	const lam_status status = make(options->net, &graph, &file);
	if (!status && options->report) {
		lam_export_c_report report = {.weight_bytes = lam_c_weight_bytes(&graph),
			.arena_bytes = lam_c_arena_bytes(&graph),
			.functions = graph.made_count,
			.samples = int8.loss.samples,
			.net_accuracy = int8.loss.net,
			.int8_accuracy = int8.loss.int8,
			.difference = int8.loss.difference};
		const size_t size = options->report_size < sizeof report ? options->report_size
									 : sizeof report;
		memcpy(options->report, &report, size);
	}
	lam_free(architecture);
	lam_c_int8_free(&int8);
	lam_c_graph_free(&graph);
	return status;
}

lam_status lam_export_c_with(const lam_export_c_options *given)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	lam_export_c_options options;
	if (!lam_take_options("lam_export_c", &options, sizeof options,
		    offsetof(lam_export_c_options, report), offsetof(lam_export_c_options, named),
		    given))
		return LAM_ERR_ARGUMENT;
	if (!options.net || !options.path)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_export_c: the %s is NULL",
			options.net ? "path" : "net");
	if (options.weights < LAM_C_INLINE || options.weights > LAM_C_BLOB)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_export_c: option weights is %d; expected LAM_C_INLINE, LAM_C_FILE or "
			"LAM_C_BLOB",
			(int)options.weights);
	if (!options.calibrate && (options.samples || options.integer || options.score))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_export_c: option %s without calibrate; expected a data set for int8",
			options.samples           ? "samples"
				: options.integer ? "integer"
						  : "score");
	if (options.samples < 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_export_c: option samples is %lld; expected at least 1",
			(long long)options.samples);
	if (options.calibrate && options.weights != LAM_C_INLINE)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_export_c: weights of int8 in a file of their own; expected "
			"LAM_C_INLINE");
	options.samples = options.samples ? options.samples : 500;
	lam_status status = lam_net_expect_idle(options.net, "lam_export_c");
	if (status)
		return status;
	char *base = base_of(options.path);
	if (!base)
		return lam_error_status();
	const char *name = options.name ? options.name : base;
	if (lam_c_is_name(name))
		status = export(&options, base, name);
	else
		status = lam_fail(LAM_ERR_ARGUMENT,
			"lam_export_c: %s name is \"%s\"; expected an identifier of at most %d "
			"letters, "
			"digits and underscores, which begins with a letter and is no name of C, "
			"C++, math.h or stdio.h",
			options.name ? "option" : "the file's", lam_show(name).text,
			LAM_C_LONGEST_NAME);
	lam_free(base);
	return status;
}
