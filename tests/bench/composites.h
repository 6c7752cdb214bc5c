/* SPDX-License-Identifier: MIT */
/* Pictures of several Fashion-MNIST items with a class at each place, to learn segmentation on. */
#ifndef BENCH_COMPOSITES_H
#define BENCH_COMPOSITES_H

#include <datasets/datasets.h>

enum {
	COMPOSITE_SIDE = 32,
	COMPOSITE_PLACES = COMPOSITE_SIDE * COMPOSITE_SIDE,
	COMPOSITE_CLASSES = 5, /* ground; tops and dresses; trousers; shoes; bags */
	COMPOSITE_FAINT = 255, /* the class of places that do not count */
};

/* A data set of `count` samples, 1 x 32 x 32, with a class at each place. Sample i is a function of
 * `seed` and i: two or three of `items`, at half their size and random places, before the ground.
 * The ground is four more items, dimmed to 0.1 to 0.3 of their brightness. An item hides what lies
 * under it, and has its brightness raised to (1 + 3 p) / 4.
 *
 * Pixels p of an item are those above 0.1. Fainter ones, its soft border, are not drawn and are
 * COMPOSITE_FAINT. `items` is borrowed: images of 1 x 28 x 28 with the ten classes of
 * Fashion-MNIST. NULL and a sentence on failure. */
lam_dataset *composites_new(const lam_dataset *items, uint64_t seed, int64_t count);

#endif
