/* SPDX-License-Identifier: MIT */
/* Loads parameters and states from a file into an existing net, by name: all, or with .partial only
 * those that match. */
#include "framework/model/arrays.h"
#include "framework/model/inside.h"

#include "framework/base/float_mode.h"
#include "framework/base/number.h"
#include "framework/base/options.h"
#include "framework/base/shown.h"
#include "framework/base/sort.h"
#include "framework/memory.h"
#include "framework/model/format.h"
#include "framework/model/weights.h"
#include "framework/net/arenas.h"
#include "framework/net/finite.h"
#include "framework/net/use.h"
#include "framework/plan/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Whether an entry is ignored: an entry of lamina's that is not a parameter, or the count of
 * batches of PyTorch's batch norm. */
static bool is_known(const char *name)
{
	static const char suffix[] = "num_batches_tracked";
	size_t length = strlen(name), tail = sizeof suffix - 1;
	return lam_reserved_entry(name)
		|| !strncmp(name, LAM_ARRAY_PREFIX, sizeof LAM_ARRAY_PREFIX - 1)
		|| !strncmp(name, LAM_TRAINING_PREFIX, sizeof LAM_TRAINING_PREFIX - 1)
		|| (length >= tail && !strcmp(name + length - tail, suffix));
}

/* The file to read, and how its names are matched. */
typedef struct source {
	const lam_npz *npz;
	const char *path;
	const char *set; /* lam_weights_prefix() */
	bool partial;
	const lam_arena *params; /* the net's; NULL: the file describes the net itself */
	/* The text before every name in the file, which no name in the net has; borrowed. */
	const char *prefix;
	size_t prefix_length;
} source;

/* The number of bytes that PyTorch's wrappers put before a name: "module." of DataParallel,
 * "_orig_mod." of torch.compile(), or both, one after the other. */
static size_t wrapper(const char *name)
{
	static const char *const words[] = {"module.", "_orig_mod."};
	size_t length = 0, before;
	do {
		before = length;
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (!strncmp(name + length, words[i], strlen(words[i])))
				length += strlen(words[i]);
	} while (length > before);
	return length;
}

/* Finds the prefix that all arrays have, except the entries of lamina's own. */
static void find_prefix(source *from)
{
	from->prefix_length = 0;
	for (int64_t i = 0; i < lam_npz_count(from->npz); i++) {
		const char *name = lam_npz_name(from->npz, i);
		const size_t length = wrapper(name);
		if (length == 0 && is_known(name))
			continue;
		if (!from->prefix) {
			from->prefix = name;
			from->prefix_length = length;
		}
		if (length != from->prefix_length || memcmp(name, from->prefix, length) != 0) {
			from->prefix_length = 0;
			return;
		}
	}
}

/* The entry of this name, with the prefix or without; or -1. */
static int64_t find_entry(const source *from, const char *name)
{
	char longer[LAM_ZIP_LONGEST_NAME];
	if (*from->set)
		return lam_npz_find(from->npz, lam_weights_entry(from->set, name).text);
	const int64_t entry = lam_npz_find(from->npz, name);
	const size_t length = strlen(name) + 1;
	if (entry >= 0 || from->prefix_length == 0 || from->prefix_length + length > sizeof longer)
		return entry;
	memcpy(longer, from->prefix, from->prefix_length);
	memcpy(longer + from->prefix_length, name, length);
	return lam_npz_find(from->npz, longer);
}

/* An entry whose name ends with this one after a path ("backbone.0.weight"), or NULL. */
static const char *similar(const source *from, const char *name)
{
	const size_t length = strlen(name);
	for (int64_t i = 0; i < lam_npz_count(from->npz); i++) {
		const char *other = lam_npz_name(from->npz, i);
		const size_t more = strlen(other);
		if (more > length && !strcmp(other + more - length, name)
			&& strchr("./", other[more - length - 1]))
			return other;
	}
	return NULL;
}

/* Whether two names differ in one number between dots or slashes, as 5.weight and 6.weight do. */
static bool differ_in_a_number(const char *a, const char *b)
{
	static const char digits[] = "0123456789", ends[] = "./";
	int different = 0;
	for (;; a++, b++) {
		const size_t m = strcspn(a, ends), n = strcspn(b, ends);
		if (m != n || memcmp(a, b, m) != 0) {
			if (!m || !n || strspn(a, digits) < m || strspn(b, digits) < n)
				return false;
			different++;
		}
		a += m;
		b += n;
		if (*a != *b || !*a)
			return *a == *b && different == 1;
	}
}

static bool is_in_net(const lam_arena *params, const char *name)
{
	for (int i = 0; i < params->count; i++)
		if (!strcmp(params->params[i]->name, name))
			return true;
	return false;
}

/* The one entry that could be this parameter of a layer that is counted otherwise: of its shape, of
 * a name that differs in a number, and not one of the net's. NULL: there is none, or there are
 * several. */
static const char *counted_otherwise(const source *from, const struct lam_param *param)
{
	const char *found = NULL;
	for (int64_t i = 0; from->params && i < lam_npz_count(from->npz); i++) {
		const char *name = lam_npz_name(from->npz, i);
		lam_shape shape;
		if (strlen(name) < from->prefix_length)
			continue;
		name += from->prefix_length;
		if (!differ_in_a_number(name, param->name) || is_in_net(from->params, name))
			continue;
		const lam_npy *info = lam_npz_info(from->npz, i);
		if (!info || !lam_npy_shape(info, &shape)
			|| !lam_shape_equal(&shape, &param->shape))
			continue;
		if (found)
			return NULL;
		found = name;
	}
	return found;
}

static lam_status missing(const source *from, const struct lam_param *param)
{
	const char *counted = *from->set ? NULL : counted_otherwise(from, param);
	if (counted)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: has no entry \"%s\", but \"%s\" of the same shape, %s; expected a "
			"layer for each module of PyTorch's (lam_flatten() for nn.Flatten)",
			lam_path_text(from->path).text, lam_show(param->name).text,
			lam_show(counted).text, lam_shape_text(param->shape).text);
	const char *other = *from->set ? NULL : similar(from, param->name);
	if (other)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: has no entry \"%s\", but \"%s\"; expected names without a path in "
			"front",
			lam_path_text(from->path).text, lam_show(param->name).text,
			lam_show(other).text);
	return lam_fail(LAM_ERR_FORMAT, "%s: has no entry \"%s%s\"; expected one of shape %s",
		lam_path_text(from->path).text, from->set, lam_show(param->name).text,
		lam_shape_text(param->shape).text);
}

/* Reads an array into `out`. Sets *found if the array is in the file and fits. */
static lam_status read_one(
	const source *from, const struct lam_param *param, lam_real *out, bool *found)
{
	*found = false;
	int64_t entry = find_entry(from, param->name);
	if (entry < 0)
		return from->partial ? LAM_OK : missing(from, param);
	const lam_npy *info = lam_npz_info(from->npz, entry);
	if (!info)
		return lam_error_status();
	lam_shape shape;
	if (!lam_npy_shape(info, &shape) || !lam_shape_equal(&shape, &param->shape))
		return from->partial
			? LAM_OK
			: lam_fail(LAM_ERR_SHAPE, "%s: \"%s%s\" is %s; expected shape %s",
				lam_path_text(from->path).text, from->set,
				lam_show(param->name).text, lam_npy_text(info).text,
				lam_shape_text(param->shape).text);
	*found = true;
	lam_status status = lam_npz_read_real(from->npz, entry, out, param->count);
	/* lam_fit() keeps no other ones. */
	const int64_t at = status || !*from->set ? -1 : lam_first_not_finite(out, param->count);
	if (at >= 0)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: value %" PRId64 " of \"%s%s\" is %s; expected finite numbers",
			lam_path_text(from->path).text, at, from->set, lam_show(param->name).text,
			lam_real_text(out[at]).text);
	return status;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_name(const char *const *names, size_t count, const char *name)
{
	return bsearch(&name, names, count, sizeof *names, by_name) != NULL;
}

/* Without .partial, refuses a file with entries that the net does not have, because it is another
 * model's. */
static lam_status no_strangers(const source *from, lam_arena params, lam_arena states)
{
	const size_t count = (size_t)params.count + (size_t)states.count;
	const char **names = lam_alloc(count, sizeof *names);
	if (!names)
		return LAM_ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		names[i] = i < (size_t)params.count ? params.params[i]->name
						    : states.params[i - (size_t)params.count]->name;
	lam_sort(names, count, by_name);
	lam_status status = LAM_OK;
	for (int64_t i = 0; i < lam_npz_count(from->npz) && !status; i++) {
		const char *name = lam_npz_name(from->npz, i);
		if (!is_known(name) && !has_name(names, count, name)
			&& !has_name(names, count, name + from->prefix_length))
			status = lam_fail(LAM_ERR_FORMAT,
				"%s: has an entry \"%s\" that the net has no parameter for; "
				".partial of lam_net_load_params passes over it",
				lam_path_text(from->path).text, lam_show(name).text);
	}
	lam_free(names);
	return status;
}

static lam_status nothing_matches(const source *from, lam_arena params)
{
	const char *other = NULL;
	for (int i = 0; i < params.count && i < 8 && !other; i++)
		other = similar(from, params.params[i]->name);
	return lam_fail(LAM_ERR_FORMAT,
		"%s: no entry matches a parameter of the net by name and shape%s%s%s",
		lam_path_text(from->path).text, other ? "; it has \"" : "",
		other ? lam_show(other).text : "",
		other ? "\", whose name has a path in front" : "");
}

/* Reads all arrays into temporary memory first, so that a damaged file changes nothing. */
static lam_status read_all(
	const source *from, lam_arena arena, lam_real *values, bool *found, int *taken)
{
	for (int i = 0; i < arena.count; i++) {
		const struct lam_param *param = arena.params[i];
		lam_status status = read_one(from, param, values + param->offset, &found[i]);
		if (status)
			return status;
		*taken += found[i];
	}
	return LAM_OK;
}

static void take(lam_arena arena, const lam_real *values, const bool *found)
{
	for (int i = 0; i < arena.count; i++)
		if (found[i])
			memcpy(lam_param_edit(arena.params[i]), values + arena.params[i]->offset,
				(size_t)arena.params[i]->count * sizeof *values);
}

lam_status lam_read_weights(const lam_net *net, const lam_npz *npz, const char *path,
	const char *set, lam_real *params, lam_real *states)
{
	const source from = {.npz = npz, .path = path, .set = set};
	const lam_arena arenas[] = {lam_net_params(net), lam_net_states(net)};
	lam_real *const values[] = {params, states};
	lam_status status = LAM_OK;
	bool found;
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < arenas[k].count && !status; i++) {
			const struct lam_param *param = arenas[k].params[i];
			status = read_one(&from, param, values[k] + param->offset, &found);
		}
	return status;
}

lam_status lam_load_net_entries(
	lam_net *net, const lam_npz *npz, const char *path, const char *set, bool partial)
{
	const lam_arena params = lam_net_params(net), states = lam_net_states(net);
	source from = {.npz = npz, .path = path, .set = set, .partial = partial, .params = &params};
	find_prefix(&from);
	int taken = 0;
	lam_real *param_values = lam_alloc((size_t)params.size, sizeof *param_values);
	lam_real *state_values = lam_alloc((size_t)states.size, sizeof *state_values);
	bool *found = lam_alloc((size_t)params.count + (size_t)states.count, sizeof *found);
	bool *found_states = found ? found + params.count : NULL;
	lam_status status = param_values && state_values && found ? LAM_OK : LAM_ERR_MEMORY;
	if (!status)
		status = read_all(&from, params, param_values, found, &taken);
	if (!status)
		status = read_all(&from, states, state_values, found_states, &taken);
	if (!status && !partial)
		status = no_strangers(&from, params, states);
	if (!status && taken == 0 && params.count > 0)
		status = nothing_matches(&from, params);
	if (!status) {
		take(params, param_values, found);
		take(states, state_values, found_states);
	}
	lam_free(param_values);
	lam_free(state_values);
	lam_free(found);
	return status;
}

lam_status lam_net_load_params_with(const lam_load_params_options *given)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	lam_load_params_options options;
	if (!lam_take_options("lam_net_load_params", &options, sizeof options,
		    offsetof(lam_load_params_options, partial),
		    offsetof(lam_load_params_options, named), given))
		return LAM_ERR_ARGUMENT;
	if (!options.net || !options.path)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_load_params: the %s is NULL",
			options.net ? "path" : "net");
	lam_status status = lam_net_expect_idle(options.net, "lam_net_load_params");
	if (status)
		return status;
	lam_npz *npz = options.partial ? lam_npz_open_any(options.path)
				       : lam_npz_open(options.path);
	if (!npz)
		return lam_error_status();
	const char *set;
	status = lam_check_format(npz, options.path);
	if (!status)
		status = lam_weights_choose(
			"lam_net_load_params", npz, options.path, options.weights, &set);
	if (!status)
		status = lam_load_net_entries(options.net, npz, options.path, set, options.partial);
	lam_npz_close(npz);
	return status;
}
