/* SPDX-License-Identifier: MIT */
/* Losses and accuracies summed batch by batch, and the evaluation that lam_evaluate() and lam_fit()
 * share. Private to the framework. */
#ifndef LAM_SCORE_H
#define LAM_SCORE_H

#include "framework/data/inside.h"
#include "framework/evaluate.h"
#include "framework/net/arenas.h"

#pragma GCC visibility push(hidden)

/* Sets the sums of all losses to those of no samples, and the confusion matrices to zeros. */
void lam_tallies_clear(lam_net *net, lam_scored which);

/* Adds n samples of the net's last forward, from lane block `block` on, to the sums of one loss;
 * `given` are their targets. The loss that it adds is that of all samples. */
void lam_tally_add(lam_net *net, int loss, lam_scored which, const lam_run_target *given,
	int64_t block, int64_t n);

/* Adds the n samples of the net's last forward, which have these targets, to the sums of all
 * losses, and to the confusion matrices that have room. */
void lam_tallies_add(lam_net *net, lam_scored which, const lam_run_target *targets, int64_t n);

/* The means over the samples: of the only loss, or of all with their weights. */
lam_score lam_tallies_score(const lam_net *net, lam_scored which);

/* The mean intersection over union of a confusion matrix; NaN: it is empty. */
double lam_mean_iou(const int64_t *confusion, int64_t classes);

/* Names for a sentence, as "kind", "price"; "none" at first. */
typedef struct lam_name_list {
	char text[200];
} lam_name_list;
void lam_name_list_add(lam_name_list *list, const char *name);
lam_name_list lam_loss_names(const lam_net *net);

/* The score of no samples. */
lam_score lam_score_none(void);

/* LAM_ERR_SHAPE, LAM_ERR_ARGUMENT or LAM_ERR_STATE and a sentence when the data set's fields are
 * not the net's inputs and losses, or do not fit them once they are cropped. `what` names the data
 * set, as "the training set". */
lam_status lam_check_dataset(const lam_net *net, const lam_dataset *dataset,
	const lam_augment *augment, const char *what);

/* The crop that gives the first moving input of a data set the size that the net's has. */
lam_augment lam_crop_to_net(const lam_net *net, const lam_dataset *dataset);

/* Makes a loader that reads the data set in order, and takes the centre of .crop. After
 * lam_score_room(), evaluation with it allocates nothing. */
lam_loader *lam_evaluate_loader(
	const lam_net *net, const lam_dataset *dataset, const lam_augment *augment, int64_t batch);
lam_status lam_score_room(lam_net *net, lam_scored which);

/* Reads the first batch. The data set's code must not use the net, as in batches that are read
 * beside a run. */
lam_status lam_first_batch(lam_net *net, lam_loader *loader);

/* Evaluates one epoch of the loader, from its first batch on. */
lam_status lam_evaluate_run(lam_net *net, lam_loader *loader, lam_scored which, lam_score *score);

#pragma GCC visibility pop
#endif
