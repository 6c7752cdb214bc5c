/* SPDX-License-Identifier: MIT */
/* The state of a run of lam_fit() beside the net: which run it is, and how far it has come. It is
 * saved and restored as a whole. The net holds the parameters, running statistics, moments, and its
 * counts of updates and passes. Private to the framework.
 *
 * Every random number is a function of (seed, epoch or pass, …), so these counts are the whole
 * state of the random numbers. */
#ifndef LAM_FIT_STATE_H
#define LAM_FIT_STATE_H

#include "framework/base/shown.h"
#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Numbers of a schedule that are no options of one name. Of lam_piecewise(): at and factor of each
 * point. Of a function: the steps of the whole run, then the rates of some of them
 * (lam_rate_step()). */
enum { LAM_SCHEDULE_NUMBERS = 32, LAM_SCHEDULE_RATES = LAM_SCHEDULE_NUMBERS - 1 };

/* Every member is an int64_t or a double, and is listed in lam_fit_fields. */
typedef struct lam_fit_state {
	/* Which run it is. A run with other values here is another run. */
	int64_t rule; /* lam_rule, then the optimizer's options */
	double lr, momentum, weight_decay, beta1, beta2, alpha, eps;
	int64_t nesterov, centered;
	int64_t schedule; /* lam_schedule_kind, then its options */
	double peak, div, final_div, least, factor, warmup;
	int64_t every;
	int64_t seed;           /* the bits of the net's unsigned seed */
	int64_t samples, batch; /* in the training set, 0: it is endless; per step */
	int64_t shift, flip, no_shuffle;
	double clip;
	int64_t direct; /* 1: lam_net_create(.direct), which changes the rounding */
	/* 0: there is no validation set, and best_loss is a training loss */
	int64_t validation_samples;
	int64_t drop_last; /* files of early builds lack it: 0 */
	/* Files of format 1 lack these: 0. */
	double average; /* lam_fit(.average) */
	int64_t average_warmup, keep_best;
	int64_t average_every, average_power, lookahead; /* average_every 0: each step */

	/* Of .augment, beside shift and flip. */
	int64_t reflect, alternate, crop_height, crop_width, cutout;
	int64_t augment_function; /* 1: there is one */
	int64_t before_update;    /* 1: there is one */
	/* More options of schedules, 0 for those that have none of them. */
	int64_t multiply, plateau_patience, cooldown, by_epoch;
	double threshold, numbers[LAM_SCHEDULE_NUMBERS];
	double mixup;
	/* Bit i: the samples of loss i have weights, in the training and in the validation set. */
	int64_t weights, validation_weights;
	int64_t steps_per_epoch; /* 0: as many as the samples make */
	int64_t shards;          /* 0: batches are not cut */
	int64_t parts;           /* 1: each shard reads its part of the data */
	int64_t by_sample;       /* 1: lam_net_by_sample() */

	/* The training forwards of the net's earlier runs: part of the key of the order. Files of
	 * early builds lack it: 0. */
	int64_t first_pass;

	/* How far it has come. */
	int64_t epochs;          /* complete epochs */
	int64_t epoch_step;      /* steps of the running epoch */
	int64_t steps;           /* in all epochs */
	int64_t updates, passes; /* the net's counts, passes with first_pass */
	int64_t seen;            /* samples of the running epoch, followed by sums over them */
	double loss_sum, right_sum;
	double weight_sum; /* that loss_sum is divided by; files of early builds lack it: seen */
	int64_t scored;    /* that right_sum is divided by; likewise */
	int64_t train_count, validation_count; /* scores of the last complete epoch */
	double train_loss, train_accuracy, validation_loss, validation_accuracy;
	int64_t best_epoch, stale; /* stale: epochs since the best one, none of them better */
	double best_loss, best_accuracy;
	double seconds, step_seconds;
	double validation_iou; /* of the last complete epoch; NaN: there is none, as in early files
				*/
	int64_t images;        /* samples trained on, in all epochs */

	/* Of lam_plateau(): the rate after its reductions, the least loss (infinite: none yet), the
	 * epochs since then that were not better, and those of the cooldown that are left. */
	double plateau_lr, plateau_best;
	int64_t plateau_stale, plateau_cooling;
} lam_fit_state;

typedef struct lam_fit_field {
	const char *name; /* "epoch_step" */
	size_t offset;
	bool real;  /* a double; otherwise an int64_t */
	bool same;  /* must be equal for the same run */
	bool added; /* may be missing: in files of older versions, or because it is 0 */
	/* The file has it only where it is not 0, and is then of format 2. */
	bool format2;
} lam_fit_field;

/* Ends with a field whose name is NULL. */
extern const lam_fit_field lam_fit_fields[];

/* Whether a field is 0: an option that is off. */
bool lam_fit_field_off(const lam_fit_field *field, const lam_fit_state *state);

/* Whether a run has an option that makes its file one of format 2. */
bool lam_fit_state_format2(const lam_fit_state *state);

/* The number of batches of an epoch; 0: none. */
int64_t lam_steps_per_epoch(int64_t samples, int64_t batch, bool drop_last);

/* The first field in which `saved` is not the run `asked`: its name, and both values. */
typedef struct lam_fit_difference {
	lam_shown what, asked, saved;
} lam_fit_difference;

/* False: none. */
bool lam_fit_state_differs(
	const lam_fit_state *asked, const lam_fit_state *saved, lam_fit_difference *difference);

/* LAM_ERR_ARGUMENT when `saved`, read from the file `path`, is not the run `asked`. The sentence
 * names the difference. */
lam_status lam_fit_state_same(
	const lam_fit_state *asked, const lam_fit_state *saved, const char *path);

/* LAM_ERR_FORMAT and a sentence when a state read from a file contradicts itself: a negative count,
 * more steps than an epoch has, … */
lam_status lam_fit_state_check(const lam_fit_state *saved, const char *path);

/* The step, of `steps`, whose rate is a function's number i, 0 to LAM_SCHEDULE_RATES - 1: they are
 * spread over the run, from its first step to its last. */
static inline int64_t lam_rate_step(int i, int64_t steps)
{
	const int64_t last = steps - 1, parts = LAM_SCHEDULE_RATES - 1;
	return last / parts * i + last % parts * i / parts;
}

#pragma GCC visibility pop
#endif
