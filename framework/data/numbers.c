/* SPDX-License-Identifier: MIT */
#include "framework/data/numbers.h"

#include <string.h>

lam_target_info lam_dataset_targets_for(const lam_dataset *dataset, const lam_target_info *wanted)
{
	const lam_target_info given = lam_dataset_targets(dataset);
	const lam_target_numbers *numbers = lam_dataset_numbers(dataset);
	if (!numbers || numbers->classes == 0)
		return given;
	if (given.type == LAM_VALUES && wanted->type == LAM_CLASSES)
		return (lam_target_info){.type = LAM_CLASSES, .classes = numbers->classes};
	if (given.type == LAM_CLASSES && wanted->type != LAM_CLASSES
		&& lam_shape_count(&wanted->shape) == 1)
		return (lam_target_info){.type = LAM_VALUES, .shape = LAM_SHAPE(1)};
	return given;
}

lam_status lam_dataset_read_as(
	const lam_dataset *dataset, int64_t index, lam_real *x, void *target, lam_target_type type)
{
	const lam_target_type given = lam_dataset_targets(dataset).type;
	if (!target || given == type)
		return lam_dataset_read(dataset, index, x, target);
	union {
		int32_t class;
		lam_real value;
	} number;
	lam_status status = lam_dataset_read(dataset, index, x, &number);
	if (status)
		return status;
	if (type == LAM_CLASSES)
		number.class = (int32_t)number.value;
	else
		number.value = (lam_real)number.class;
	memcpy(target, &number, type == LAM_CLASSES ? sizeof number.class : sizeof number.value);
	return LAM_OK;
}
