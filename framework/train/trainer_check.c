/* SPDX-License-Identifier: MIT */
/* Checks the options, and describes the run in the state, which tells it from others. */
#include "framework/train/inside.h"

#include "framework/data/fields.h"
#include "framework/files/file.h"
#include "framework/net/optimizer_check.h"
#include "framework/net/query.h"
#include "framework/net/use.h"
#include "framework/train/score.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* A shard has at most the net's largest batch. */
static int64_t most_batch(const lam_trainer *trainer)
{
	const int64_t shards = trainer->options.shards ? trainer->options.shards : 1,
		      most = lam_net_max_batch(trainer->net) * shards;
	return most < LAM_MOST_BATCH ? most : LAM_MOST_BATCH;
}

static lam_status check_numbers(const lam_trainer *trainer)
{
	const lam_fit_options *o = &trainer->options;
	if (o->epochs < 1)
		return lam_fail(
			LAM_ERR_ARGUMENT, "lam_fit: .epochs is %d; expected at least 1", o->epochs);
	const int64_t most = most_batch(trainer);
	if (o->batch < 0 || o->batch > most)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .batch is %" PRId64 "; expected 1 to %" PRId64
			", the net's .max_batch%s",
			o->batch, most, o->shards ? " for each of .shards" : "");
	if (!(o->clip >= 0) || isinf(o->clip))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .clip is %g; expected a norm above 0, or 0 for none", o->clip);
	if (!(o->average >= 0 && o->average < 1))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .average is %g; expected a decay above 0 and below 1, or 0 for "
			"none",
			o->average);
	if (o->average_warmup && o->average == 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .average_warmup without .average; expected a decay");
	if (o->average_every < 0 || o->average_power < 0 || o->average_power > 16)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_fit: .average_%s is %d; expected %s",
			o->average_every < 0 ? "every" : "power",
			o->average_every < 0 ? o->average_every : o->average_power,
			o->average_every < 0 ? "steps, or 0 for each" : "0 to 16");
	if ((o->average_every || o->average_power || o->lookahead) && o->average == 0)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_fit: .%s without .average; expected a decay",
			o->lookahead               ? "lookahead"
				: o->average_every ? "average_every"
						   : "average_power");
	if (o->patience < 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .patience is %d; expected epochs, or 0 for none", o->patience);
	if (o->checkpoint_every < 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .checkpoint_every is %" PRId64
			"; expected steps, or 0 for once an epoch",
			o->checkpoint_every);
	if (!o->checkpoint && (o->resume || o->checkpoint_every))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .%s without .checkpoint; expected the path of a file",
			o->resume ? "resume" : "checkpoint_every");
	if (o->checkpoint && !*o->checkpoint)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .checkpoint is empty; expected the path of a file");
	if (o->replay && !*o->replay)
		return lam_fail(
			LAM_ERR_ARGUMENT, "lam_fit: .replay is empty; expected the path of a file");
	if (o->history && !*o->history)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .history is empty; expected the path of a file");
	lam_status status = lam_optimizer_check(&o->optimizer);
	return status ? status : lam_schedule_check(&o->schedule);
}

static lam_status check_net(const lam_trainer *trainer)
{
	const lam_fit_options *o = &trainer->options;
	if (lam_net_inference(trainer->net))
		return lam_fail(LAM_ERR_STATE, "lam_fit: the net was made for inference");
	lam_status status = lam_net_expect_free(trainer->net, "lam_fit");
	if (!status)
		status = lam_net_expect_alone(trainer->net, "lam_fit");
	if (!status)
		status = lam_check_dataset(trainer->net, o->train, &o->augment, "the training set");
	if (!status && o->validation)
		status = lam_check_dataset(
			trainer->net, o->validation, &o->augment, "the validation set");
	for (int i = 0; i < lam_net_loss_count(trainer->net) && !status; i++)
		if (lam_net_has_divisor(trainer->net, i))
			status = lam_fail(LAM_ERR_STATE,
				"lam_fit: the loss %s has a divisor (lam_net_set_divisor()); "
				"expected 0, each batch's own",
				lam_net_loss_title(trainer->net, i).text);
	return status;
}

/* Checks that writing one file does not overwrite the other; either may be NULL. */
static lam_status check_two(
	const char *name, const char *path, const char *other_name, const char *other)
{
	if (!path || !other)
		return LAM_OK;
	if (strcmp(path, other) == 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .%s and .%s are both '%s'; expected two files", name, other_name,
			lam_path_text(path).text);
	const bool keeps = strcmp(name, "checkpoint") == 0; /* its previous file */
	if (lam_file_takes(path, keeps, other) || lam_file_takes(other, false, path))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .%s is '%s' and .%s '%s'; expected two files, and neither at a "
			"name that writing the other takes (with " LAM_PREVIOUS ", " LAM_TEMPORARY
			" behind it)",
			name, lam_path_text(path).text, other_name, lam_path_text(other).text);
	return LAM_OK;
}

/* Checks before the run, not after an epoch, that its files can be written and do not overwrite
 * each other. */
static lam_status check_place(const lam_fit_options *o)
{
	lam_status status = check_two("checkpoint", o->checkpoint, "replay", o->replay);
	if (!status)
		status = check_two("checkpoint", o->checkpoint, "history", o->history);
	if (!status)
		status = check_two("replay", o->replay, "history", o->history);
	if (status)
		return status;
	if (o->checkpoint && lam_file_expect(o->checkpoint, true))
		return lam_fail(lam_error_status(), "lam_fit: .checkpoint %s", lam_error());
	if (o->replay && lam_file_expect(o->replay, false))
		return lam_fail(lam_error_status(), "lam_fit: .replay %s", lam_error());
	if (o->history && lam_file_expect(o->history, false))
		return lam_fail(lam_error_status(), "lam_fit: .history %s", lam_error());
	return LAM_OK;
}

/* Checks the smallest shard that has samples, in whole batches and in the last one of `rest`. */
static lam_status check_shards(
	const lam_trainer *trainer, int64_t count, int64_t batch, int64_t rest)
{
	const int64_t shards = trainer->options.shards, whole = count < batch ? count : batch;
	for (int last = 0; last < (rest > 0 ? 2 : 1); last++) {
		const int64_t n = last ? rest : whole, samples = n < shards ? 1 : n / shards;
		lam_call_name layer;
		int64_t least;
		if (lam_net_too_few(trainer->net, samples, &layer, &least))
			return lam_fail(LAM_ERR_ARGUMENT,
				"lam_fit: %s%" PRId64 " samples in %" PRId64
				" shards: one has %" PRId64 ", but %s needs at least %" PRId64
				" to train; expected fewer .shards, another .batch, or .drop_last",
				last ? "the last batch has " : "", n, shards, samples, layer.text,
				least);
	}
	return LAM_OK;
}

/* Checks that no batch of an epoch is empty, and that none has too few samples for a layer: the
 * last one would fail at the end of the first epoch. */
static lam_status check_batches(const lam_trainer *trainer, int64_t count, int64_t batch)
{
	const int64_t rest = count % batch, steps = trainer->options.steps_per_epoch;
	const bool drops = trainer->options.drop_last || steps > 0;
	lam_call_name layer;
	int64_t least;
	if (drops && count < batch)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .%s leaves nothing of %" PRId64
			" samples; expected a .batch of at most that, got %" PRId64,
			steps > 0 ? "steps_per_epoch" : "drop_last", count, batch);
	if (trainer->options.shards)
		return check_shards(trainer, count, batch, drops ? 0 : rest);
	if (lam_net_too_few(trainer->net, count < batch ? count : batch, &layer, &least))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: %" PRId64 " sample%s in batches of %" PRId64
			", but %s needs at least %" PRId64
			" in a batch to train; expected more samples, or another .batch",
			count, count == 1 ? "" : "s", batch, layer.text, least);
	if (!drops && rest > 0 && lam_net_too_few(trainer->net, rest, &layer, &least))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: %" PRId64 " samples = %" PRId64 " x %" PRId64 " + %" PRId64
			": the last batch has %s, but %s needs at least %" PRId64
			" to train; expected another .batch, or .drop_last",
			count, count / batch, batch, rest, rest == 1 ? "one sample" : "too few",
			layer.text, least);
	return LAM_OK;
}

/* Bit i: the samples of loss i have weights; the last bit serves all losses from there on. */
static int64_t weighted_losses(const lam_net *net, const lam_dataset *dataset)
{
	int64_t bits = 0;
	for (int i = 0; i < lam_net_loss_count(net); i++) {
		const int targets = lam_dataset_field_for(dataset, lam_net_loss_name(net, i), true);
		if (lam_dataset_weights_for(dataset, targets) >= 0)
			bits |= INT64_C(1) << (i < 62 ? i : 62);
	}
	return bits;
}

/* The optimizer and the schedule have their defaults filled in already, so a run that names a
 * default is the same run. */
static void describe(const lam_fit_options *o, lam_net *net, int64_t batch, lam_fit_state *state)
{
	const lam_optimizer *opt = &o->optimizer;
	const lam_schedule *sched = &o->schedule;
	*state = (lam_fit_state){
		.rule = opt->rule,
		.lr = (double)opt->lr,
		.momentum = (double)opt->momentum,
		.weight_decay = (double)opt->weight_decay,
		.beta1 = (double)opt->beta1,
		.beta2 = (double)opt->beta2,
		.alpha = (double)opt->alpha,
		.eps = (double)opt->eps,
		.nesterov = opt->nesterov,
		.centered = opt->centered,
		.schedule = sched->kind,
		.peak = (double)sched->peak,
		.div = (double)sched->div,
		.final_div = (double)sched->final_div,
		.least = (double)sched->least,
		.factor = (double)sched->factor,
		.warmup = (double)sched->warmup,
		.every = sched->every,
		.seed = (int64_t)lam_net_seed(net),
		.samples = lam_dataset_count(o->train) == LAM_ENDLESS ? 0
								      : lam_dataset_count(o->train),
		.steps_per_epoch = o->steps_per_epoch,
		.shards = o->shards,
		.parts = o->parts,
		.batch = batch,
		.shift = o->augment.shift,
		.flip = o->augment.flip,
		.reflect = o->augment.reflect,
		.alternate = o->augment.alternate,
		.crop_height = o->augment.crop[0],
		.crop_width = o->augment.crop[1] ? o->augment.crop[1] : o->augment.crop[0],
		.cutout = o->augment.cutout,
		.before_update = o->before_update != NULL,
		.mixup = o->augment.mixup,
		.augment_function = o->augment.function != NULL,
		.no_shuffle = o->no_shuffle,
		.clip = o->clip,
		.direct = lam_net_direct(net),
		.by_sample = lam_net_by_sample(net),
		.validation_samples = o->validation ? lam_dataset_count(o->validation) : 0,
		.drop_last = o->drop_last,
		.average = o->average,
		.average_warmup = o->average_warmup,
		.average_every = o->average_every > 1 ? o->average_every : 0,
		.average_power = o->average_power,
		.lookahead = o->lookahead,
		.keep_best = o->keep_best,
		.weights = weighted_losses(net, o->train),
		.validation_weights = o->validation ? weighted_losses(net, o->validation) : 0,
	};
}

static lam_status check_streams(const lam_fit_options *o)
{
	const bool endless = lam_dataset_count(o->train) == LAM_ENDLESS;
	if (o->steps_per_epoch < 0 || o->steps_per_epoch > INT_MAX
		|| (endless && o->steps_per_epoch == 0))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .steps_per_epoch is %" PRId64 "; expected %d to %d%s",
			o->steps_per_epoch, endless ? 1 : 0, INT_MAX,
			endless ? ", as the training set is endless" : "");
	if (o->validation && lam_dataset_count(o->validation) == LAM_ENDLESS)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: the validation set is endless; expected one with a count");
	if (o->resume && lam_dataset_in_order(o->train))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_fit: .resume with a stream that is read in order (.next); expected "
			"one that is a function of its index (.read), or no .resume");
	return LAM_OK;
}

lam_status lam_trainer_check(lam_trainer *trainer)
{
	const lam_fit_options *o = &trainer->options;
	if (!o->net || !o->train)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_fit: the %s is NULL",
			o->net ? "training set" : "net");
	lam_status status = lam_shards_check(trainer);
	if (!status)
		status = check_numbers(trainer);
	if (!status)
		status = check_net(trainer);
	if (!status)
		status = check_place(o);
	if (status)
		return status;
	status = check_streams(o);
	if (status)
		return status;
	int64_t count = lam_dataset_count(o->train),
		batch = o->batch ? o->batch : most_batch(trainer);
	status = check_batches(trainer, count, batch);
	if (status)
		return status;
	trainer->steps_per_epoch = o->steps_per_epoch
		? o->steps_per_epoch
		: lam_steps_per_epoch(count, batch, o->drop_last);
	if (__builtin_mul_overflow(
		    trainer->steps_per_epoch, (int64_t)o->epochs, &trainer->total_steps))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: %d epochs of %" PRId64 " steps are too many to count", o->epochs,
			trainer->steps_per_epoch);
	describe(o, trainer->net, batch, &trainer->state);
	return lam_trainer_describe_schedule(trainer);
}
