/* SPDX-License-Identifier: MIT */
/* The registry of every layer's subject, for the battery, the tests of numbers, nests and
 * allocation, the benchmarks and the reference values. A subject is in one of the lists named here,
 * which are in tests/battery/subjects. */
#ifndef LAM_SUBJECTS_H
#define LAM_SUBJECTS_H

#include "tests/battery/battery.h"

#include <lamina.h>

#define SUBJECT_LISTS(LIST) \
	LIST(activation) \
	LIST(affine) \
	LIST(batch_norm) \
	LIST(channel_weight) \
	LIST(container) \
	LIST(conv) \
	LIST(dropout) \
	LIST(loss) \
	LIST(multiply) \
	LIST(norm) \
	LIST(pool) \
	LIST(rearrange) \
	LIST(transposed_conv) \
	LIST(upsample)

/* Each list ends with a subject without a name. */
#define DECLARE(list) extern const struct subject list##_subjects[];
SUBJECT_LISTS(DECLARE)
#undef DECLARE

/* Subject `index` of all lists together, from 0; NULL after the last. */
const struct subject *battery_subject(int index);
/* The subject of this name, or NULL. */
const struct subject *battery_find(const char *name);

/* Makes the layer with ordinary options for inputs of shape `in`, and gives the shape of its
 * output. NULL: the layer does not accept such an input. */
lam_layer *battery_ordinary(const struct subject *subject, lam_shape in, lam_shape *out);

/* The .data of an activation's subject. `option` holds a trial's numbers (struct trial), in the
 * order of the option table; 0: left out. */
struct activation {
	double (*value)(double x, const double *option);
	double (*slope)(double x, const double *option);
	/* Writes the points where value, slope or the slope's derivative jumps; returns their
	 * number. NULL: none. */
	int (*kinks)(double at[2], const double *option);
};

#endif
