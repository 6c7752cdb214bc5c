/* SPDX-License-Identifier: MIT */
/* What a loader hands out of its rows and lanes, in the order in which a run takes it. */
#include "framework/data/loader_fields.h"

#include "framework/memory.h"
#include "framework/net/query.h"

const void *lam_loaded_rows(const lam_loaded *loaded, int field, int slot, int64_t row)
{
	const int same = loaded->fields[field].field->same;
	const lam_loaded_field *f = &loaded->fields[same < 0 ? field : same];
	return f->soft[slot] ? (const void *)f->soft[slot] : f->rows[slot] + (size_t)row * f->bytes;
}

static lam_run_input input_of(const lam_loaded *loaded, const char *name, int slot, int64_t row)
{
	const lam_loaded_field *f =
		&loaded->fields[lam_dataset_field_for(loaded->dataset, name, false)];
	return (lam_run_input){.lanes = f->lanes[slot] + row * f->values};
}

static lam_run_target target_of(const lam_loaded *loaded, const char *name, int slot, int64_t row)
{
	const int i = lam_dataset_field_for(loaded->dataset, name, true),
		  weights = lam_dataset_weights_for(loaded->dataset, i);
	const lam_loaded_field *f = &loaded->fields[i];
	const int32_t *second = f->second[slot];
	return (lam_run_target){
		.data = lam_loaded_rows(loaded, i, slot, row),
		.given = LAM_GIVEN_LOADED,
		.second = second ? second + row * f->values : NULL,
		.share = second ? loaded->share[slot] + row : NULL,
		.weights = weights < 0 ? NULL : lam_loaded_rows(loaded, weights, slot, row),
	};
}

/* The fields in the data set's order, for a loader without a net. */
static void list_fields(
	const lam_loaded *loaded, int slot, lam_run_input *inputs, lam_run_target *targets)
{
	for (int i = 0; i < loaded->count; i++) {
		const lam_data_field *field = loaded->fields[i].field;
		if (field->target)
			targets++->data = lam_loaded_rows(loaded, i, slot, 0);
		else if (lam_field_is_input(field))
			inputs++->lanes = loaded->fields[i].lanes[slot];
	}
}

bool lam_loaded_list(const lam_loaded *loaded, const lam_net *net, int slot, int64_t shards,
	int64_t shard_rows, lam_run_input **inputs, lam_run_target **targets)
{
	const int in = net ? lam_net_input_count(net) : loaded->count,
		  out = net ? lam_net_loss_count(net) : loaded->count;
	*inputs = lam_alloc((size_t)(in * shards), sizeof **inputs);
	*targets = lam_alloc((size_t)(out * shards), sizeof **targets);
	if (!*inputs || !*targets)
		return false;
	if (!net)
		list_fields(loaded, slot, *inputs, *targets);
	for (int64_t s = 0; s < shards && net; s++) {
		for (int k = 0; k < in; k++)
			(*inputs)[s * in + k] = input_of(
				loaded, lam_net_input_name(net, k), slot, s * shard_rows);
		for (int k = 0; k < out; k++)
			(*targets)[s * out + k] = target_of(
				loaded, lam_net_loss_name(net, k), slot, s * shard_rows);
	}
	return true;
}
