/* SPDX-License-Identifier: MIT */
/* What is asked of targets before a run reads them. Private to the library. */
#ifndef LAM_NET_TARGETS_H
#define LAM_NET_TARGETS_H

#include "framework/net.h"

#pragma GCC visibility push(hidden)

/* What is known of targets that come as a pointer. */
typedef enum lam_targets_given {
	LAM_GIVEN_UNTYPED = 0, /* `const void *`: whatever the loss wants, or something else */
	LAM_GIVEN_CLASSES,     /* int32_t */
	LAM_GIVEN_VALUES,      /* lam_real */
	/* read by a loader for this loss: of its type, values in its range */
	LAM_GIVEN_LOADED,
} lam_targets_given;

/* LAM_ERR_ARGUMENT and a sentence when the targets of n samples are not what the loss wants:
 * another type, classes that it does not have, values outside of its range, or untyped targets
 * whose bits are those of the other type. Nothing is allocated. */
lam_status lam_targets_check(
	const lam_net *net, const void *targets, int64_t n, lam_targets_given given);

/* The first of `count` values that does not lie in [least, most], NaN included; -1: all do. */
int64_t lam_first_outside(const lam_real *values, int64_t count, lam_real least, lam_real most);

/* int32 labels where reals were expected: when the first `words` words of 32 bits are all 0 to 2^20
 * - 1 and some are not 0, the first that is not; else -1. As lam_real these are 0 or subnormal. */
int64_t lam_first_label(const void *targets, int64_t words);

/* Reals where int32 labels were expected: true when these bits are more likely a real number, as
 * which they are shown. A class may be as large, so this is for the sentence of one that is refused
 * anyway, or for a count of classes that nobody stated. */
bool lam_class_is_real(int32_t label, double *real);

enum { LAM_MOST_GUESSED_CLASSES = 1 << 20 };

#pragma GCC visibility pop
#endif
