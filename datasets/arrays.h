/* SPDX-License-Identifier: MIT */
/* Checks of arrays that a caller gives as samples and targets. Private to datasets/. */
#ifndef LAM_DATASETS_ARRAYS_H
#define LAM_DATASETS_ARRAYS_H

#include "datasets/datasets.h"

#pragma GCC visibility push(hidden)

/* Words for sentences: what they begin with, and the option that says what targets are: ".targets"
 * with values LAM_…, or ".role" with values LAM_ROLE_…; NULL: there are no options. */
typedef struct lam_array_of {
	const char *what, *option, *prefix;
} lam_array_of;

/* Checks every class; sets the number of classes to the largest one + 1 if the caller gave none.
 * Then a number that is larger than any guess is taken for a mistake. */
lam_status lam_arrays_check_classes(
	const lam_array_of *of, const int32_t *found, int64_t count, lam_target_info *targets);

/* Refuses classes, and masks of bytes, that are said to be values. */
lam_status lam_arrays_check_values(
	const lam_array_of *of, const void *values, int64_t count, int64_t features);

/* Refuses weights that are below 0 or not finite. */
lam_status lam_arrays_check_weights(const lam_array_of *of, const lam_real *weights, int64_t count);

/* Whether the number of values fits; an invalid shape passes, and is refused later. */
bool lam_arrays_fit(int64_t count, const lam_shape *shape);

#pragma GCC visibility pop
#endif
