/* Counting what is right, and evaluating batch by batch: what lam_evaluate() and lam_fit() share.
 * Private to the framework. */
#ifndef LAM_SCORE_H
#define LAM_SCORE_H

#include "framework/data/inside.h"
#include "framework/evaluate.h"

#pragma GCC visibility push(hidden)

/* Sums over samples. */
typedef struct lam_tally {
	int64_t seen;
	/* `right` counts samples, or parts of samples where each output is right or wrong by
	 * itself; NaN: unknown */
	double loss, right;
} lam_tally;

/* Adds the net's last forward: n samples with these targets. `confusion` [classes][classes] may be
 * NULL. */
void lam_tally_add(
	lam_tally *tally, const lam_net *net, const void *targets, int64_t n, int64_t *confusion);

/* Means of the sums. */
lam_score lam_tally_score(const lam_tally *tally);

/* A score of nothing. */
lam_score lam_score_none(void);

/* LAM_ERR_SHAPE, LAM_ERR_ARGUMENT or LAM_ERR_STATE and a sentence when the data set's samples are
 * not the net's input or its targets not what the loss wants. `what` names the data set: "the
 * training set". */
lam_status lam_check_dataset(const lam_net *net, const lam_dataset *dataset, const char *what);

/* Loader of the data set in order. Evaluation with it allocates nothing once lam_score_room() was
 * called. */
lam_loader *lam_evaluate_loader(const lam_net *net, const lam_dataset *dataset, int64_t batch);
lam_status lam_score_room(lam_net *net);

/* One epoch of the loader, from its first batch on. */
lam_status lam_evaluate_run(lam_net *net, lam_loader *loader, lam_score *score);

#pragma GCC visibility pop
#endif
