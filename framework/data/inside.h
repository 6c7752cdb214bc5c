/* The loader as lam_fit() uses it: in lane blocks, the next batch filled while the net works on
 * this one. Private to the framework.
 *
 * There is no loading thread: where every core has a thread of the step, one more takes a core from
 * it, and whose unit was begun there keeps the whole phase waiting. The next batch is filled by
 * units of the running step's own parallel region, one per block of 16 samples, which whoever is
 * free takes; it is there when the step ends:
 *
 *     lam_loader_begin(loader);  run all units of the work;  lam_loader_take(loader, &batch);
 *                                the first batch
 *     while (…) {
 *             const lam_side_work *next = lam_loader_begin(loader);
 *             lam_net_run(net, &(lam_run){.lanes = batch.lanes, .n = batch.n, .targets =
 *                 batch.targets, .side = next, …});
 *             lam_loader_take(loader, &batch);
 *     } */
#ifndef LAM_LOADER_INSIDE_H
#define LAM_LOADER_INSIDE_H

#include "framework/loader.h"
#include "framework/net/run.h"

#pragma GCC visibility push(hidden)

typedef struct lam_lane_batch {
	int64_t n, epoch, index;
	/* [ceil(n / 16)][shape][16], idle lanes repeat the last sample; valid until the take after
	 * the next */
	const lam_real *lanes;
	const void *targets; /* rows; as long */
} lam_lane_batch;

/* As lam_loader_new(), for lane blocks. */
lam_loader *lam_loader_new_lanes(const lam_loader_options *options);

/* Says which batch comes next and gives the work that fills it; the same again until it is taken.
 */
const lam_side_work *lam_loader_begin(lam_loader *loader);

/* Begins the next batch and fills it here and now. */
lam_status lam_loader_fill(lam_loader *loader);

/* Hands over the batch that was begun and filled, and moves on. */
void lam_loader_take(lam_loader *loader, lam_lane_batch *batch);

/* What .augment does to sample `index` of the data set in an epoch: moved down by dy and right by
 * dx, then flipped. */
typedef struct lam_move {
	int64_t dy, dx;
	bool flip;
} lam_move;
lam_move lam_augment_move(const lam_augment *augment, uint64_t seed, int64_t epoch, int64_t index);

/* to = from, moved; both [planes][height][width]. */
void lam_augment_apply(lam_real *to, const lam_real *from, int64_t planes, int64_t height,
	int64_t width, lam_move move);

#pragma GCC visibility pop
#endif
