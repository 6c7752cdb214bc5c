/* All that a run of lam_fit() knows beside the net: what the run is, and how far it is. It is saved
 * and restored as a whole; the net's own part is its parameters, running statistics, moments, and
 * its counts of updates and passes. Private to the framework.
 *
 * Every random number is a function of (seed, epoch or pass, …), so that these counts are the state
 * of all randomness. */
#ifndef LAM_FIT_STATE_H
#define LAM_FIT_STATE_H

#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Members are int64_t or double alone: lam_fit_fields lists each. */
typedef struct lam_fit_state {
	/* What the run is. A run with other values here is another run. */
	int64_t rule; /* lam_rule, and the optimizer's numbers */
	double lr, momentum, weight_decay, beta1, beta2, alpha, eps;
	int64_t nesterov, centered;
	int64_t schedule; /* lam_schedule_kind, and its numbers */
	double peak, div, final_div, least, factor, warmup;
	int64_t every;
	int64_t seed;           /* the net's, bit for bit */
	int64_t samples, batch; /* of the training set; per step */
	int64_t shift, flip, no_shuffle;
	double clip;
	int64_t direct; /* 1: the net rules out algorithms that round otherwise */
	/* 0: there is no validation set, and the best loss is one of training */
	int64_t validation_samples;

	/* How far it is. */
	int64_t epochs;          /* complete ones */
	int64_t epoch_step;      /* steps of the epoch after them */
	int64_t steps;           /* in all */
	int64_t updates, passes; /* the net's counts */
	int64_t seen;            /* samples of the running epoch, and sums over them */
	double loss_sum, right_sum;
	int64_t train_count, validation_count; /* scores of the last complete epoch */
	double train_loss, train_accuracy, validation_loss, validation_accuracy;
	int64_t best_epoch, stale; /* epochs in a row that were no better */
	double best_loss, best_accuracy;
	double seconds, step_seconds;
	int64_t images; /* samples trained on in all */
} lam_fit_state;

typedef struct lam_fit_field {
	const char *name; /* "epoch_step" */
	size_t offset;
	bool real;  /* a double; otherwise int64_t */
	bool same;  /* part of what the run is */
	bool added; /* files of early builds of 0.1.0 lack it */
} lam_fit_field;

/* Ends with a field whose name is NULL. */
extern const lam_fit_field lam_fit_fields[];

/* LAM_ERR_ARGUMENT and a sentence with the first field that differs, when `saved` (in the file
 * `path`) is not the run `asked`. */
lam_status lam_fit_state_same(
	const lam_fit_state *asked, const lam_fit_state *saved, const char *path);

/* LAM_ERR_FORMAT and a sentence when a state read from a file contradicts itself: counts below 0,
 * beyond an epoch, … */
lam_status lam_fit_state_check(const lam_fit_state *saved, const char *path);

#pragma GCC visibility pop
#endif
