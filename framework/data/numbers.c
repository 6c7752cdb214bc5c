/* SPDX-License-Identifier: MIT */
#include "framework/data/fields.h"

/* Numbers as classes: of a map, or where one is ignored, each is compared with the loss's when it
 * is read. */
static bool as_classes(const lam_target_numbers *numbers, const lam_target_info *given,
	const lam_target_info *wanted, lam_target_info *classes)
{
	const bool map = wanted->shape.rank > 0, one = lam_shape_count(&given->shape) == 1;
	*classes = (lam_target_info){.type = LAM_CLASSES};
	if (map && numbers->whole)
		classes->shape = given->shape;
	else if (one && numbers->classes > 0)
		classes->classes = numbers->classes;
	else
		return one && numbers->whole && wanted->ignore != 0;
	return true;
}

lam_target_info lam_dataset_targets_for(
	const lam_dataset *dataset, int field, const lam_target_info *wanted)
{
	lam_target_info given = lam_dataset_field_at(dataset, field)->info, classes;
	const lam_target_numbers *numbers = lam_dataset_numbers(dataset);
	if (!numbers)
		return given;
	if (given.type == LAM_VALUES && wanted->type == LAM_CLASSES)
		return as_classes(numbers, &given, wanted, &classes) ? classes : given;
	if (given.type == LAM_CLASSES && wanted->type == LAM_CLASSES && wanted->ignore != 0)
		given.classes = 0;
	if (given.type == LAM_CLASSES && wanted->type != LAM_CLASSES && numbers->classes > 0
		&& lam_shape_count(&wanted->shape) == 1)
		return (lam_target_info){.type = LAM_VALUES, .shape = LAM_SHAPE(1)};
	return given;
}

void lam_numbers_convert(void *to, const void *from, lam_target_type type, int64_t count)
{
	if (type == LAM_CLASSES)
		for (int64_t i = 0; i < count; i++)
			((int32_t *)to)[i] = (int32_t)((const lam_real *)from)[i];
	else
		for (int64_t i = 0; i < count; i++)
			((lam_real *)to)[i] = (lam_real)((const int32_t *)from)[i];
}
