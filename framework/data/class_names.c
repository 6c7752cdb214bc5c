/* SPDX-License-Identifier: MIT */
#include "framework/data/fields.h"

const lam_names *lam_dataset_class_names(const lam_dataset *dataset)
{
	return dataset->class_names;
}

const char *lam_dataset_class_name(const lam_dataset *dataset, int64_t class_index)
{
	return dataset ? lam_names_at(dataset->class_names, class_index) : NULL;
}

/* Takes over `names`. */
static void set(lam_dataset *dataset, lam_names *names)
{
	lam_names_free(dataset->class_names);
	dataset->class_names = names;
}

lam_status lam_dataset_copy_class_names(lam_dataset *dataset, const lam_names *names)
{
	lam_names *copy = names ? lam_names_copy(names) : NULL;
	if (names && !copy)
		return lam_error_status();
	set(dataset, copy);
	return LAM_OK;
}

lam_status lam_dataset_set_class_names(
	lam_dataset *dataset, const char *const *names, int64_t count)
{
	if (!dataset)
		return lam_fail(
			LAM_ERR_ARGUMENT, "lam_dataset_set_class_names: the data set is NULL");
	lam_names *copy = count ? lam_names_new("lam_dataset_set_class_names", names, count) : NULL;
	if (count && !copy)
		return lam_error_status();
	set(dataset, copy);
	return LAM_OK;
}
