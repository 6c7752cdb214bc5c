/* SPDX-License-Identifier: MIT */
/* Targets that were read from a file: numbers, whose type the file's type only suggests. If there
 * is one whole number per sample, they serve a loss as classes or as values; if there are several,
 * as a map of classes. Private to the library. */
#ifndef LAM_DATA_NUMBERS_H
#define LAM_DATA_NUMBERS_H

#include "framework/dataset.h"

#pragma GCC visibility push(hidden)

/* Integers up to this size, of either sign, are exact as lam_real. */
#define LAM_EXACT_WHOLE ((int64_t)1 << (sizeof(lam_real) == 4 ? 24 : 53))

typedef struct lam_target_numbers {
	/* Each target is one whole number, 0 to classes - 1, exact as lam_real. 0: it is not so */
	int64_t classes;
	/* All are whole, of either sign, in an int32_t's range and exact as lam_real */
	bool whole;
	/* for sentences: "'t.npy' is float64 [3]", and if they cannot be both, why: ": sample 1 is
	 * 0.5, no class" */
	char text[500], flaw[100];
} lam_target_numbers;

/* Says so of a data set's targets. LAM_ERR_MEMORY. */
lam_status lam_dataset_set_numbers(lam_dataset *dataset, const lam_target_numbers *numbers);

/* NULL: the targets are no numbers of a file, or there are none. */
const lam_target_numbers *lam_dataset_numbers(const lam_dataset *dataset);

/* The targets as a loss gets them that needs `wanted`: those of lam_dataset_targets(), or their
 * numbers as the other type. */
lam_target_info lam_dataset_targets_for(const lam_dataset *dataset, const lam_target_info *wanted);

/* As lam_dataset_read(), for the type of lam_dataset_targets_for(). `numbers` is room for a
 * target's values, of which classes are made; it may be NULL if the data set's targets have that
 * type. */
lam_status lam_dataset_read_as(const lam_dataset *dataset, int64_t index, lam_real *x, void *target,
	lam_target_type type, lam_real *numbers);

#pragma GCC visibility pop
#endif
