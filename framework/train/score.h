/* SPDX-License-Identifier: MIT */
/* Losses and accuracies summed batch by batch, and the evaluation that lam_evaluate() and lam_fit()
 * share. Private to the framework. */
#ifndef LAM_SCORE_H
#define LAM_SCORE_H

#include "framework/data/inside.h"
#include "framework/evaluate.h"
#include "framework/net/arenas.h"

#pragma GCC visibility push(hidden)

/* Sums over samples. */
typedef struct lam_tally {
	int64_t seen;
	/* `right` counts samples, or places. If each output is right or wrong by itself, it counts
	 * fractions of samples. NaN: unknown. */
	double loss, right;
	double weight;  /* that `loss` is divided by (lam_pass.count) */
	int64_t scored; /* samples, or places, among which `right` were */
} lam_tally;

/* Adds the n samples of the net's last forward, which have these targets. `confusion`
 * [classes][classes] may be NULL. */
void lam_tally_add(
	lam_tally *tally, const lam_net *net, const void *targets, int64_t n, int64_t *confusion);

/* The means over the samples. */
lam_score lam_tally_score(const lam_tally *tally);

/* The mean intersection over union of a confusion matrix; NaN: it is empty. */
double lam_mean_iou(const int64_t *confusion, int64_t classes);

/* The score of no samples. */
lam_score lam_score_none(void);

/* LAM_ERR_SHAPE, LAM_ERR_ARGUMENT or LAM_ERR_STATE and a sentence when the data set's samples do
 * not fit the net's input, or its targets do not fit the loss. `what` names the data set, as "the
 * training set". */
lam_status lam_check_dataset(const lam_net *net, const lam_dataset *dataset, const char *what);

/* Makes a loader that reads the data set in order. After lam_score_room(), evaluation with it
 * allocates nothing. */
lam_loader *lam_evaluate_loader(const lam_net *net, const lam_dataset *dataset, int64_t batch);
lam_status lam_score_room(lam_net *net, lam_confusion which);

/* Reads the first batch. The data set's code must not use the net, as in batches that are read
 * beside a run. */
lam_status lam_first_batch(lam_net *net, lam_loader *loader);

/* Evaluates one epoch of the loader, from its first batch on. */
lam_status lam_evaluate_run(
	lam_net *net, lam_loader *loader, lam_confusion which, lam_score *score);

#pragma GCC visibility pop
#endif
