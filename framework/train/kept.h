/* SPDX-License-Identifier: MIT */
/* Weights that a run of lam_fit() keeps beside those that it trains: a moving average, and those of
 * the best epoch. Each is a copy of all parameters and running statistics, because the statistics
 * belong to the parameters. Private to the framework. */
#ifndef LAM_KEPT_H
#define LAM_KEPT_H

#include "framework/net/arenas.h"
#include "framework/save.h"

#include <string.h>

#pragma GCC visibility push(hidden)

/* With the layout of the net's arenas. Both NULL: the run keeps none. */
typedef struct lam_copy {
	lam_real *params, *states;
} lam_copy;

/* Copies `count` reals, perhaps none: then the arrays may be NULL. */
static inline void lam_copy_reals(lam_real *to, const lam_real *from, int64_t count)
{
	if (count > 0)
		memcpy(to, from, (size_t)count * sizeof *to);
}

/* Allocates a copy of zeros; LAM_ERR_MEMORY. */
lam_status lam_copy_new(lam_copy *copy, const lam_net *net);
void lam_copy_free(lam_copy *copy);

/* Copies the net's weights. */
void lam_copy_take(lam_copy *copy, const lam_net *net);

/* Gives the net the copy's weights. Pointers to the net's stay valid. */
void lam_copy_put(const lam_copy *copy, lam_net *net);

/* Exchanges the net's weights and the copy's. */
void lam_copy_swap(lam_copy *copy, lam_net *net);

/* The copies of a run. The order of these is that of the file. */
typedef enum lam_kept_kind {
	LAM_KEPT_AVERAGE,
	LAM_KEPT_BEST,
	LAM_KEPT,
} lam_kept_kind;

/* Which entries of a file hold each. */
static inline lam_weights lam_kept_weights(lam_kept_kind kind)
{
	return kind == LAM_KEPT_BEST ? LAM_WEIGHTS_BEST : LAM_WEIGHTS_AVERAGE;
}

#pragma GCC visibility pop
#endif
