/* SPDX-License-Identifier: MIT */
/* Writes a run of lam_fit() to a file: the entries of its net, and under "training/" these:
 *
 *   - every field of the state,
 *   - the weight and the sums of each loss, if there are several or one with a changed weight,
 *   - the name and numbers of the optimizer's rule, if it is the caller's own,
 *   - the optimizer's moments, each an array with the layout of the parameter arena, so that only
 *     the same architecture can read it,
 *   - the settings of each parameter, and factors of its learning rate and decay, if it has any,
 *   - the weights that the run keeps beside the net's, each under its name. */
#include "framework/train/checkpoint_inside.h"

#include "framework/model/weights.h"

#include <stdio.h>

lam_entry_name lam_field_entry(const char *field)
{
	lam_entry_name name;
	snprintf(name.text, sizeof name.text, LAM_TRAINING_PREFIX "%s", field);
	return name;
}

lam_entry_name lam_moment_entry(int moment)
{
	lam_entry_name name;
	snprintf(name.text, sizeof name.text, LAM_TRAINING_PREFIX "moment%d", moment);
	return name;
}

static lam_status add_state(lam_npz_writer *npz, const lam_fit_state *state)
{
	lam_status status = LAM_OK;
	for (const lam_fit_field *field = lam_fit_fields; field->name && !status; field++) {
		if (field->format2 && lam_fit_field_off(field, state))
			continue;
		const void *at = (const char *)state + field->offset;
		status = field->real
			? lam_npz_add_double(npz, lam_field_entry(field->name).text, NULL, at)
			: lam_npz_add_int64(npz, lam_field_entry(field->name).text, NULL, at);
	}
	return status;
}

static lam_status add_optimizer(lam_npz_writer *npz, const lam_snapshot *snapshot)
{
	const lam_arena net = lam_net_params(snapshot->net);
	lam_shape arena = LAM_SHAPE(net.size), params = LAM_SHAPE(net.count);
	lam_status status = LAM_OK;
	if (snapshot->rule)
		status = lam_npz_add_text(npz, lam_field_entry("rule_text").text, snapshot->rule);
	if (net.count == 0)
		return status;
	for (int m = 0; m < LAM_MAX_MOMENTS && snapshot->moments[m] && !status; m++)
		status = lam_npz_add_real(
			npz, lam_moment_entry(m).text, &arena, snapshot->moments[m]);
	if (!status)
		status = lam_npz_add_int64(
			npz, lam_field_entry("settings").text, &params, snapshot->settings);
	const lam_shape rates = LAM_SHAPE(net.count, LAM_RATE_COLUMNS);
	return status || !snapshot->has_rates
		? status
		: lam_npz_add_double(npz, lam_field_entry("rates").text, &rates, snapshot->rates);
}

static lam_status add_losses(lam_npz_writer *npz, const lam_snapshot *snapshot)
{
	const lam_shape shape = LAM_SHAPE(lam_net_loss_count(snapshot->net), LAM_LOSS_COLUMNS);
	return snapshot->has_losses
		? lam_npz_add_double(npz, lam_field_entry("losses").text, &shape, snapshot->losses)
		: LAM_OK;
}

static lam_status add_kept(lam_npz_writer *npz, const lam_snapshot *snapshot)
{
	lam_status status = LAM_OK;
	for (int k = 0; k < LAM_KEPT && !status; k++)
		if (lam_has_kept(snapshot->kept, k, &snapshot->state))
			status = lam_save_weights(npz, snapshot->net,
				lam_weights_prefix(lam_kept_weights(k)), snapshot->kept[k].params,
				snapshot->kept[k].states);
	return status;
}

lam_status lam_checkpoint_save(
	const lam_snapshot *snapshot, const char *path, lam_file_lock *lock, bool damaged)
{
	lam_npz_writer *npz = lam_npz_create(
		path, &(lam_zip_options){.careful = true, .distrust = damaged, .lock = lock});
	if (!npz)
		return lam_error_status();
	lam_status status = lam_save_net_entries(npz, snapshot->net, snapshot->architecture,
		snapshot->format, snapshot->params, snapshot->states);
	if (!status)
		status = add_state(npz, &snapshot->state);
	if (!status)
		status = add_losses(npz, snapshot);
	if (!status)
		status = add_optimizer(npz, snapshot);
	if (!status)
		status = add_kept(npz, snapshot);
	if (status) {
		lam_npz_abandon(npz);
		return status;
	}
	return lam_npz_finish(npz);
}
