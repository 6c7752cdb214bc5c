/* SPDX-License-Identifier: MIT */
/* The beginning of a run of several ranks: all must have the same net, data and options, and then
 * get from rank 0 what it has read from its checkpoint. */
#include "framework/train/inside.h"

#include "framework/kernels/kernels.h"
#include "framework/memory.h"
#include "framework/model/architecture.h"
#include "framework/net/query.h"
#include "framework/version.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What a rank tells of itself. */
struct card {
	char version[32], isa[32];
	int64_t real_bytes, shards, max_batch, epochs, patience;
	uint64_t architecture, params, settings;
	int64_t samples, validation_samples;
	lam_fit_state run;
};

/* What is set for each parameter, and the weights of the losses. */
static uint64_t hash_settings(const lam_net *net)
{
	const lam_arena params = lam_net_params(net);
	uint64_t hash = LAM_SHARDS_HASH;
	for (int i = 0; i < params.count; i++) {
		const struct lam_param *p = params.params[i];
		const double set[] = {p->trainable, (double)p->rate, (double)p->decay};
		hash = lam_shards_hash(hash, set, sizeof set);
	}
	for (int i = 0; i < lam_net_loss_count(net); i++) {
		const double weight = (double)lam_net_loss_weight(net, i);
		hash = lam_shards_hash(hash, &weight, sizeof weight);
	}
	return hash;
}

static lam_status describe(const lam_trainer *trainer, struct card *card)
{
	const lam_fit_options *o = &trainer->options;
	const lam_net *net = trainer->net;
	char *text = lam_architecture_write(lam_net_model(net), lam_net_input_shape(net));
	if (!text)
		return lam_error_status();
	*card = (struct card){.real_bytes = sizeof(lam_real),
		.shards = o->shards,
		.max_batch = lam_net_max_batch(net),
		.epochs = o->epochs,
		.patience = o->patience,
		.architecture = lam_shards_hash(LAM_SHARDS_HASH, text, strlen(text)),
		.params = lam_shards_hash_net(&trainer->shards, net),
		.settings = hash_settings(net),
		.samples = lam_dataset_count(o->train),
		.validation_samples = o->validation ? lam_dataset_count(o->validation) : 0,
		.run = trainer->state};
	snprintf(card->version, sizeof card->version, "%s", lam_version());
	snprintf(card->isa, sizeof card->isa, "%s", lam_isa());
	lam_free(text);
	return LAM_OK;
}

static lam_status other_number(const char *what, int64_t own, int64_t first)
{
	return own == first
		? LAM_OK
		: lam_fail(LAM_ERR_ARGUMENT, "lam_fit: %s is %" PRId64 "; rank 0 has %" PRId64,
			what, own, first);
}

static lam_status other_hash(const char *what, uint64_t own, uint64_t first)
{
	return own == first
		? LAM_OK
		: lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: %s (checksum %016" PRIx64 "); expected rank 0's (%016" PRIx64 ")",
			what, own, first);
}

static lam_status other_word(const char *what, const char *own, const char *first)
{
	return strcmp(own, first) == 0
		? LAM_OK
		: lam_fail(LAM_ERR_ARGUMENT, "lam_fit: %s is %s; rank 0 has %s", what, own, first);
}

/* LAM_ERR_ARGUMENT and a sentence about the first difference from rank 0. The room of a net comes
 * after .shards and .batch, which it often follows. */
static lam_status compare(const struct card *own, const struct card *first)
{
	lam_status status = other_word("the version of lamina", own->version, first->version);
	if (!status)
		status = other_word("the instruction set", own->isa, first->isa);
	if (!status)
		status = other_number("the size of a lam_real", own->real_bytes, first->real_bytes);
	if (!status)
		status = other_hash("another net", own->architecture, first->architecture);
	if (!status)
		status = other_number(".shards", own->shards, first->shards);
	if (!status)
		status = other_number(".epochs", own->epochs, first->epochs);
	if (!status)
		status = other_number(".patience", own->patience, first->patience);
	if (!status)
		status = other_number(
			"the number of training samples", own->samples, first->samples);
	if (!status)
		status = other_number("the number of validation samples", own->validation_samples,
			first->validation_samples);
	lam_fit_difference found;
	if (!status && lam_fit_state_differs(&own->run, &first->run, &found))
		status = other_word(found.what.text, found.asked.text, found.saved.text);
	if (!status)
		status = other_number("the net's .max_batch", own->max_batch, first->max_batch);
	if (!status)
		status = other_hash("other parameters", own->params, first->params);
	if (!status)
		status = other_hash(
			"other settings of parameters or losses", own->settings, first->settings);
	return status;
}

static lam_status spread_reals(lam_shards *shards, lam_real *values, int64_t count)
{
	return lam_shards_spread(shards, values, (size_t)count * sizeof *values);
}

/* What the checkpoint says of each parameter and of each loss. */
static lam_status spread_settings(lam_trainer *trainer)
{
	const lam_arena params = lam_net_params(trainer->net);
	lam_status status = LAM_OK;
	for (int i = 0; i < params.count && !status; i++) {
		struct lam_param *p = params.params[i];
		struct {
			lam_real rate, decay;
			int32_t trainable;
		} set = {p->rate, p->decay, p->trainable};
		status = lam_shards_spread(&trainer->shards, &set, sizeof set);
		lam_param_set_trainable(p, set.trainable);
		lam_param_set_rate(p, set.rate);
		lam_param_set_decay(p, set.decay);
		atomic_fetch_add(p->version, 1);
	}
	for (int i = 0; i < lam_net_loss_count(trainer->net) && !status; i++) {
		lam_real weight = lam_net_loss_weight(trainer->net, i);
		status = lam_shards_spread(&trainer->shards, &weight, sizeof weight);
		lam_net_restore_weight(trainer->net, i, weight);
		if (!status)
			status = lam_shards_spread(&trainer->shards,
				lam_net_tally(trainer->net, i, LAM_TRAINED), sizeof(lam_tally));
	}
	return status;
}

/* All that a checkpoint restores. */
static lam_status spread(lam_trainer *trainer)
{
	lam_shards *shards = &trainer->shards;
	const lam_arena params = lam_net_params(trainer->net),
			states = lam_net_states(trainer->net);
	lam_status status = lam_shards_spread(shards, &trainer->resumed, sizeof trainer->resumed);
	if (status || (!trainer->resumed.found && !trainer->resumed.damaged))
		return status;
	status = lam_shards_spread(shards, &trainer->state, sizeof trainer->state);
	if (!status)
		status = spread_reals(shards, params.values, params.size);
	if (!status)
		status = spread_reals(shards, states.values, states.size);
	for (int m = 0; lam_net_moment(trainer->net, m) && !status; m++)
		status = spread_reals(shards, lam_net_moment(trainer->net, m), params.size);
	for (int k = 0; k < LAM_KEPT && !status; k++)
		if (trainer->kept[k].params) {
			status = spread_reals(shards, trainer->kept[k].params, params.size);
			if (!status)
				status = spread_reals(shards, trainer->kept[k].states, states.size);
		}
	if (!status)
		status = spread_settings(trainer);
	lam_net_set_counts(trainer->net,
		(lam_counts){trainer->state.updates, (uint64_t)trainer->state.passes});
	return status;
}

lam_status lam_shards_describe(lam_trainer *trainer)
{
	trainer->card = lam_shards_alone(&trainer->shards) ? NULL
							   : lam_alloc(1, sizeof(struct card));
	if (lam_shards_alone(&trainer->shards))
		return LAM_OK;
	return trainer->card ? describe(trainer, trainer->card) : LAM_ERR_MEMORY;
}

/* Whether any rank has callbacks after which the ranks must meet. */
static lam_status ask_callbacks(lam_trainer *trainer)
{
	trainer->any_step_end = trainer->options.step_end != NULL;
	trainer->any_epoch_end = trainer->options.epoch_end != NULL;
	lam_status status = lam_shards_meet(
		&trainer->shards, LAM_MEET_START, 2, 0, LAM_OK, &trainer->any_step_end);
	return status ? status
		      : lam_shards_meet(&trainer->shards, LAM_MEET_START, 3, 0, LAM_OK,
			      &trainer->any_epoch_end);
}

lam_status lam_shards_start(lam_trainer *trainer, lam_status status)
{
	lam_shards *shards = &trainer->shards;
	if (lam_shards_alone(shards))
		return status;
	status = lam_shards_meet(shards, LAM_MEET_START, 0, 0, status, NULL);
	if (status)
		return status;
	struct card *own = trainer->card, first = *own;
	status = lam_shards_spread(shards, &first, sizeof first);
	if (status)
		return status;
	status = lam_shards_meet(shards, LAM_MEET_START, 1, 0, compare(own, &first), NULL);
	if (!status)
		status = ask_callbacks(trainer);
	return status ? status : spread(trainer);
}
