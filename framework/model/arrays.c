/* SPDX-License-Identifier: MIT */
#include "framework/model/arrays.h"

#include "framework/base/shown.h"
#include "framework/files/file.h"
#include "framework/layer/option_table.h"
#include "framework/memory.h"

#include <stdio.h>
#include <string.h>

lam_array_name lam_array_entry(int index)
{
	lam_array_name name;
	snprintf(name.text, sizeof name.text, LAM_ARRAY_PREFIX "%d", index);
	return name;
}

/* A walk over all arrays of a model, which either adds or compares them. */
struct walk {
	lam_npz_writer *writer;
	const lam_npz *npz;
	const char *path;
	int index; /* the number of the next array */
};

static lam_status compare(
	struct walk *walk, const char *name, const lam_real *values, int64_t count)
{
	lam_real *theirs = lam_read_array(walk->npz, name, count);
	if (!theirs)
		return lam_error_status();
	const bool same = !memcmp(theirs, values, (size_t)count * sizeof *values);
	lam_free(theirs);
	return same ? LAM_OK
		    : lam_fail(LAM_ERR_ARGUMENT,
			    "%s: holds another architecture: its \"%s\" has other values",
			    lam_path_text(walk->path).text, name);
}

static lam_status visit(struct walk *walk, const lam_layer *layer)
{
	lam_status status = LAM_OK;
	const lam_option *option = lam_layer_class_of(layer)->options;
	for (; !status && option && option->name; option++) {
		int64_t count;
		const lam_real *values = option->type == LAM_OPTION_ARRAY
			? lam_option_array(option, lam_layer_state(layer), &count)
			: NULL;
		if (!values)
			continue;
		const lam_shape shape = LAM_SHAPE(count);
		const lam_array_name name = lam_array_entry(walk->index++);
		status = walk->writer ? lam_npz_add_real(walk->writer, name.text, &shape, values)
				      : compare(walk, name.text, values, count);
	}
	for (int i = 0; !status && i < lam_layer_child_count(layer); i++)
		status = visit(walk, lam_layer_child(layer, i));
	return status;
}

lam_status lam_add_arrays(lam_npz_writer *npz, const lam_layer *model)
{
	return visit(&(struct walk){.writer = npz}, model);
}

lam_status lam_same_arrays(const lam_npz *npz, const char *path, const lam_layer *model)
{
	return visit(&(struct walk){.npz = npz, .path = path}, model);
}

lam_real *lam_read_array(const lam_npz *npz, const char *name, int64_t count)
{
	const bool legal = npz && !strncmp(name, LAM_ARRAY_PREFIX, sizeof LAM_ARRAY_PREFIX - 1);
	const int64_t entry = legal ? lam_npz_find(npz, name) : -1;
	if (entry < 0) {
		lam_fail(LAM_ERR_FORMAT, "there is no array \"%s\"", lam_show(name).text);
		return NULL;
	}
	const lam_npy *info = lam_npz_info(npz, entry);
	if (!info)
		return NULL;
	if (count < 1 || info->count != count) {
		lam_fail(LAM_ERR_FORMAT, "\"%s\" has %lld values; expected %lld",
			lam_show(name).text, (long long)info->count, (long long)count);
		return NULL;
	}
	lam_real *values = lam_alloc((size_t)count, sizeof *values);
	if (values && lam_npz_read_real(npz, entry, values, count)) {
		lam_free(values);
		return NULL;
	}
	return values;
}
