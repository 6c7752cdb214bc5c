/* SPDX-License-Identifier: MIT */
/* A data set of several arrays of the caller's: reading a sample copies its row of each. */
#include "datasets/arrays.h"

#include "framework/base/shown.h"
#include "framework/data/inside.h"
#include "framework/memory.h"
#include "framework/net/targets.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct array {
	const unsigned char *data; /* [count][bytes]; NULL: it is another one */
	size_t bytes;              /* of one sample's row */
};

struct fields {
	int count;
	struct array *arrays;
};

static lam_status fields_read(const lam_dataset *self, int64_t index, void *const *to)
{
	const struct fields *f = lam_dataset_state(self);
	for (int i = 0; i < f->count; i++)
		if (to[i] && f->arrays[i].data)
			memcpy(to[i], f->arrays[i].data + (size_t)index * f->arrays[i].bytes,
				f->arrays[i].bytes);
	return LAM_OK;
}

static void fields_destroy(lam_dataset *self)
{
	lam_free(((struct fields *)lam_dataset_state(self))->arrays);
}

static const lam_dataset_class fields_class = {
	LAM_DATASET_ABI,
	.kind = "fields",
	.state_size = sizeof(struct fields),
	.read_fields = fields_read,
	.destroy = fields_destroy,
};

/* The values of one sample; below 1: the shape is not valid. */
static int64_t values_of(const lam_field *f)
{
	const bool one = f->shape.rank == 0
		&& (f->role == LAM_ROLE_CLASSES || f->role == LAM_ROLE_WEIGHTS);
	return one ? 1 : lam_shape_count(&f->shape);
}

/* Checks an array; fills in the number of classes if it is not given. Shapes and names are checked
 * by lam_dataset_new_fields(). */
static lam_status check_array(int64_t count, lam_field *f)
{
	const bool same = f->role == LAM_ROLE_SAME;
	char what[140];
	snprintf(what, sizeof what, "data set \"fields\", field \"%s\"",
		lam_show(f->name ? f->name : "").text);
	if (same == (f->data != NULL))
		return lam_fail(LAM_ERR_ARGUMENT, "%s: the data are %s", what,
			same ? "an array; expected NULL with LAM_ROLE_SAME"
			     : "NULL; expected an array");
	const lam_array_of of = {what, ".role", "ROLE_"};
	const int64_t values = values_of(f);
	if (same || values < 1 || count < 1)
		return LAM_OK;
	if (!lam_arrays_fit(count, &f->shape))
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: %" PRId64 " samples of %s are more than any memory holds", what, count,
			lam_shape_text(f->shape).text);
	if (f->role == LAM_ROLE_WEIGHTS)
		return values == 1 ? lam_arrays_check_weights(&of, f->data, count) : LAM_OK;
	if (f->role == LAM_ROLE_VALUES)
		return lam_arrays_check_values(&of, f->data, count, values);
	if (f->role != LAM_ROLE_CLASSES || f->classes < 0)
		return LAM_OK;
	lam_target_info info = {
		.type = LAM_CLASSES, .classes = f->classes, .shape = f->shape, .ignore = f->ignore};
	lam_status status = lam_arrays_check_classes(&of, f->data, count, &info);
	f->classes = info.classes;
	return status;
}

static struct array array_of(const lam_field *f)
{
	return (struct array){f->data,
		(size_t)values_of(f)
			* (f->role == LAM_ROLE_CLASSES ? sizeof(int32_t) : sizeof(lam_real))};
}

/* The list ends where all that says anything is 0: what has no name is a mistake. */
static int count_fields(const lam_field *fields)
{
	int count = 0;
	while (fields[count].name || fields[count].data || fields[count].shape.rank
		|| fields[count].role)
		count++;
	return count;
}

lam_dataset *lam_dataset_fields(int64_t count, const lam_field *fields)
{
	if (!fields) {
		lam_fail(LAM_ERR_ARGUMENT, "data set \"fields\": the list of fields is NULL");
		return NULL;
	}
	const int field_count = count_fields(fields);
	lam_field *checked = lam_alloc((size_t)field_count + 1, sizeof *checked);
	struct array *arrays = lam_alloc((size_t)field_count + 1, sizeof *arrays);
	lam_status status = checked && arrays ? LAM_OK : LAM_ERR_MEMORY;
	for (int i = 0; i < field_count && !status; i++) {
		checked[i] = fields[i];
		if (fields[i].name && *fields[i].name)
			status = check_array(count, &checked[i]);
		arrays[i] = array_of(&checked[i]);
	}
	lam_dataset *dataset = status ? NULL
				      : lam_dataset_new_fields(&fields_class, count, checked);
	lam_free(checked);
	if (!dataset) {
		lam_free(arrays);
		return NULL;
	}
	*(struct fields *)lam_dataset_state(dataset) = (struct fields){field_count, arrays};
	lam_dataset_set_light(dataset);
	return dataset;
}
