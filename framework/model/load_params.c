/* SPDX-License-Identifier: MIT */
/* Parameters and states from a file into a net that is there, by name: all of them or, when asked
 * for, what matches. */
#include "framework/model/inside.h"

#include "framework/base/options.h"
#include "framework/kernels/float_mode.h"
#include "framework/memory.h"
#include "framework/model/format.h"
#include "framework/net/arenas.h"
#include "framework/plan/names.h"

#include <string.h>

/* Entries that a file may have beside a net's own: lamina's, and PyTorch's count of batch norm's
 * batches. */
static bool is_known(const char *name)
{
	static const char suffix[] = "num_batches_tracked";
	size_t length = strlen(name), tail = sizeof suffix - 1;
	return lam_reserved_entry(name)
		|| !strncmp(name, LAM_TRAINING_PREFIX, sizeof LAM_TRAINING_PREFIX - 1)
		|| (length >= tail && !strcmp(name + length - tail, suffix));
}

/* Reads one array into `out`; *found says whether it was there and fitted. */
static lam_status read_one(const lam_npz *npz, const char *path, const struct lam_param *param,
	lam_real *out, bool partial, bool *found)
{
	*found = false;
	int64_t entry = lam_npz_find(npz, param->name);
	if (entry < 0)
		return partial ? LAM_OK
			       : lam_fail(LAM_ERR_FORMAT,
				       "%s: has no entry \"%s\"; expected one of shape %s",
				       lam_path_text(path).text, lam_show(param->name).text,
				       lam_shape_text(param->shape).text);
	const lam_npy *info = lam_npz_info(npz, entry);
	if (!info)
		return lam_error_status();
	lam_shape shape;
	if (!lam_npy_shape(info, &shape) || !lam_shape_equal(&shape, &param->shape))
		return partial ? LAM_OK
			       : lam_fail(LAM_ERR_SHAPE, "%s: \"%s\" is %s; expected shape %s",
				       lam_path_text(path).text, lam_show(param->name).text,
				       lam_npy_text(info).text, lam_shape_text(param->shape).text);
	*found = true;
	return lam_npz_read_real(npz, entry, out, param->count);
}

/* Without .partial a file must not hold what the net does not know: it would be a file of another
 * model. */
static lam_status no_strangers(lam_net *net, const lam_npz *npz, const char *path)
{
	for (int64_t i = 0; i < lam_npz_count(npz); i++) {
		const char *name = lam_npz_name(npz, i);
		if (!is_known(name) && !lam_net_find(net, name))
			return lam_fail(LAM_ERR_FORMAT,
				"%s: has an entry \"%s\" that the net has no parameter for; "
				".partial of lam_net_load_params passes over it",
				lam_path_text(path).text, lam_show(name).text);
	}
	return LAM_OK;
}

/* Reads into arrays beside the net's own first, so that a damaged file changes nothing. */
static lam_status read_all(const lam_npz *npz, const char *path, lam_arena arena, lam_real *values,
	bool *found, bool partial, int *taken)
{
	for (int i = 0; i < arena.count; i++) {
		const struct lam_param *param = arena.params[i];
		lam_status status = read_one(
			npz, path, param, values + param->offset, partial, &found[i]);
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

lam_status lam_load_net_entries(lam_net *net, const lam_npz *npz, const char *path, bool partial)
{
	const lam_arena params = lam_net_params(net), states = lam_net_states(net);
	int taken = 0;
	lam_real *param_values = lam_alloc((size_t)params.size, sizeof *param_values);
	lam_real *state_values = lam_alloc((size_t)states.size, sizeof *state_values);
	bool *found = lam_alloc((size_t)params.count + (size_t)states.count, sizeof *found);
	bool *found_states = found ? found + params.count : NULL;
	lam_status status = param_values && state_values && found ? LAM_OK : LAM_ERR_MEMORY;
	if (!status)
		status = read_all(npz, path, params, param_values, found, partial, &taken);
	if (!status)
		status = read_all(npz, path, states, state_values, found_states, partial, &taken);
	if (!status && !partial)
		status = no_strangers(net, npz, path);
	if (!status && taken == 0 && params.count > 0)
		status = lam_fail(LAM_ERR_FORMAT,
			"%s: no entry matches a parameter of the net by name and shape",
			lam_path_text(path).text);
	if (!status) {
		take(params, param_values, found);
		take(states, state_values, found_states);
	}
	lam_free(param_values);
	lam_free(state_values);
	lam_free(found);
	return status;
}

static lam_status load(const lam_load_params_options *given)
{
	lam_load_params_options options;
	if (!lam_take_options("lam_net_load_params", &options, sizeof options,
		    offsetof(lam_load_params_options, partial), given))
		return LAM_ERR_ARGUMENT;
	if (!options.net || !options.path)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_load_params: the %s is NULL",
			options.net ? "path" : "net");
	lam_npz *npz = lam_npz_open(options.path);
	if (!npz)
		return lam_error_status();
	lam_status status = lam_check_format(npz, options.path);
	if (!status)
		status = lam_load_net_entries(options.net, npz, options.path, options.partial);
	lam_npz_close(npz);
	return status;
}

lam_status lam_net_load_params_with(const lam_load_params_options *given)
{
	const lam_float_mode caller = lam_float_set(LAM_FLOAT_IEEE);
	const lam_status status = load(given);
	lam_float_restore(caller);
	return status;
}
