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

/* A field of targets as a loss gets them that needs `wanted`: as the data set declares them, or
 * their numbers as the other type. */
lam_target_info lam_dataset_targets_for(
	const lam_dataset *dataset, int field, const lam_target_info *wanted);

/* Converts `count` numbers of the other type, classes or values, to this one. */
void lam_numbers_convert(void *to, const void *from, lam_target_type type, int64_t count);

#pragma GCC visibility pop
#endif
