/* SPDX-License-Identifier: MIT */
/* The fields of a data set: its inputs and targets. A data set of samples and targets without names
 * has two. Private to the framework. */
#ifndef LAM_DATA_FIELDS_H
#define LAM_DATA_FIELDS_H

#include "framework/base/names.h"
#include "framework/data/numbers.h"

#pragma GCC visibility push(hidden)

typedef struct lam_data_field {
	const char *name;
	bool target, still;
	lam_target_info info; /* of an input: LAM_VALUES, and its shape */
	int same;             /* LAM_INPUT: the field of the input; otherwise -1 */
	/* The weights of samples: 1 + the field of their targets; otherwise 0. Then `target` is
	 * false, and info LAM_VALUES of one value. */
	int weighs;
} lam_data_field;

static inline bool lam_field_is_input(const lam_data_field *field)
{
	return !field->target && !field->weighs;
}

struct lam_dataset {
	const lam_dataset_class *dataset_class;
	int64_t count;
	lam_data_field *fields;
	int field_count;
	bool named; /* made of fields */
	char *names;
	void *state;
	char *source;                /* NULL: not said */
	lam_target_numbers *numbers; /* NULL: the targets are none, or have only one meaning */
	bool light;                  /* reading takes little more than copying */
	lam_names *class_names;      /* NULL: none */
	_Atomic int64_t holders;     /* data sets that read from this one */
};

/* One more holder of a data set, whose memory stays until the last holder has freed it, too. */
lam_dataset *lam_dataset_hold(const lam_dataset *dataset);

/* The names of the classes of its targets; NULL: they have none. */
const lam_names *lam_dataset_class_names(const lam_dataset *dataset);

/* Gives the data set a copy of `names`, which may be NULL: then it has none. */
lam_status lam_dataset_copy_class_names(lam_dataset *dataset, const lam_names *names);

/* Whether it is a stream that can only be read in order. */
bool lam_dataset_in_order(const lam_dataset *dataset);

/* Field i, from 0 to lam_dataset_field_count() - 1. */
const lam_data_field *lam_dataset_field_at(const lam_dataset *dataset, int i);

/* Whether the fields have names of their own. Otherwise field 0 is the samples, and field 1 the
 * targets. */
bool lam_dataset_named(const lam_dataset *dataset);

/* The field for a net's input, or for a loss's targets, of this name; -1: there is none. Fields
 * without names fit any. */
int lam_dataset_field_for(const lam_dataset *dataset, const char *name, bool target);

/* The field with the weights of the samples for the targets of field `target`; -1: there is none.
 */
int lam_dataset_weights_for(const lam_dataset *dataset, int target);

/* Makes a data set of samples and targets without names, and with weights of the samples, which has
 * .read and .read_fields. */
lam_dataset *lam_dataset_new_weighted(const lam_dataset_class *dataset_class, int64_t count,
	lam_shape shape, lam_target_info targets);

/* "data set "pairs"", and for a field with a name also ", field "size"": how sentences begin. */
typedef struct lam_field_words {
	char text[240];
} lam_field_words;
lam_field_words lam_field_describe(const lam_dataset *dataset, int i);

#pragma GCC visibility pop
#endif
