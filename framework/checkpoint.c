/* A run of lam_fit() in a file: the entries of its net, and beside them, under "training/", every field of the state and the
 * optimizer's moments, each an array shaped as the parameter arena (so only the same architecture can read it). */
#include "framework/checkpoint.h"

#include "framework/memory.h"
#include "framework/net_inside.h"
#include "framework/save_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct entry_name {
	char text[80];
} entry_name;

static entry_name field_entry(const char *field)
{
	entry_name name;
	snprintf(name.text, sizeof name.text, LAM_TRAINING_PREFIX "%s", field);
	return name;
}

static entry_name moment_entry(int moment)
{
	entry_name name;
	snprintf(name.text, sizeof name.text, LAM_TRAINING_PREFIX "moment%d", moment);
	return name;
}

static lam_status add_state(lam_npz_writer *npz, const lam_fit_state *state)
{
	for (const lam_fit_field *field = lam_fit_fields; field->name; field++) {
		const void *at = (const char *)state + field->offset;
		lam_status status = field->real ? lam_npz_add_double(npz, field_entry(field->name).text, NULL, at)
			: lam_npz_add_int64(npz, field_entry(field->name).text, NULL, at);
		if (status)
			return status;
	}
	return LAM_OK;
}

lam_status lam_checkpoint_save(const lam_net *net, const char *path, const lam_fit_state *state)
{
	lam_npz_writer *npz = lam_npz_create(path, NULL);
	if (!npz)
		return lam_error_status();
	lam_status status = lam_save_net_entries(net, npz);
	if (!status)
		status = add_state(npz, state);
	lam_shape arena = LAM_SHAPE(net->plan.param_values);
	for (int m = 0; m < net->moment_count && net->plan.param_values && !status; m++)
		status = lam_npz_add_real(npz, moment_entry(m).text, &arena, net->moments[m]);
	if (status) {
		lam_npz_abandon(npz);
		return status;
	}
	return lam_npz_finish(npz);
}

/* The entry that must be there, or -1 and a sentence. */
static int64_t find(const lam_npz *npz, const char *path, const char *name)
{
	int64_t entry = lam_npz_find(npz, name);
	if (entry < 0)
		lam_fail(LAM_ERR_FORMAT, "%s: has no entry \"%s\"; expected a checkpoint of lam_fit", path, name);
	return entry;
}

static lam_status read_state(const lam_npz *npz, const char *path, lam_fit_state *state)
{
	if (lam_npz_find(npz, field_entry(lam_fit_fields[0].name).text) < 0)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: holds a net alone; expected a checkpoint of lam_fit to resume from", path);
	for (const lam_fit_field *field = lam_fit_fields; field->name; field++) {
		void *at = (char *)state + field->offset;
		int64_t entry = find(npz, path, field_entry(field->name).text);
		if (entry < 0)
			return LAM_ERR_FORMAT;
		lam_status status = field->real ? lam_npz_read_double(npz, entry, at, 1) : lam_npz_read_int64(npz, entry, at, 1);
		if (status)
			return status;
	}
	return LAM_OK;
}

/* Reads everything into memory of its own first, then changes the net. */
static lam_status restore(lam_net *net, const lam_npz *npz, const char *path, const lam_fit_state *saved)
{
	lam_real *moments[LAM_MAX_MOMENTS] = {NULL};
	int64_t values = net->plan.param_values;
	lam_status status = LAM_OK;
	for (int m = 0; m < net->moment_count && values && !status; m++) {
		int64_t entry = find(npz, path, moment_entry(m).text);
		moments[m] = entry < 0 ? NULL : lam_alloc((size_t)values, sizeof *moments[m]);
		status = moments[m] ? lam_npz_read_real(npz, entry, moments[m], values) : lam_error_status();
	}
	if (!status)
		status = lam_load_net_entries(net, npz, path, false);
	for (int m = 0; m < net->moment_count; m++) {
		if (!status && moments[m])
			memcpy(net->moments[m], moments[m], (size_t)values * sizeof *moments[m]);
		lam_free(moments[m]);
	}
	if (!status) {
		net->updates = saved->updates;
		net->passes = (uint64_t)saved->passes;
	}
	return status;
}

lam_status lam_checkpoint_load(lam_net *net, const char *path, lam_fit_state *state, bool *found)
{
	*found = false;
	if (access(path, F_OK) && errno == ENOENT)
		return LAM_OK;
	lam_npz *npz = lam_npz_open(path);
	if (!npz)
		return lam_error_status();
	lam_fit_state saved = {0};
	lam_status status = lam_check_format(npz, path);
	if (!status)
		status = lam_same_architecture(net, npz, path);
	if (!status)
		status = read_state(npz, path, &saved);
	if (!status)
		status = lam_fit_state_same(state, &saved, path);
	if (!status)
		status = lam_fit_state_check(&saved, path);
	if (!status)
		status = restore(net, npz, path, &saved);
	lam_npz_close(npz);
	if (status)
		return status;
	*state = saved;
	*found = true;
	return LAM_OK;
}
