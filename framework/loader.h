/* SPDX-License-Identifier: MIT */
/** \file
 * The loader: an endless sequence of batches from a data set, shuffled again in every epoch and
 * augmented.
 *
 * The order of the samples depends only on (seed, epoch), and augmentation only on (seed, epoch,
 * sample). So after lam_loader_seek() a loader gives the same batches as one that has reached that
 * place by itself.
 *
 *     lam_loader *loader = lam_loader_new(dataset, .batch = 128, .seed = 1);
 *     const lam_batch *batch;
 *     while ((batch = lam_loader_next(loader)) && batch->epoch < epochs)
 *             if (lam_net_step(net, &optimizer, batch->x, batch->targets, batch->n))
 *                     break;
 *
 * For a data set of several fields it is lam_net_step_io(net, &optimizer, batch->io, batch->n).
 *
 * Only one thread at a time may use a loader, but several loaders may read one data set. */
#ifndef LAM_LOADER_H
#define LAM_LOADER_H

#include "augment.h"
#include "dataset.h"
#include "io.h"
#include "named.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A loader; lam_loader_free() frees it. */
typedef struct lam_loader lam_loader;

typedef struct lam_loader_options {
	size_t size;
	const lam_dataset *dataset; /**< borrowed: must outlive the loader */
	LAM_NAMED;
	/** samples per batch, default 128; the last batch of an epoch may have fewer, unless
	 * .drop_last is set */
	int64_t batch;
	uint64_t seed;       /**< of the order and of `.augment`; default 0 */
	lam_augment augment; /**< framework/augment.h */
	bool no_shuffle;     /**< samples in the data set's order */
	/** leave out the samples after an epoch's last whole batch; with shuffling these are others
	 * in each epoch. An error if the data set has less than a batch */
	bool drop_last;
	/** batches of an epoch; 0: as many as the data set has. Needed for a LAM_ENDLESS data set,
	 * whose samples come in order. Of others the data set's own epochs, each with an order of
	 * its own, go on through those of the loader, and have whole batches only, as with
	 * .drop_last; they are what `.augment` calls an epoch. A stream has one epoch, 0 */
	int64_t steps_per_epoch;
	/** for evaluation: of `.augment` only `.crop` counts, and takes the centre */
	bool evaluation;
} lam_loader_options;

/** Makes a loader and allocates all of its memory. NULL and a sentence on failure. */
LAM_MUST_CHECK lam_loader *lam_loader_new_with(const lam_loader_options *options);

/** Frees the loader, not its data set. NULL is allowed. */
void lam_loader_free(lam_loader *loader);

#ifndef __cplusplus
#define lam_loader_new(...) \
	lam_loader_new_with( \
		&(lam_loader_options){.size = sizeof(lam_loader_options), .dataset = __VA_ARGS__})
#endif

/** One batch, owned by the loader. */
typedef struct lam_batch {
	int64_t n; /**< samples */
	const lam_real
		*x; /**< [n][shape], row-major; the shape is that of `.crop`, if there is one */
	/** LAM_CLASSES: without .mixup int32_t [n] or [n][target shape]; LAM_VALUES: lam_real
	 * [n][target shape]; LAM_INPUT: x */
	const void *targets;
	int64_t epoch, index; /**< the epoch, and the batch's index in it; both from 0 */
	/** every field of the data set under its name, with a {0} at the end, as
	 * lam_net_step_io() takes them. `x` and `targets` are the first input and the first
	 * targets; NULL: there are none */
	const lam_io *io;
} lam_batch;

/** The next batch, valid until the next call; NULL and a sentence when a sample cannot be read. */
LAM_MUST_CHECK const lam_batch *lam_loader_next(lam_loader *loader);

/** Batches per epoch: ceil(count / batch), with .drop_last floor(count / batch), or
 * .steps_per_epoch. */
int64_t lam_loader_batches(const lam_loader *loader);

/** Makes batch `index` of epoch `epoch` the next. LAM_ERR_ARGUMENT if epochs have no such batch, or
 * for an epoch below 0 or above LAM_MAX_COUNT, with .steps_per_epoch above as many samples;
 * LAM_ERR_UNSUPPORTED: the data set has a `.next`, and this batch is not the next one already. */
LAM_MUST_CHECK lam_status lam_loader_seek(lam_loader *loader, int64_t epoch, int64_t index);

#ifdef __cplusplus
}
#endif
#endif
