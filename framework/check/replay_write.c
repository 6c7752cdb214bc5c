/* SPDX-License-Identifier: MIT */
/* Writes the bundle of a failed step, for lam_fit(). */
#include "framework/check/examine.h"
#include "framework/check/replay_entries.h"
#include "framework/memory.h"
#include "framework/model/architecture.h"
#include "framework/model/format.h"
#include "framework/model/inside.h"
#include "framework/net/arenas.h"
#include "framework/net/place.h"
#include "framework/net/query.h"

/* Adds an array [rows][columns] of values, or of class numbers. */
static lam_status add_rows(lam_npz_writer *npz, const char *name, int64_t rows, int64_t columns,
	const lam_real *values, const int32_t *classes)
{
	const lam_shape table = LAM_SHAPE(rows, columns), list = LAM_SHAPE(rows);
	if (values)
		return lam_npz_add_real(npz, name, &table, values);
	int64_t *wide = lam_alloc((size_t)(rows * columns), sizeof *wide);
	if (!wide)
		return LAM_ERR_MEMORY;
	for (int64_t i = 0; i < rows * columns; i++)
		wide[i] = classes[i];
	lam_status status = lam_npz_add_int64(npz, name, columns == 1 ? &list : &table, wide);
	lam_free(wide);
	return status;
}

static lam_status add_input(const lam_net *net, int input, int64_t n, lam_npz_writer *npz)
{
	const int64_t features = input_features(net, input);
	lam_real *rows = lam_alloc((size_t)(n * features), sizeof *rows);
	if (!rows)
		return LAM_ERR_MEMORY;
	lam_net_input_rows(net, input, rows, n);
	lam_status status = add_rows(npz, entry_of(SAMPLES, input, lam_net_input_count(net)).text,
		n, features, rows, NULL);
	lam_free(rows);
	return status;
}

/* The weights of the losses, which are not in the architecture if they were changed. */
static lam_status add_weights(const lam_net *net, lam_npz_writer *npz)
{
	const int losses = lam_net_loss_count(net);
	const lam_shape list = LAM_SHAPE(losses);
	lam_real *weights = lam_alloc((size_t)losses, sizeof *weights);
	if (!weights)
		return LAM_ERR_MEMORY;
	bool same = true;
	for (int i = 0; i < losses; i++) {
		weights[i] = lam_net_loss_weight(net, i);
		same = same && weights[i] == lam_net_made_weight(net, i);
	}
	lam_status status = same ? LAM_OK : lam_npz_add_real(npz, ENTRY("weights"), &list, weights);
	lam_free(weights);
	return status;
}

static lam_status add_batch(const lam_net *net, const lam_run *run, lam_npz_writer *npz)
{
	const int losses = lam_net_loss_count(net);
	lam_status status = LAM_OK;
	for (int k = 0; k < lam_net_input_count(net) && !status; k++)
		status = add_input(net, k, run->n, npz);
	for (int i = 0; i < losses && !status; i++) {
		const lam_target_info info = lam_net_target_info(net, i);
		const bool classes = info.type == LAM_CLASSES;
		const lam_run_target *given = &run->targets[i];
		const int64_t values = lam_target_values(&info);
		status = add_rows(npz, entry_of(TARGETS, i, losses).text, run->n, values,
			classes ? NULL : given->data, classes ? given->data : NULL);
		if (!status && given->second)
			status = add_rows(npz, entry_of(SECOND, i, losses).text, run->n, values,
				NULL, given->second);
		if (!status && given->second)
			status = add_rows(npz, entry_of(SHARE, i, losses).text, run->n, 1,
				given->share, NULL);
		const lam_shape list = LAM_SHAPE(run->n);
		if (!status && given->weights)
			status = lam_npz_add_real(
				npz, entry_of(WEIGHTS, i, losses).text, &list, given->weights);
	}
	return status ? status : add_weights(net, npz);
}

lam_status lam_replay_write(const lam_net *net, const lam_run *run, const char *path, int64_t epoch,
	int64_t step, const char *failure)
{
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {
		{ENTRY("seed"), (int64_t)lam_net_seed(net)},
		{ENTRY("pass"), (int64_t)lam_net_counts(net).passes},
		{ENTRY("epoch"), epoch},
		{ENTRY("step"), step},
	};
	char *architecture = lam_architecture_write(lam_net_model(net), lam_net_input_shape(net));
	lam_npz_writer *npz = architecture ? lam_npz_create(path, NULL) : NULL;
	if (!npz) {
		lam_free(architecture);
		return lam_error_status();
	}
	/* Without the weights of samples, or in another layout, the step would be another. */
	const int64_t max_batch = lam_net_max_batch(net);
	const bool by_sample = lam_net_by_sample(net);
	int format = by_sample ? LAM_FORMAT_OPEN : LAM_FORMAT_FIRST;
	for (int i = 0; i < lam_net_loss_count(net); i++)
		format = run->targets[i].weights ? LAM_FORMAT_OPEN : format;
	lam_status status = lam_save_net_entries(npz, net, architecture, format,
		lam_net_params(net).values, lam_net_states(net).values);
	lam_free(architecture);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers && !status; i++)
		status = lam_npz_add_int64(npz, numbers[i].name, NULL, &numbers[i].value);
	if (!status && lam_net_direct(net))
		status = lam_npz_add_int64(npz, ENTRY("direct"), NULL, &(int64_t){1});
	if (!status && by_sample)
		status = lam_npz_add_int64(npz, ENTRY("max_batch"), NULL, &max_batch);
	if (!status)
		status = lam_npz_add_text(npz, ENTRY("failure"), failure);
	if (!status)
		status = add_batch(net, run, npz);
	if (!status)
		return lam_npz_finish(npz);
	lam_npz_abandon(npz);
	return status;
}
