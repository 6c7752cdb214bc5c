/* SPDX-License-Identifier: MIT */
/* Saves and loads nets: architecture, parameters, states. */
#include "framework/model/inside.h"

#include "framework/base/float_mode.h"
#include "framework/base/number.h"
#include "framework/base/options.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/model/architecture.h"
#include "framework/model/arrays.h"
#include "framework/model/class_names.h"
#include "framework/model/format.h"
#include "framework/model/weights.h"
#include "framework/net/arenas.h"
#include "framework/net/use.h"
#include "framework/plan/inside.h"
#include "framework/plan/names.h"

#include <stdio.h>
#include <string.h>

static lam_status add_params(
	lam_npz_writer *npz, const char *prefix, lam_arena arena, const lam_real *values)
{
	for (int i = 0; i < arena.count; i++) {
		const struct lam_param *param = arena.params[i];
		lam_status status = lam_npz_add_real(npz,
			lam_weights_entry(prefix, param->name).text, &param->shape,
			values + param->offset);
		if (status)
			return status;
	}
	return LAM_OK;
}

lam_status lam_save_weights(lam_npz_writer *npz, const lam_net *net, const char *prefix,
	const lam_real *params, const lam_real *states)
{
	lam_status status = add_params(npz, prefix, lam_net_params(net), params);
	return status ? status : add_params(npz, prefix, lam_net_states(net), states);
}

lam_status lam_save_net_entries(lam_npz_writer *npz, const lam_net *net, const char *architecture,
	int format, const lam_real *params, const lam_real *states)
{
	lam_status status = lam_npz_add_text(npz, LAM_ARCHITECTURE_ENTRY, architecture);
	if (!status)
		status = lam_add_format(npz, format);
	if (!status)
		status = lam_add_arrays(npz, lam_net_model(net));
	if (!status)
		status = lam_save_weights(
			npz, net, lam_weights_prefix(LAM_WEIGHTS_RAW), params, states);
	return status ? status : lam_save_class_names(npz, net);
}

/* Writes everything to the file, and finishes or abandons it. */
static lam_status save(const lam_net *net, const char *architecture, lam_npz_writer *npz)
{
	lam_status status = lam_save_net_entries(npz, net, architecture, LAM_FORMAT_FIRST,
		lam_net_params(net).values, lam_net_states(net).values);
	if (!status)
		return lam_npz_finish(npz);
	lam_npz_abandon(npz);
	return status;
}

/* Works in IEEE 754's default float mode, because printf and strtod follow the rounding mode. */
lam_status lam_net_save_with(const lam_save_options *given)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	lam_save_options options;
	if (!lam_take_options("lam_net_save", &options, sizeof options,
		    offsetof(lam_save_options, compress), offsetof(lam_save_options, named), given))
		return LAM_ERR_ARGUMENT;
	if (!options.net || !options.path)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_save: the %s is NULL",
			options.net ? "path" : "net");
	lam_status status = lam_net_expect_idle(options.net, "lam_net_save");
	if (status)
		return status;
	char *architecture = lam_architecture_write(
		lam_net_model(options.net), lam_net_input_shape(options.net));
	if (!architecture)
		return lam_error_status();
	lam_npz_writer *npz = lam_npz_create(
		options.path, &(lam_zip_options){.deflate = options.compress});
	status = npz ? save(options.net, architecture, npz) : lam_error_status();
	lam_free(architecture);
	return status;
}

/* Reads the architecture's text; NULL and a sentence on failure. */
static char *read_architecture(const lam_npz *npz)
{
	int64_t entry = lam_npz_need(npz, LAM_ARCHITECTURE_ENTRY,
		"a net that lamina saved (for parameters alone: lam_net_load_params)");
	return entry < 0 ? NULL : lam_npz_read_text(npz, entry, LAM_ARCHITECTURE_BYTES);
}

/* Replaces the number LAM_ZERO by 0 in a text, because early builds of 0.1.0 wrote zeros in lists
 * as LAM_ZERO. */
static void respell_zeros(char *text)
{
	const lam_number_string early = lam_real_text(LAM_ZERO);
	const size_t length = strlen(early.text);
	for (char *at = strstr(text, early.text); at; at = strstr(at + 1, early.text))
		if (at > text && strchr("=,", at[-1]) && strchr(", \r\n", at[length])) {
			*at = '0';
			memmove(at + 1, at + length, strlen(at + length) + 1);
		}
}

/* Lists the classes of a layer and of all layers inside it, each once. If `classes` is NULL,
 * returns the largest number that there can be. */
static int list_classes(const lam_layer *layer, const lam_layer_class **classes, int count)
{
	int known = 0;
	while (classes && known < count && classes[known] != lam_layer_class_of(layer))
		known++;
	if (classes && known == count)
		classes[count] = lam_layer_class_of(layer);
	count += !classes || known == count;
	for (int i = 0; i < lam_layer_child_count(layer); i++)
		count = list_classes(lam_layer_child(layer, i), classes, count);
	return count;
}

/* Returns a text as this version writes it, with the present names of options. NULL if it is not a
 * model of the net's classes. */
static char *respell(const char *text, const lam_npz *npz, const lam_net *net)
{
	const lam_layer *model = lam_net_model(net);
	const lam_layer_class **classes = lam_alloc(
		(size_t)list_classes(model, NULL, 0) + 1, sizeof *classes);
	if (!classes)
		return NULL;
	list_classes(model, classes, 0);
	lam_shape input;
	lam_layer *theirs = lam_architecture_parse(text, classes, npz, &input);
	char *respelled = theirs ? lam_architecture_write(theirs, input) : NULL;
	lam_layer_free(theirs);
	lam_free(classes);
	return respelled;
}

/* A line without its indentation. */
static const char *skip_indent(const char *line)
{
	return line + strspn(line, " \t");
}

static const char *behind_line(const char *end)
{
	end += *end == '\r';
	return end + (*end == '\n');
}

lam_status lam_same_architecture(const lam_net *net, const lam_npz *npz, const char *path)
{
	char *theirs = read_architecture(npz);
	if (!theirs)
		return lam_error_status();
	respell_zeros(theirs);
	char *ours = lam_architecture_write(lam_net_model(net), lam_net_input_shape(net));
	lam_status status = ours ? LAM_OK : lam_error_status();
	char *respelled = ours && strcmp(theirs, ours) ? respell(theirs, npz, net) : NULL;
	if (respelled) {
		lam_free(theirs);
		theirs = respelled;
	}
	const char *a = theirs, *b = ours;
	for (int line = 1; !status && (*a || *b); line++) {
		a = skip_indent(a);
		b = skip_indent(b);
		size_t la = strcspn(a, "\r\n"), lb = strcspn(b, "\r\n");
		if (la != lb || memcmp(a, b, la))
			status = lam_fail(LAM_ERR_ARGUMENT,
				"%s: holds another architecture: its line %d is \"%s\"; expected "
				"\"%s\"",
				lam_path_text(path).text, line, lam_show_part(a, la).text,
				lam_show_part(b, lb).text);
		a = behind_line(a + la);
		b = behind_line(b + lb);
	}
	lam_free(theirs);
	lam_free(ours);
	return status ? status : lam_same_arrays(npz, path, lam_net_model(net));
}

/* What an array's shape follows from, for a sentence. */
static lam_call_name reason(const lam_shape *given)
{
	lam_call_name text = {"its architecture"};
	if (given->rank)
		snprintf(text.text, sizeof text.text, "its architecture with .shape %s",
			lam_shape_text(*given).text);
	return text;
}

static lam_status check_entry(const struct lam_param *param, const lam_npz *npz, const char *path,
	const char *set, const lam_shape *given)
{
	const lam_weights_name name = lam_weights_entry(set, param->name);
	int64_t entry = lam_npz_find(npz, name.text);
	if (entry < 0)
		return lam_fail(LAM_ERR_FORMAT, "%s: has no entry \"%s\"; %s needs one of shape %s",
			lam_path_text(path).text, lam_show(name.text).text, reason(given).text,
			lam_shape_text(param->shape).text);
	const lam_npy *info = lam_npz_info(npz, entry);
	if (!info)
		return lam_error_status();
	if (info->count != param->count)
		return lam_fail(LAM_ERR_SHAPE, "%s: \"%s\" has %lld values; %s needs shape %s",
			lam_path_text(path).text, lam_show(name.text).text, (long long)info->count,
			reason(given).text, lam_shape_text(param->shape).text);
	return LAM_OK;
}

/* Checks before the net is made that the file holds all parameters of its architecture, so that a
 * small file cannot make a large net. `given` is the caller's .shape. */
static lam_status check_entries(lam_layer *model, lam_shape shape, const lam_npz *npz,
	const char *path, const char *set, const lam_shape *given)
{
	lam_plan plan = {.inference = true};
	lam_status status = lam_plan_make(&plan, model, shape);
	if (status && status != LAM_ERR_MEMORY)
		status = lam_fail(status, "%s: %s", lam_path_text(path).text, lam_error());
	for (int i = 0; i < plan.param_count && !status; i++)
		status = check_entry(plan.params[i], npz, path, set, given);
	for (int i = 0; i < plan.state_count && !status; i++)
		status = check_entry(plan.states[i], npz, path, set, given);
	lam_plan_free(&plan);
	return status;
}

/* The default memory limit in bytes for a net from a file of this length. */
static size_t default_limit(const lam_npz *npz)
{
	enum { FLOOR = 256 << 20, PER_BYTE = 256 };
	uint64_t limit;
	if (__builtin_mul_overflow(lam_npz_bytes(npz), (uint64_t)PER_BYTE, &limit)
		|| __builtin_add_overflow(limit, (uint64_t)FLOOR, &limit) || limit > SIZE_MAX)
		return SIZE_MAX;
	return (size_t)limit;
}

lam_net *lam_net_load_with(const lam_load_options *given)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	lam_load_options options;
	if (!lam_take_options("lam_net_load", &options, sizeof options,
		    offsetof(lam_load_options, inference), offsetof(lam_load_options, named),
		    given))
		return NULL;
	if (!options.path) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_net_load: the path is NULL");
		return NULL;
	}
	if (lam_check_memory_limit("lam_net_load", options.memory_limit))
		return NULL;
	lam_npz *npz = lam_npz_open(options.path);
	if (!npz)
		return NULL;
	lam_net *net = NULL;
	lam_shape input;
	const char *set;
	char *text = lam_check_format(npz, options.path)
			|| lam_weights_choose(
				"lam_net_load", npz, options.path, options.weights, &set)
		? NULL
		: read_architecture(npz);
	lam_layer *model = text ? lam_architecture_parse(text, options.classes, npz, &input) : NULL;
	if (text && !model && lam_error_status() != LAM_ERR_MEMORY)
		lam_fail(lam_error_status(), "%s: %s", lam_path_text(options.path).text,
			lam_error());
	lam_free(text);
	if (model)
		input = options.shape.rank ? options.shape : lam_layer_planned_shape(model, input);
	if (model && check_entries(model, input, npz, options.path, set, &options.shape)) {
		lam_layer_free(model);
		model = NULL;
	}
	if (model)
		net = lam_net_create_with(&(lam_net_options){.size = sizeof(lam_net_options),
			.model = model,
			.shape = input,
			.max_batch = options.max_batch,
			.seed = options.seed,
			.inference = options.inference,
			.input_grad = options.input_grad,
			.direct = options.direct,
			.threads = options.threads,
			.memory_limit = options.memory_limit ? options.memory_limit
							     : default_limit(npz),
			.watch = options.watch,
			.recompute = options.recompute});
	if (model && !net && lam_error_status() != LAM_ERR_ARGUMENT)
		lam_fail(lam_error_status(), "%s: %s", lam_path_text(options.path).text,
			lam_error());
	if (net
		&& (lam_load_net_entries(net, npz, options.path, set, false)
			|| lam_load_class_names(net, npz, options.path))) {
		lam_net_free(net);
		net = NULL;
	}
	lam_npz_close(npz);
	return net;
}
