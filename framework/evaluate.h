/* SPDX-License-Identifier: MIT */
/** \file
 * The score of a net on a data set. */
#ifndef LAM_EVALUATE_H
#define LAM_EVALUATE_H

#include "dataset.h"
#include "named.h"
#include "net.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Confusion matrices are made for losses on classes, if there are at most this many classes. */
enum { LAM_MAX_CONFUSION = 1024 };

/** A score. `size` is the number of bytes filled in, and is set by the functions that do so. */
typedef struct lam_score {
	size_t size;
	int64_t count; /**< number of samples; if 0, the rest is NaN, 0 and NULL */
	/** mean per sample, times the loss's weight of now; of several losses the sum. Of a loss on
	 * classes it is the mean over all targets that count, with the classes' weights, as if the
	 * samples were one batch; with weights of samples it is the weighted mean (io.h) */
	double loss;
	/** 0 to 1: the fraction of samples whose largest output is their class (or largest target).
	 * If the outputs are classes at places, [K, L] or [K, H, W], the fraction of places.
	 * Ignored targets do not count; NaN if no target does. With a binary loss, the fraction of
	 * outputs on the same side of 1/2 as their target. NaN for other losses. An output that is
	 * NaN is never right: a sample with one is wrong, or with a binary loss that output.
	 * Samples of weight 0 do not count, all others count once, whatever their weight: here, in
	 * the confusion matrix and in `scored` */
	double accuracy;
	int64_t classes; /**< of the confusion matrix; 0: there is none */
	/** [classes][classes]: the number of samples, or places, of class [row] predicted as class
	 * [column]. Those with an output of NaN are predicted as no class, and are not counted.
	 * Owned by the net. That of lam_evaluate() is valid until the next lam_evaluate(), that of
	 * a validation of lam_fit() until the next validation, both until lam_net_free(). NULL:
	 * none, as in scores of training steps */
	const int64_t *confusion;
	/** samples, or places, that count in the accuracy; 0 in the report of a run that had ended
	 * before */
	int64_t scored;
	/** the mean, over the classes that are anywhere in the confusion matrix, of intersection
	 * over union: right / (of the class + predicted as it - right). NaN without a confusion
	 * matrix, or if it is empty */
	double mean_iou;
} lam_score;

/** Which score of a net's loss. */
typedef enum lam_scored {
	LAM_EVALUATED = 0, /**< of the last lam_evaluate() */
	LAM_VALIDATED,     /**< of lam_fit()'s last validation */
	LAM_TRAINED,       /**< of lam_fit()'s running or last epoch: means over its steps */
} lam_scored;

/** lam_net_score_of(net, "kind", LAM_EVALUATED, &score): the score of one loss, without its weight.
 * A net of several losses has an accuracy and a confusion matrix for each. Its own score, as
 * lam_evaluate() gives it, has the weighted sum of the losses, and neither accuracy (NaN) nor
 * matrix. Count 0: there was no such evaluation, or lam_fit() has resumed a run after it.
 * LAM_ERR_ARGUMENT: there is no such loss. */
LAM_MUST_CHECK lam_status lam_net_score_of_with(const lam_net *net, const char *name,
	lam_scored which, lam_score *score, size_t score_size);
#define lam_net_score_of(net, name, which, score) \
	lam_net_score_of_with(net, name, which, score, sizeof(lam_score))

typedef struct lam_evaluate_options {
	size_t size;
	size_t score_size;          /**< sizeof(lam_score); set by the macro */
	lam_net *net;               /**< must end with a loss */
	const lam_dataset *dataset; /**< its fields must be the net's inputs and losses */
	lam_score *score;           /**< filled in; required */
	LAM_NAMED;
	int64_t batch; /**< default: the net's max_batch */
	/** images and signals may be larger than the net's input: their centre is taken, as after
	 * training with lam_augment's .crop. Above it and left of it one pixel less remains if
	 * their number is odd */
	bool centre;
} lam_evaluate_options;

/** lam_evaluate(net, dataset, &score): computes the net's loss and accuracy in evaluation mode over
 * all samples, in order. The net must end with a loss. The data set must have the net's input shape
 * (otherwise LAM_ERR_SHAPE; see .centre) and targets that fit the loss (otherwise
 * LAM_ERR_ARGUMENT). For a net of several inputs or losses it is made of fields:
 * lam_dataset_fields(). Their names must be those of the inputs and losses.
 *
 * LAM_ERR_NUMERIC: the loss is not finite, because a parameter, a statistic, a sample or an output
 * is not, or the loss is too large. The sentence names the first parameter or statistic that is
 * not, if there is one. The score is filled in all the same, as after LAM_OK. After any other error
 * the score is untouched. LAM_OK says that the loss is finite, not that the net is: an infinity
 * may end in a finite output, behind tanh or as a batch norm's variance. */
LAM_MUST_CHECK lam_status lam_evaluate_with(const lam_evaluate_options *options);

#ifndef __cplusplus
#define lam_evaluate(...) \
	lam_evaluate_with(&(lam_evaluate_options){.size = sizeof(lam_evaluate_options), \
		.score_size = sizeof(lam_score), \
		.net = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
