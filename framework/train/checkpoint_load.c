/* SPDX-License-Identifier: MIT */
/* Resumes a run from the newest file, or from the previous one when the newest is damaged. */
#include "framework/files/file.h"
#include "framework/train/checkpoint_inside.h"

#include "framework/base/failure.h"
#include "framework/base/shown.h"
#include "framework/memory.h"
#include "framework/model/weights.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The contents of a file, read completely before the net is changed. */
typedef struct held {
	lam_fit_state state;
	lam_real *moments[LAM_MAX_MOMENTS];
	int64_t *settings;
	double *rates; /* [parameters][LAM_RATE_COLUMNS]; NULL: as the settings say */
	lam_copy kept[LAM_KEPT];
	double *losses; /* [losses][LAM_LOSS_COLUMNS]; NULL: the file has none */
} held;

/* The index of an entry that must exist, or -1 and a sentence. */
static int64_t need(const lam_npz *npz, const char *name)
{
	return lam_npz_need(npz, name, "a checkpoint of lam_fit");
}

/* Whether the file has any entry of a run. One entry is enough: damage may have changed the names
 * of others. */
static bool has_run(const lam_npz *npz)
{
	for (int64_t i = 0; i < lam_npz_count(npz); i++)
		if (!strncmp(lam_npz_name(npz, i), LAM_TRAINING_PREFIX,
			    sizeof LAM_TRAINING_PREFIX - 1))
			return true;
	return false;
}

/* Fills in a field that a file lacks. Those of format 2 are 0 then; others are missing in older
 * files, and are as in the run that is asked for. The number of validation samples follows from the
 * file's last validation, if there was one. No older run has dropped a batch, nor counted the
 * passes before it. */
static void assume(const lam_fit_field *field, const lam_fit_state *asked, lam_fit_state *state)
{
	memcpy((char *)state + field->offset, (const char *)asked + field->offset, sizeof(int64_t));
	if (field->format2)
		memset((char *)state + field->offset, 0, sizeof(int64_t));
	if (field->offset == offsetof(lam_fit_state, validation_samples) && state->epochs > 0)
		state->validation_samples = state->validation_count;
	if (field->offset == offsetof(lam_fit_state, drop_last))
		state->drop_last = 0;
	if (field->offset == offsetof(lam_fit_state, first_pass))
		state->first_pass = 0;
	if (field->offset == offsetof(lam_fit_state, weight_sum))
		state->weight_sum = (double)state->seen;
	if (field->offset == offsetof(lam_fit_state, scored))
		state->scored = state->seen;
	if (field->offset == offsetof(lam_fit_state, validation_iou))
		state->validation_iou = NAN;
}

static lam_status read_state(const lam_npz *npz, const lam_fit_state *asked, lam_fit_state *state)
{
	for (const lam_fit_field *field = lam_fit_fields; field->name; field++) {
		void *at = (char *)state + field->offset;
		if (field->added && lam_npz_find(npz, lam_field_entry(field->name).text) < 0)
			continue;
		int64_t entry = need(npz, lam_field_entry(field->name).text);
		if (entry < 0)
			return LAM_ERR_FORMAT;
		lam_status status = field->real ? lam_npz_read_double(npz, entry, at, 1)
						: lam_npz_read_int64(npz, entry, at, 1);
		if (status)
			return status;
	}
	for (const lam_fit_field *field = lam_fit_fields; field->name; field++)
		if (field->added && lam_npz_find(npz, lam_field_entry(field->name).text) < 0)
			assume(field, asked, state);
	return LAM_OK;
}

static lam_status read_optimizer(
	const lam_net *net, const lam_npz *npz, const char *path, held *held)
{
	const int64_t values = lam_net_params(net).size, params = lam_net_param_count(net);
	lam_status status = LAM_OK;
	if (params == 0)
		return status;
	for (int m = 0; lam_net_moment(net, m) && !status; m++) {
		int64_t entry = need(npz, lam_moment_entry(m).text);
		held->moments[m] = entry < 0 ? NULL : lam_alloc((size_t)values, sizeof(lam_real));
		status = held->moments[m] ? lam_npz_read_real(npz, entry, held->moments[m], values)
					  : lam_error_status();
	}
	if (status)
		return status;
	int64_t entry = need(npz, lam_field_entry("settings").text);
	held->settings = entry < 0 ? NULL : lam_alloc((size_t)params, sizeof *held->settings);
	status = held->settings ? lam_npz_read_int64(npz, entry, held->settings, params)
				: lam_error_status();
	const int64_t most = LAM_PARAM_TRAINS | LAM_PARAM_DECAYS;
	for (int64_t i = 0; i < params && !status; i++)
		if (held->settings[i] < 0 || held->settings[i] > most)
			status = lam_fail(LAM_ERR_FORMAT,
				"%s: \"%s\" has %" PRId64 " for \"%s\"; expected 0 to %" PRId64,
				lam_path_text(path).text, lam_field_entry("settings").text,
				held->settings[i],
				lam_show(lam_net_params(net).params[i]->name).text, most);
	return status;
}

static lam_status read_rates(const lam_net *net, const lam_npz *npz, const char *path, held *held)
{
	const int64_t values = (int64_t)lam_net_param_count(net) * LAM_RATE_COLUMNS,
		      entry = lam_npz_find(npz, lam_field_entry("rates").text);
	if (entry < 0 || values == 0)
		return LAM_OK;
	if (!(held->rates = lam_alloc((size_t)values, sizeof *held->rates)))
		return LAM_ERR_MEMORY;
	lam_status status = lam_npz_read_double(npz, entry, held->rates, values);
	for (int64_t i = 0; i < values && !status; i++)
		if (!(held->rates[i] >= 0) || !isfinite((lam_real)held->rates[i]))
			status = lam_fail(LAM_ERR_FORMAT,
				"%s: a parameter's rate or decay is %g; expected at least 0",
				lam_path_text(path).text, held->rates[i]);
	return status;
}

static lam_status read_losses(const lam_net *net, const lam_npz *npz, const char *path, held *held)
{
	const int losses = lam_net_loss_count(net);
	const int64_t values = (int64_t)losses * LAM_LOSS_COLUMNS;
	const lam_entry_name name = lam_field_entry("losses");
	if (losses <= 1 && lam_npz_find(npz, name.text) < 0)
		return LAM_OK;
	const int64_t entry = need(npz, name.text);
	if (entry < 0)
		return LAM_ERR_FORMAT;
	if (!(held->losses = lam_alloc((size_t)values, sizeof *held->losses)))
		return LAM_ERR_MEMORY;
	lam_status status = lam_npz_read_double(npz, entry, held->losses, values);
	for (int i = 0; i < losses && !status; i++) {
		const double *row = held->losses + (ptrdiff_t)i * LAM_LOSS_COLUMNS;
		const double scored = row[LAM_LOSS_SCORED];
		if (!isfinite((lam_real)row[LAM_LOSS_WEIGHT]) || !(row[LAM_LOSS_DIVISOR] >= 0)
			|| isinf(row[LAM_LOSS_DIVISOR])
			|| !(scored >= 0 && scored <= 9007199254740992.0))
			status = lam_fail(LAM_ERR_FORMAT,
				"%s: the sums of the loss \"%s\" are beyond reason",
				lam_path_text(path).text, lam_show(lam_net_loss_name(net, i)).text);
	}
	return status;
}

static lam_status read_kept(
	const lam_net *net, const lam_npz *npz, const char *path, const lam_copy *kept, held *held)
{
	lam_status status = LAM_OK;
	for (int k = 0; k < LAM_KEPT && !status; k++) {
		if (!lam_has_kept(kept, k, &held->state))
			continue;
		status = lam_copy_new(&held->kept[k], net);
		if (!status)
			status = lam_read_weights(net, npz, path,
				lam_weights_prefix(lam_kept_weights(k)), held->kept[k].params,
				held->kept[k].states);
	}
	return status;
}

/* Without an entry the only loss has the weight with which the net was made. */
static void take_losses(lam_net *net, const held *held)
{
	for (int i = 0; i < lam_net_loss_count(net); i++) {
		const double *row = held->losses ? held->losses + (ptrdiff_t)i * LAM_LOSS_COLUMNS
						 : NULL;
		lam_net_restore_weight(
			net, i, row ? (lam_real)row[LAM_LOSS_WEIGHT] : lam_net_made_weight(net, i));
		if (row)
			*lam_net_tally(net, i, LAM_TRAINED) = (lam_tally){
				.seen = held->state.seen,
				.loss = row[LAM_LOSS_SUM],
				.right = row[LAM_LOSS_RIGHT],
				.weight = row[LAM_LOSS_DIVISOR],
				.scored = (int64_t)row[LAM_LOSS_SCORED],
			};
	}
}

static void take(lam_net *net, lam_copy *kept, held *held)
{
	const lam_arena params = lam_net_params(net);
	for (int k = 0; k < LAM_KEPT; k++)
		if (held->kept[k].params) {
			const lam_copy read = held->kept[k];
			held->kept[k] = kept[k];
			kept[k] = read;
		}
	for (int m = 0; m < LAM_MAX_MOMENTS && held->moments[m]; m++)
		memcpy(lam_net_moment(net, m), held->moments[m],
			(size_t)params.size * sizeof(lam_real));
	for (int i = 0; i < params.count; i++) {
		lam_param_set_trainable(params.params[i], held->settings[i] & LAM_PARAM_TRAINS);
		const bool decays = held->settings[i] & LAM_PARAM_DECAYS;
		const double plain[LAM_RATE_COLUMNS] = {1, decays},
			     *rates = held->rates ? held->rates + (ptrdiff_t)i * LAM_RATE_COLUMNS
						  : plain;
		lam_param_set_rate(params.params[i], (lam_real)rates[LAM_RATE_LR]);
		lam_param_set_decay(params.params[i], (lam_real)rates[LAM_RATE_DECAY]);
	}
	take_losses(net, held);
	lam_net_set_counts(net, (lam_counts){held->state.updates, (uint64_t)held->state.passes});
}

/* *later: the file has a format that this version does not know, which is no damage. */
static lam_status read_run(lam_net *net, const lam_npz *npz, const char *path,
	const lam_fit_state *asked, const lam_copy *kept, held *held, bool *later)
{
	lam_status status = lam_check_format(npz, path);
	*later = status == LAM_ERR_UNSUPPORTED;
	if (!status)
		status = lam_same_architecture(net, npz, path);
	if (!status && !has_run(npz))
		status = lam_fail(LAM_ERR_ARGUMENT,
			"%s: holds a net alone; expected a checkpoint of lam_fit to resume from",
			lam_path_text(path).text);
	if (!status)
		status = read_state(npz, asked, &held->state);
	if (!status)
		status = lam_rule_same(net, npz, path, asked->rule, held->state.rule);
	if (!status)
		status = lam_fit_state_same(asked, &held->state, path);
	if (!status)
		status = lam_fit_state_check(&held->state, path);
	if (!status)
		status = read_optimizer(net, npz, path, held);
	if (!status)
		status = read_rates(net, npz, path, held);
	if (!status)
		status = read_losses(net, npz, path, held);
	if (!status)
		status = read_kept(net, npz, path, kept, held);
	return status
		? status
		: lam_load_net_entries(net, npz, path, lam_weights_prefix(LAM_WEIGHTS_RAW), false);
}

/* Resumes the run of one file; on failure changes nothing. *damaged: the file is not as it was
 * written. */
static lam_status load_one(
	lam_net *net, const char *path, lam_fit_state *state, lam_copy *kept, bool *damaged)
{
	bool later = false;
	held held = {.settings = NULL};
	lam_npz *npz = lam_npz_open(path);
	lam_status status = npz ? read_run(net, npz, path, state, kept, &held, &later)
				: lam_error_status();
	if (!status) {
		take(net, kept, &held);
		*state = held.state;
	}
	/* An undamaged file of this run has all its entries, types and shapes. Another run's file
	 * is LAM_ERR_ARGUMENT, and neither that nor LAM_ERR_MEMORY is damage. */
	*damaged = !later
		&& (status == LAM_ERR_FORMAT || status == LAM_ERR_IO || status == LAM_ERR_SHAPE
			|| status == LAM_ERR_UNSUPPORTED);
	for (int m = 0; m < LAM_MAX_MOMENTS; m++)
		lam_free(held.moments[m]);
	for (int k = 0; k < LAM_KEPT; k++)
		lam_copy_free(&held.kept[k]);
	lam_free(held.settings);
	lam_free(held.rates);
	lam_free(held.losses);
	lam_npz_close(npz);
	return status;
}

/* Resumes from the previous file when the newest is damaged. lam_error() says how it is damaged;
 * that sentence becomes the notice, or is restored on failure. */
static lam_status load_previous(lam_net *net, const char *path, lam_status status,
	lam_fit_state *state, lam_copy *kept, lam_resumed *resumed)
{
	char sentence[512];
	snprintf(sentence, sizeof sentence, "%s", lam_error());
	size_t room = strlen(path) + sizeof LAM_PREVIOUS;
	char *previous = lam_alloc(room, 1);
	if (!previous)
		return LAM_ERR_MEMORY;
	snprintf(previous, room, "%s" LAM_PREVIOUS, path);
	bool damaged;
	lam_status second = load_one(net, previous, state, kept, &damaged);
	lam_free(previous);
	if (second == LAM_ERR_MEMORY)
		return second;
	if (second)
		return lam_fail(status, "%s", sentence);
	*resumed = (lam_resumed){.found = true, .damaged = true};
	static const char end[] = "; the run goes on from the previous file";
	lam_show_line(sentence, resumed->notice, sizeof resumed->notice - (sizeof end - 1));
	memcpy(resumed->notice + strlen(resumed->notice), end, sizeof end);
	return LAM_OK;
}

lam_status lam_checkpoint_load(
	lam_net *net, const char *path, lam_fit_state *state, lam_copy *kept, lam_resumed *resumed)
{
	*resumed = (lam_resumed){.found = false};
	if (access(path, F_OK) && errno == ENOENT)
		return LAM_OK;
	const lam_said before = lam_said_so_far();
	bool damaged;
	lam_status status = load_one(net, path, state, kept, &damaged);
	if (damaged)
		status = load_previous(net, path, status, state, kept, resumed);
	if (damaged && !status)
		lam_unsay(&before);
	if (damaged)
		return status;
	resumed->found = !status;
	return status;
}
