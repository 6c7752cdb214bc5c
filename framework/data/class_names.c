/* SPDX-License-Identifier: MIT */
#include "framework/data/fields.h"

#include <inttypes.h>

const lam_names *lam_dataset_class_names(const lam_dataset *dataset)
{
	return dataset->class_names;
}

const char *lam_dataset_class_name(const lam_dataset *dataset, int64_t class_index)
{
	return dataset ? lam_names_at(dataset->class_names, class_index) : NULL;
}

lam_status lam_dataset_copy_class_names(lam_dataset *dataset, const lam_names *names)
{
	return lam_names_assign(&dataset->class_names, names);
}

lam_status lam_dataset_set_class_names(
	lam_dataset *dataset, const char *const *names, int64_t count)
{
	static const char what[] = "lam_dataset_set_class_names";
	if (!dataset)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: the data set is NULL", what);
	int64_t most = 0;
	for (int i = 0; i < dataset->field_count; i++) {
		const lam_target_info *info = &dataset->fields[i].info;
		if (dataset->fields[i].target && info->type == LAM_CLASSES && info->classes > most)
			most = info->classes;
	}
	if (most && count > most)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: %" PRId64 " names; the data set has %" PRId64 " classes", what, count,
			most);
	return lam_names_set(&dataset->class_names, what, names, count);
}
