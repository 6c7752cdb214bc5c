/* SPDX-License-Identifier: MIT */
/* A data set in the caller's arrays: reading a sample copies it. */
#include "datasets/datasets.h"

#include "framework/base/options.h"
#include "framework/data/inside.h"
#include "framework/memory.h"
#include "framework/net/targets.h"

#include <inttypes.h>
#include <string.h>

struct arrays {
	const lam_real *x;      /* [count][features] */
	const int32_t *classes; /* [count][target_features], or NULL */
	const lam_real *values; /* [count][target_features], or NULL */
	int64_t features, target_features;
};

static lam_status arrays_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct arrays *a = lam_dataset_state(self);
	memcpy(x, a->x + index * a->features, (size_t)a->features * sizeof *x);
	if (target && a->classes)
		memcpy(target, a->classes + index * a->target_features,
			(size_t)a->target_features * sizeof *a->classes);
	if (target && a->values)
		memcpy(target, a->values + index * a->target_features,
			(size_t)a->target_features * sizeof *a->values);
	return LAM_OK;
}

static const lam_dataset_class arrays_class = {
	LAM_DATASET_ABI,
	.kind = "arrays",
	.state_size = sizeof(struct arrays),
	.read = arrays_read,
};

static lam_status wrong_class(const lam_target_info *targets, int32_t found, int64_t at)
{
	const int64_t each = lam_target_values(targets),
		      most = targets->classes > 0 ? targets->classes : LAM_MOST_GUESSED_CLASSES;
	const lam_class_words words = lam_class_describe(targets, at % each);
	double real;
	if (lam_class_is_real(found, &real))
		return lam_fail(LAM_ERR_ARGUMENT,
			"data set \"arrays\": sample %" PRId64 "%s has class %" PRId32
			", the bits of the real number %g; expected int32_t classes, 0 to "
			"%" PRId64 "%s (.targets = LAM_VALUES takes reals)",
			at / each, words.place, found, real, most - 1, words.ignored);
	return lam_fail(LAM_ERR_ARGUMENT,
		"data set \"arrays\": sample %" PRId64 "%s has class %" PRId32
		", expected 0 to %" PRId64 "%s%s",
		at / each, words.place, found, most - 1, words.ignored,
		targets->classes > 0 ? "" : " (.classes allows more)");
}

/* Checks every class; sets the number of classes to the largest one + 1 if the caller gave none.
 * Then a number that is larger than any guess is taken for a mistake. */
static lam_status check_classes(const int32_t *found, int64_t count, lam_target_info *targets)
{
	const int64_t ignored = lam_target_ignored(targets),
		      most = targets->classes > 0 ? targets->classes : LAM_MOST_GUESSED_CLASSES,
		      all = count * lam_target_values(targets),
		      bad = lam_first_bad_class(found, all, most, ignored);
	if (bad >= 0)
		return wrong_class(targets, found[bad], bad);
	int64_t largest = 0;
	for (int64_t i = 0; i < all; i++)
		largest = found[i] > largest && found[i] != ignored ? found[i] : largest;
	if (targets->classes == 0)
		targets->classes = largest + 1;
	return LAM_OK;
}

/* Refuses classes, and masks of bytes, that are said to be values. */
static lam_status check_values(const void *values, int64_t count, int64_t features)
{
	const int64_t label = lam_first_label(values, count);
	if (label < 0 && lam_first_flag(values, count * features) >= 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"data set \"arrays\": the targets read as bytes of 0 and 1, as of uint8_t "
			"or bool; expected lam_real values");
	if (label < 0)
		return LAM_OK;
	int32_t found;
	memcpy(&found, (const int32_t *)values + label, sizeof found);
	return lam_fail(LAM_ERR_ARGUMENT,
		"data set \"arrays\": the targets read as int32_t classes (sample %" PRId64
		": %" PRId32 "); expected lam_real values, or .targets = LAM_CLASSES",
		label, found);
}

/* Whether the number of values fits; an invalid shape passes, and is refused later. */
static bool can_index(int64_t count, const lam_shape *shape)
{
	int64_t features = lam_shape_count(shape), total;
	return features < 0
		|| (!__builtin_mul_overflow(features, count, &total) && total <= LAM_MAX_COUNT);
}

lam_dataset *lam_dataset_arrays_with(const lam_dataset_arrays_options *given)
{
	lam_dataset_arrays_options o;
	const lam_dataset_arrays_options *options = &o;
	if (!lam_take_options("data set \"arrays\"", &o, sizeof o,
		    offsetof(lam_dataset_arrays_options, targets),
		    offsetof(lam_dataset_arrays_options, named), given))
		return NULL;
	if (!o.x) {
		lam_fail(LAM_ERR_ARGUMENT, "data set \"arrays\": x is NULL, expected the samples");
		return NULL;
	}
	lam_target_info targets = {.type = options->targets,
		.classes = options->classes,
		.shape = options->target_shape,
		.ignore = options->ignore};
	bool wanted = targets.type != LAM_INPUT;
	if (wanted != (options->target_data != NULL)) {
		lam_fail(LAM_ERR_ARGUMENT, "data set \"arrays\": the targets are %s",
			wanted ? "NULL, expected an array (or .targets = LAM_INPUT)"
			       : "an array, expected NULL with .targets = LAM_INPUT");
		return NULL;
	}
	if (!can_index(options->count, &options->shape)
		|| (targets.shape.rank && !can_index(options->count, &targets.shape))) {
		lam_fail(LAM_ERR_ARGUMENT,
			"data set \"arrays\": %" PRId64
			" samples of %s are more than any memory holds",
			options->count, lam_shape_text(options->shape).text);
		return NULL;
	}
	if (targets.type == LAM_VALUES
		&& check_values(
			options->target_data, options->count, lam_shape_count(&targets.shape)))
		return NULL;
	bool classes = targets.type == LAM_CLASSES;
	if (classes && targets.classes >= 0 && lam_target_values(&targets) > 0
		&& check_classes(options->target_data, options->count, &targets) != LAM_OK)
		return NULL;
	lam_dataset *dataset = lam_dataset_new(
		&arrays_class, options->count, options->shape, targets);
	if (!dataset)
		return NULL;
	*(struct arrays *)lam_dataset_state(dataset) = (struct arrays){
		.x = options->x,
		.classes = classes ? options->target_data : NULL,
		.values = targets.type == LAM_VALUES ? options->target_data : NULL,
		.features = lam_shape_count(&options->shape),
		.target_features = lam_target_values(&targets),
	};
	lam_dataset_set_light(dataset);
	return dataset;
}
