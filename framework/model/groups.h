/* SPDX-License-Identifier: MIT */
/* The numbers of share= in an architecture text: layers with the same number share parameters.
 * Private to model/. */
#ifndef LAM_GROUPS_H
#define LAM_GROUPS_H

#include "framework/layer.h"

#pragma GCC visibility push(hidden)

/* The first layer of each number, from 1. Begins as zeros; free `first` with lam_free(). */
typedef struct lam_groups {
	lam_layer **first; /* [room] */
	int room;
} lam_groups;

/* Lets a layer share the parameters of the first one with this number. Returns it; frees it, and
 * returns NULL with a sentence, on failure. A number of 0, or a NULL layer: nothing happens. */
lam_layer *lam_groups_join(lam_groups *groups, lam_layer *layer, int number);

#pragma GCC visibility pop
#endif
