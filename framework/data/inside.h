/* SPDX-License-Identifier: MIT */
/* There is no loading thread. If every core runs a thread of the step, one more thread would take a
 * core away, and the whole phase would wait for a unit that was begun on that core. Instead, units
 * of the running step's own parallel region fill the next batch. There is one unit per block of 16
 * samples, and whichever thread is free takes it. The batch is complete when the step ends:
 *
 *     lam_loader_begin(loader);
 *     …                                       run all units of the work: the first batch
 *     lam_loader_take(loader, &batch);
 *     while (…) {
 *             const lam_side_work *next = lam_loader_begin(loader);
 *             lam_net_run(net, &(lam_run){.inputs = batch.inputs,
 *                     .targets = batch.targets, .n = batch.n, .side = next, …});
 *             lam_loader_take(loader, &batch);
 *     } */
#ifndef LAM_LOADER_INSIDE_H
#define LAM_LOADER_INSIDE_H

#include "framework/data/shards.h"
#include "framework/loader.h"
#include "framework/net/run.h"

#pragma GCC visibility push(hidden)

typedef struct lam_lane_batch {
	int64_t n, epoch, index;
	/* One for each of the net's inputs, with .lanes, and one for each of its losses; without a
	 * net in the data set's order. They and what they point at are valid until
	 * lam_loader_take() has been called twice more. */
	const lam_run_input *inputs;
	const lam_run_target *targets;
} lam_lane_batch;

/* Whether lam_dataset_set_light() was called. */
bool lam_dataset_light(const lam_dataset *dataset);

/* As lam_loader_new(), for lane blocks and a net, whose ends the data set's fields fit
 * (lam_check_dataset()). Target values outside the range of their loss, and classes that it does
 * not have, are refused; the sentence has the sample's index in the data set. Where augmentation
 * moves a map of classes, the gap gets the class that the loss ignores. `net` NULL: any targets are
 * allowed. */
lam_loader *lam_loader_new_lanes(const lam_loader_options *options, const lam_net *net);

/* The same, but of each batch it reads only these shards. A batch's inputs and targets are lists of
 * all inputs, or targets, of the first of them, then of the next, …; each begins with a block. */
lam_loader *lam_loader_new_shards(
	const lam_loader_options *options, const lam_net *net, lam_shard_range shards);

/* Lets a loader that does not shuffle read `count` samples, from `first` on, as an epoch. Seek
 * then. */
void lam_loader_window(lam_loader *loader, int64_t first, int64_t count);

/* Changes the seed, before the first batch is begun. */
void lam_loader_reseed(lam_loader *loader, uint64_t seed);

/* Returns the work that fills the next batch; the same work until the batch is taken. */
const lam_side_work *lam_loader_begin(lam_loader *loader);

/* Begins the next batch and fills it on the calling thread. */
lam_status lam_loader_fill(lam_loader *loader);

/* Returns the batch that was begun and filled, and advances to the next. */
void lam_loader_take(lam_loader *loader, lam_lane_batch *batch);

#pragma GCC visibility pop
#endif
