/* SPDX-License-Identifier: MIT */
/* Validation in shards: each rank evaluates its shards of the validation set, and the sums are
 * added in the same tree as those of a step. */
#include "framework/train/inside.h"

#include "framework/net/query.h"
#include "framework/train/score.h"

#include <string.h>

/* The number of entries of a loss's confusion matrix; 0: there is none. */
static int64_t entries(const lam_net *net, int loss)
{
	const int64_t classes = lam_net_target_info(net, loss).classes;
	return lam_net_confusion(net, loss, LAM_VALIDATED) ? classes * classes : 0;
}

int64_t lam_shards_confusion_stride(const lam_net *net)
{
	int64_t most = 0;
	for (int i = 0; i < lam_net_loss_count(net); i++)
		most = entries(net, i) > most ? entries(net, i) : most;
	return most;
}

/* Evaluates local shard k: its sums become a row, and its matrices are added to those of before. */
static lam_status evaluate(lam_trainer *trainer, int64_t k)
{
	lam_net *net = trainer->net;
	const lam_shards *shards = &trainer->shards;
	const lam_shard_range *r = &shards->range;
	const int losses = lam_net_loss_count(net);
	const int64_t all = lam_dataset_count(trainer->options.validation), shard = r->first + k,
		      first = lam_shard_begin(all, shard, r->all),
		      count = lam_shard_samples(all, shard, r->all),
		      stride = lam_shards_confusion_stride(net);
	double *row = shards->records + k * losses * LAM_RECORD;
	lam_score score;
	memset(row, 0, (size_t)losses * LAM_RECORD * sizeof *row);
	if (count == 0)
		return LAM_OK;
	lam_loader_window(trainer->validation, first, count);
	const lam_status status = lam_evaluate_run(net, trainer->validation, LAM_VALIDATED, &score);
	for (int i = 0; i < losses && !status; i++, row += LAM_RECORD) {
		const lam_tally *tally = lam_net_tally(net, i, LAM_VALIDATED);
		const int64_t *confusion = lam_net_confusion(net, i, LAM_VALIDATED);
		row[LAM_RECORD_LOSS] = tally->loss;
		row[LAM_RECORD_RIGHT] = tally->right;
		row[LAM_RECORD_SCORED] = (double)tally->scored;
		row[LAM_RECORD_WEIGHT] = tally->weight;
		for (int64_t e = 0; e < entries(net, i); e++)
			shards->confusion[0][i * stride + e] += confusion[e];
	}
	return status;
}

/* Gives the net the sums of all shards, as if it had evaluated them. */
static lam_status add(lam_trainer *trainer)
{
	lam_net *net = trainer->net;
	lam_shards *shards = &trainer->shards;
	const int losses = lam_net_loss_count(net);
	const int64_t stride = lam_shards_confusion_stride(net);
	lam_status status = lam_shards_add(shards, shards->records, losses * LAM_RECORD);
	if (!status)
		status = lam_shards_add_counts(shards, shards->confusion[0], losses * stride);
	const double *row = shards->records;
	for (int i = 0; i < losses && !status; i++, row += LAM_RECORD) {
		*lam_net_tally(net, i, LAM_VALIDATED) = (lam_tally){
			lam_dataset_count(trainer->options.validation), row[LAM_RECORD_LOSS],
			row[LAM_RECORD_RIGHT], row[LAM_RECORD_WEIGHT],
			(int64_t)row[LAM_RECORD_SCORED]};
		if (entries(net, i))
			memcpy(lam_net_confusion(net, i, LAM_VALIDATED),
				shards->confusion[0] + i * stride,
				(size_t)entries(net, i) * sizeof(int64_t));
	}
	return status;
}

lam_status lam_trainer_validate(lam_trainer *trainer)
{
	lam_shards *shards = &trainer->shards;
	lam_net *net = trainer->net;
	if (!shards->range.all)
		return lam_evaluate_run(
			net, trainer->validation, LAM_VALIDATED, &trainer->validated);
	memset(shards->confusion[0], 0,
		(size_t)(lam_net_loss_count(net) * lam_shards_confusion_stride(net))
			* sizeof(int64_t));
	lam_status status = LAM_OK;
	for (int64_t k = 0; k < shards->range.count && !status; k++)
		status = evaluate(trainer, k);
	status = lam_shards_meet(
		shards, LAM_MEET_VALIDATION, trainer->state.steps, 0, status, NULL);
	if (!status)
		status = add(trainer);
	if (!status)
		trainer->validated = lam_tallies_score(net, LAM_VALIDATED);
	return status;
}
