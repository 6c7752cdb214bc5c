/* SPDX-License-Identifier: MIT */
/* What the options of standardize say, for the layer and for what writes it in another form. The
 * state of the layer begins with its options. */
#ifndef LAM_STANDARDIZE_NUMBERS_H
#define LAM_STANDARDIZE_NUMBERS_H

#include "layers/standardize.h"

/* The numbers of a list or of an array. */
struct lam_numbers {
	const lam_real *values;
	int64_t count; /* 0: left out; 1: the same for all channels */
};

/* The number of values in a list, which ends with the last that is not 0. */
static inline int lam_values_given(const lam_real *list)
{
	int count = LAM_MAX_STANDARDIZE;
	while (count > 0 && list[count - 1] == 0)
		count--;
	return count;
}

static inline struct lam_numbers lam_means_of(const lam_standardize_options *o)
{
	return o->means ? (struct lam_numbers){o->means, o->count}
			: (struct lam_numbers){o->mean, lam_values_given(o->mean)};
}

static inline struct lam_numbers lam_stds_of(const lam_standardize_options *o)
{
	return o->stds ? (struct lam_numbers){o->stds, o->count}
		       : (struct lam_numbers){o->std, lam_values_given(o->std)};
}

/* The value for channel c. LAM_ZERO in a list is the number 0. */
static inline double lam_number_at(struct lam_numbers numbers, int64_t c, double fallback)
{
	const double value = numbers.count == 0
		? fallback
		: (double)numbers.values[numbers.count == 1 ? 0 : c];
	return value == (double)LAM_ZERO ? 0 : value;
}

#endif
