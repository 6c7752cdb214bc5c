/* SPDX-License-Identifier: MIT */
#include "framework/data/inside.h"

#include "framework/base/failure.h"
#include "framework/data/numbers.h"
#include "framework/memory.h"
#include "framework/net/targets.h"

#include <inttypes.h>
#include <string.h>

struct lam_dataset {
	const lam_dataset_class *dataset_class;
	int64_t count;
	lam_shape shape;
	lam_target_info targets;
	void *state;
	char *source;                /* NULL: not said */
	lam_target_numbers *numbers; /* NULL: the targets are none, or have only one meaning */
	bool light;                  /* reading takes little more than copying */
};

/* Checks the targets that a data set declares and fills in what it left open: with LAM_INPUT the
 * targets have the sample's shape. */
static lam_status check_targets(const char *kind, const lam_shape *shape, lam_target_info *targets)
{
	switch (targets->type) {
	case LAM_CLASSES:
		if (targets->shape.rank != 0 && !lam_shape_valid(&targets->shape))
			return lam_fail(LAM_ERR_ARGUMENT,
				"data set \"%s\": targets of a class per place have the shape %s, "
				"which is not possible or too large",
				kind, lam_shape_text(targets->shape).text);
		if (targets->classes < 0 || targets->classes > INT32_MAX)
			return lam_fail(LAM_ERR_ARGUMENT,
				"data set \"%s\": %" PRId64 " classes, expected 1 to %" PRId32
				", or 0 for not known",
				kind, targets->classes, INT32_MAX);
		return LAM_OK;
	case LAM_VALUES:
		if (!lam_shape_valid(&targets->shape))
			return lam_fail(LAM_ERR_ARGUMENT,
				"data set \"%s\": targets that are values need their shape, got %s",
				kind, lam_shape_text(targets->shape).text);
		break;
	case LAM_INPUT:
		if (targets->shape.rank != 0 && !lam_shape_equal(&targets->shape, shape))
			return lam_fail(LAM_ERR_ARGUMENT,
				"data set \"%s\": targets that are the input have its shape %s, "
				"got %s",
				kind, lam_shape_text(*shape).text,
				lam_shape_text(targets->shape).text);
		targets->shape = *shape;
		break;
	default:
		return lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": targets are of no known type: %d", kind,
			(int)targets->type);
	}
	if (targets->classes != 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": %" PRId64 " classes, but its targets are no classes",
			kind, targets->classes);
	if (targets->ignore != 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": a class to ignore, but its targets are no classes", kind);
	return LAM_OK;
}

static lam_status check_class(const lam_dataset_class *c)
{
	if (!c || !c->kind || !*c->kind)
		return lam_fail(LAM_ERR_ARGUMENT, "a data set needs a class with a kind, got %s",
			c ? "none" : "NULL");
	if (c->abi != LAM_DATASET_ABI_NUMBER)
		return lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": its class was made for another version or precision: abi "
			"%" PRIx32 ", expected %" PRIx32 " (LAM_DATASET_ABI)",
			c->kind, c->abi, (uint32_t)LAM_DATASET_ABI_NUMBER);
	if (!c->read)
		return lam_fail(
			LAM_ERR_ARGUMENT, "data set \"%s\": its class has no .read", c->kind);
	return LAM_OK;
}

lam_dataset *lam_dataset_new(const lam_dataset_class *dataset_class, int64_t count, lam_shape shape,
	lam_target_info targets)
{
	if (check_class(dataset_class) != LAM_OK)
		return NULL;
	if (count < 1 || count > LAM_MAX_COUNT) {
		lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": %" PRId64 " samples, expected at least 1",
			dataset_class->kind, count);
		return NULL;
	}
	if (!lam_shape_valid(&shape)) {
		lam_fail(LAM_ERR_SHAPE,
			"data set \"%s\": %s is no shape of a sample: expected 1 to %d dimensions "
			"of at least 1",
			dataset_class->kind, lam_shape_text(shape).text, LAM_MAX_RANK);
		return NULL;
	}
	if (check_targets(dataset_class->kind, &shape, &targets) != LAM_OK)
		return NULL;
	lam_dataset *dataset = lam_alloc(1, sizeof *dataset);
	void *state = lam_alloc(dataset_class->state_size, 1);
	if (!dataset || !state) {
		lam_free(dataset);
		lam_free(state);
		return NULL;
	}
	*dataset = (lam_dataset){dataset_class, count, shape, targets, state, NULL, NULL, false};
	return dataset;
}

void lam_dataset_free(lam_dataset *dataset)
{
	if (!dataset)
		return;
	if (dataset->dataset_class->destroy)
		dataset->dataset_class->destroy(dataset);
	lam_free(dataset->state);
	lam_free(dataset->source);
	lam_free(dataset->numbers);
	lam_free(dataset);
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

lam_shape lam_dataset_shape(const lam_dataset *dataset)
{
	return dataset ? dataset->shape : (lam_shape){0};
}

lam_target_info lam_dataset_targets(const lam_dataset *dataset)
{
	return dataset ? dataset->targets : (lam_target_info){0};
}

lam_status lam_dataset_read(const lam_dataset *dataset, int64_t index, lam_real *x, void *target)
{
	if (!dataset || !x)
		return lam_fail(LAM_ERR_ARGUMENT,
			"reading a sample needs a data set and a place for it, got NULL");
	const char *kind = dataset->dataset_class->kind;
	if (index < 0 || index >= dataset->count)
		return lam_fail(LAM_ERR_ARGUMENT,
			"data set \"%s\": no sample %" PRId64 " among %" PRId64, kind, index,
			dataset->count);
	if (dataset->targets.type == LAM_INPUT)
		target = NULL;
	const uint64_t before = lam_failures();
	lam_status status = dataset->dataset_class->read(dataset, index, x, target);
	if (lam_unsaid(status, before))
		return lam_fail(status,
			"data set \"%s\": its .read failed (%s) at sample %" PRId64
			" and left no sentence",
			kind, lam_status_text(status), index);
	if (status != LAM_OK || !target || dataset->targets.type != LAM_CLASSES)
		return status;
	const lam_target_info *info = &dataset->targets;
	const int64_t classes = info->classes > 0 ? info->classes : INT64_MAX,
		      bad = lam_first_bad_class(
			      target, lam_target_values(info), classes, lam_target_ignored(info));
	if (bad < 0)
		return LAM_OK;
	const lam_class_words words = lam_class_describe(info, bad);
	return lam_fail(LAM_ERR_ARGUMENT,
		"data set \"%s\": sample %" PRId64 "%s has class %" PRId32
		", expected 0 to %" PRId64 "%s",
		kind, index, words.place, ((const int32_t *)target)[bad], classes - 1,
		words.ignored);
}
