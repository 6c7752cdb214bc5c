/* SPDX-License-Identifier: MIT */
/* The registry: every layer's subject, once, for the battery, for the tests of numbers, nests and
 * allocation, for the benchmarks, and for the reference values. A subject stands in one of the
 * lists that are named here; the lists are in tests/battery/subjects. */
#ifndef LAM_SUBJECTS_H
#define LAM_SUBJECTS_H

#include "tests/battery/battery.h"

#include <lamina.h>

#define SUBJECT_LISTS(LIST) \
	LIST(activation) \
	LIST(affine) \
	LIST(batch_norm) \
	LIST(container) \
	LIST(conv) \
	LIST(dropout) \
	LIST(loss) \
	LIST(pool) \
	LIST(rearrange) \
	LIST(transposed_conv)

/* relu … tanh: a list ends with a subject that has no name. */
#define DECLARE(list) extern const struct subject list##_subjects[];
SUBJECT_LISTS(DECLARE)
#undef DECLARE

/* Subject `index` of all, from 0; NULL past the last. */
const struct subject *battery_subject(int index);
/* By name; NULL: there is none. */
const struct subject *battery_find(const char *name);

/* The layer with ordinary options for inputs of shape `in`, and the shape of its output. NULL: it
 * takes no such input. */
lam_layer *battery_ordinary(const struct subject *subject, lam_shape in, lam_shape *out);

/* What an activation's subject has as .data. `option` holds a trial's numbers (struct trial), in
 * the order of the option table; 0 was left out. */
struct activation {
	double (*value)(double x, const double *option);
	double (*slope)(double x, const double *option);
	/* Where value or slope jumps: at[0 …]; how many. NULL: nowhere. */
	int (*kinks)(double at[2], const double *option);
};

#endif
