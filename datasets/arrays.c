/* SPDX-License-Identifier: MIT */
/* A data set in the caller's arrays: reading a sample copies it. */
#include "datasets/arrays.h"

#include "framework/base/options.h"
#include "framework/data/fields.h"
#include "framework/data/inside.h"
#include "framework/memory.h"
#include "framework/net/targets.h"

#include <inttypes.h>
#include <string.h>

struct arrays {
	const lam_real *x;       /* [count][features] */
	const int32_t *classes;  /* [count][target_features], or NULL */
	const lam_real *values;  /* [count][target_features], or NULL */
	const lam_real *weights; /* [count], or NULL */
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

static lam_status arrays_read_fields(const lam_dataset *self, int64_t index, void *const *to)
{
	const struct arrays *a = lam_dataset_state(self);
	if (to[2])
		memcpy(to[2], a->weights + index, sizeof *a->weights);
	return arrays_read(self, index, to[0], to[1]);
}

static const lam_dataset_class arrays_class = {
	LAM_DATASET_ABI,
	.kind = "arrays",
	.state_size = sizeof(struct arrays),
	.read = arrays_read,
	.read_fields = arrays_read_fields,
};

static const lam_array_of words = {"data set \"arrays\"", ".targets", ""};

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
	if (!lam_arrays_fit(options->count, &options->shape)
		|| (targets.shape.rank && !lam_arrays_fit(options->count, &targets.shape))) {
		lam_fail(LAM_ERR_ARGUMENT,
			"data set \"arrays\": %" PRId64
			" samples of %s are more than any memory holds",
			options->count, lam_shape_text(options->shape).text);
		return NULL;
	}
	if (targets.type == LAM_VALUES
		&& lam_arrays_check_values(&words, options->target_data, options->count,
			lam_shape_count(&targets.shape)))
		return NULL;
	bool classes = targets.type == LAM_CLASSES;
	if (classes && targets.classes >= 0 && lam_target_values(&targets) > 0
		&& lam_arrays_check_classes(&words, options->target_data, options->count, &targets)
			!= LAM_OK)
		return NULL;
	if (options->weights && lam_arrays_check_weights(&words, options->weights, options->count))
		return NULL;
	lam_dataset *dataset = options->weights
		? lam_dataset_new_weighted(&arrays_class, options->count, options->shape, targets)
		: lam_dataset_new(&arrays_class, options->count, options->shape, targets);
	if (!dataset)
		return NULL;
	*(struct arrays *)lam_dataset_state(dataset) = (struct arrays){
		.x = options->x,
		.classes = classes ? options->target_data : NULL,
		.values = targets.type == LAM_VALUES ? options->target_data : NULL,
		.weights = options->weights,
		.features = lam_shape_count(&options->shape),
		.target_features = lam_target_values(&targets),
	};
	lam_dataset_set_light(dataset);
	return dataset;
}
