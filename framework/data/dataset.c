/* SPDX-License-Identifier: MIT */
#include "framework/data/inside.h"

#include "framework/base/failure.h"
#include "framework/base/shown.h"
#include "framework/data/fields.h"
#include "framework/data/numbers.h"
#include "framework/memory.h"
#include "framework/net/targets.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>


lam_field_words lam_field_describe(const lam_dataset *dataset, int i)
{
	const char *kind = dataset->dataset_class->kind;
	lam_field_words words;
	snprintf(words.text, sizeof words.text, "data set \"%s\"", lam_show(kind).text);
	if (dataset->named)
		snprintf(words.text, sizeof words.text, "data set \"%s\", field \"%s\"",
			lam_show(kind).text, lam_show(dataset->fields[i].name).text);
	return words;
}

void lam_dataset_free(lam_dataset *dataset)
{
	if (!dataset || dataset->holders-- > 0)
		return;
	if (dataset->dataset_class->destroy)
		dataset->dataset_class->destroy(dataset);
	lam_free(dataset->state);
	lam_free(dataset->source);
	lam_free(dataset->numbers);
	lam_names_free(dataset->class_names);
	lam_free(dataset->fields);
	lam_free(dataset->names);
	lam_free(dataset);
}

lam_dataset *lam_dataset_hold(const lam_dataset *dataset)
{
	lam_dataset *held = (lam_dataset *)dataset; /* made by lam_dataset_new(), never const */
	held->holders++;
	return held;
}

lam_status lam_dataset_set_source(lam_dataset *dataset, const char *source)
{
	if (!dataset || !source)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_dataset_set_source: the %s is NULL",
			dataset ? "source" : "data set");
	const size_t bytes = strlen(source) + 1;
	char *copy = lam_alloc(bytes, 1);
	if (!copy)
		return LAM_ERR_MEMORY;
	memcpy(copy, source, bytes);
	lam_free(dataset->source);
	dataset->source = copy;
	return LAM_OK;
}

const char *lam_dataset_source(const lam_dataset *dataset)
{
	return dataset ? dataset->source : NULL;
}

lam_status lam_dataset_set_numbers(lam_dataset *dataset, const lam_target_numbers *numbers)
{
	lam_free(dataset->numbers);
	dataset->numbers = lam_alloc(1, sizeof *dataset->numbers);
	if (!dataset->numbers)
		return LAM_ERR_MEMORY;
	*dataset->numbers = *numbers;
	return LAM_OK;
}

const lam_target_numbers *lam_dataset_numbers(const lam_dataset *dataset)
{
	return dataset->numbers;
}

void lam_dataset_set_light(lam_dataset *dataset)
{
	dataset->light = true;
}

bool lam_dataset_light(const lam_dataset *dataset)
{
	return dataset->light;
}

void *lam_dataset_state(const lam_dataset *dataset)
{
	return dataset ? dataset->state : NULL;
}

const lam_dataset_class *lam_dataset_class_of(const lam_dataset *dataset)
{
	return dataset ? dataset->dataset_class : NULL;
}

int64_t lam_dataset_count(const lam_dataset *dataset)
{
	return dataset ? dataset->count : 0;
}

int lam_dataset_field_count(const lam_dataset *dataset)
{
	return dataset ? dataset->field_count : 0;
}

const lam_data_field *lam_dataset_field_at(const lam_dataset *dataset, int i)
{
	return &dataset->fields[i];
}

bool lam_dataset_named(const lam_dataset *dataset)
{
	return dataset->named;
}

int lam_dataset_field_for(const lam_dataset *dataset, const char *name, bool target)
{
	for (int i = 0; i < dataset->field_count; i++)
		if (dataset->fields[i].target == target && !dataset->fields[i].weighs
			&& (!dataset->named || !strcmp(dataset->fields[i].name, name)))
			return i;
	return -1;
}

int lam_dataset_weights_for(const lam_dataset *dataset, int target)
{
	for (int i = 0; i < dataset->field_count; i++)
		if (dataset->fields[i].weighs == target + 1)
			return i;
	return -1;
}

lam_field lam_dataset_field(const lam_dataset *dataset, int i)
{
	if (!dataset || i < 0 || i >= dataset->field_count)
		return (lam_field){0};
	const lam_data_field *f = &dataset->fields[i];
	return (lam_field){
		.name = f->name,
		.shape = f->info.shape,
		.role = f->weighs                     ? LAM_ROLE_WEIGHTS
			: !f->target                  ? LAM_ROLE_INPUT
			: f->info.type == LAM_CLASSES ? LAM_ROLE_CLASSES
			: f->info.type == LAM_VALUES  ? LAM_ROLE_VALUES
						      : LAM_ROLE_SAME,
		.classes = f->info.classes,
		.ignore = f->info.ignore,
		.of = f->weighs       ? dataset->fields[f->weighs - 1].name
			: f->same < 0 ? NULL
				      : dataset->fields[f->same].name,
		.still = f->still,
	};
}

lam_shape lam_dataset_shape(const lam_dataset *dataset)
{
	for (int i = 0; dataset && i < dataset->field_count; i++)
		if (lam_field_is_input(&dataset->fields[i]))
			return dataset->fields[i].info.shape;
	return (lam_shape){0};
}

lam_target_info lam_dataset_targets(const lam_dataset *dataset)
{
	for (int i = 0; dataset && i < dataset->field_count; i++)
		if (dataset->fields[i].target)
			return dataset->fields[i].info;
	return (lam_target_info){0};
}

/* Checks the classes of a field of a sample. */
static lam_status check_read(const lam_dataset *dataset, int i, int64_t index, const void *target)
{
	const lam_target_info *info = &dataset->fields[i].info;
	if (!target || info->type != LAM_CLASSES)
		return LAM_OK;
	const int64_t classes = info->classes > 0 ? info->classes : INT64_MAX,
		      bad = lam_first_bad_class(
			      target, lam_target_values(info), classes, lam_target_ignored(info));
	if (bad < 0)
		return LAM_OK;
	const lam_class_words words = lam_class_describe(info, bad);
	return lam_fail(LAM_ERR_ARGUMENT,
		"%s: sample %" PRId64 "%s has class %" PRId32 ", expected 0 to %" PRId64 "%s",
		lam_field_describe(dataset, i).text, index, words.place,
		((const int32_t *)target)[bad], classes - 1, words.ignored);
}

bool lam_dataset_in_order(const lam_dataset *dataset)
{
	return dataset->dataset_class->next != NULL;
}

/* Reads the next sample of a stream; targets that are the input have no place of their own. */
static lam_status read_next(const lam_dataset *dataset, void *const *to)
{
	const bool same = !dataset->named && dataset->fields[1].info.type == LAM_INPUT;
	void *const weights = dataset->field_count > 2 ? to[2] : NULL;
	return dataset->dataset_class->next(
		dataset, same ? (void *const[]){to[0], NULL, weights} : to);
}

lam_status lam_dataset_read_fields(const lam_dataset *dataset, int64_t index, void *const *to)
{
	if (!dataset || !to || (!dataset->named && !to[0]))
		return lam_fail(LAM_ERR_ARGUMENT,
			"reading a sample needs a data set and a place for it, got NULL");
	const lam_dataset_class *c = dataset->dataset_class;
	if (index < 0 || index >= dataset->count)
		return lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": no sample %" PRId64 " among %" PRId64, c->kind, index,
			dataset->count);
	const uint64_t before = lam_failures();
	const bool fields = dataset->named || dataset->field_count > 2;
	lam_status status = c->next ? read_next(dataset, to)
		: fields            ? c->read_fields(dataset, index, to)
				    : c->read(dataset, index, to[0],
                                 dataset->fields[1].info.type == LAM_INPUT ? NULL : to[1]);
	if (lam_unsaid(status, before))
		return lam_fail(status,
			"data set \"%s\": its .%s failed (%s) at sample %" PRId64
			" and left no sentence",
			c->kind,
			c->next          ? "next"
				: fields ? "read_fields"
					 : "read",
			lam_status_text(status), index);
	for (int i = 0; i < dataset->field_count && !status; i++)
		status = check_read(dataset, i, index, to[i]);
	return status;
}

lam_status lam_dataset_read(const lam_dataset *dataset, int64_t index, lam_real *x, void *target)
{
	if (dataset && dataset->named)
		return lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": lam_dataset_read() of %d fields with names; expected "
			"lam_dataset_read_fields()",
			dataset->dataset_class->kind, dataset->field_count);
	return lam_dataset_read_fields(dataset, index, (void *const[]){x, target, NULL});
}
