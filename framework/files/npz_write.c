/* SPDX-License-Identifier: MIT */
#include "framework/files/npz.h"

#include "framework/memory.h"

#include <stdio.h>
#include <string.h>

struct lam_npz_writer {
	lam_zip_writer *zip;
};

lam_npz_writer *lam_npz_create(const char *path, const lam_zip_options *options)
{
	lam_npz_writer *npz = lam_alloc(1, sizeof *npz);
	if (!npz)
		return NULL;
	npz->zip = lam_zip_create(path, options);
	if (npz->zip)
		return npz;
	lam_free(npz);
	return NULL;
}

lam_status lam_npz_begin(lam_npz_writer *npz, const char *name, const lam_npy *info)
{
	char header[LAM_NPY_ROOM], entry[LAM_ZIP_LONGEST_NAME + 1];
	lam_npy full = *info;
	size_t length = lam_npy_format(&full, header);
	if (length == 0)
		return lam_zip_stick(npz->zip, LAM_ERR_ARGUMENT);
	int needed = snprintf(entry, sizeof entry, "%s.npy", name ? name : "");
	if (needed < 0 || (size_t)needed >= sizeof entry)
		return lam_zip_stick(npz->zip,
			lam_fail(LAM_ERR_ARGUMENT,
				"a name of %d bytes is too long for an array in a file", needed));
	lam_status status = lam_zip_begin(npz->zip, entry, length + lam_npy_bytes(&full));
	return status == LAM_OK ? lam_zip_write(npz->zip, header, length) : status;
}

lam_status lam_npz_write(lam_npz_writer *npz, const void *bytes, size_t count)
{
	return lam_zip_write(npz->zip, bytes, count);
}

lam_status lam_npz_end(lam_npz_writer *npz)
{
	return lam_zip_end(npz->zip);
}

static lam_status add(
	lam_npz_writer *npz, const char *name, lam_npy *info, const void *values, size_t bytes)
{
	lam_status status = lam_npz_begin(npz, name, info);
	if (status == LAM_OK)
		status = lam_npz_write(npz, values, bytes);
	return status == LAM_OK ? lam_npz_end(npz) : status;
}

/* Adds an array of `kind` and `item`. `shape` NULL: a single value. */
static lam_status add_array(lam_npz_writer *npz, const char *name, const lam_shape *shape,
	lam_npy_kind kind, size_t item, const void *values)
{
	lam_npy info = {.kind = kind, .item = item, .rank = shape ? shape->rank : 0};
	int64_t count = shape ? lam_shape_count(shape) : 1;
	if (count < 0)
		return lam_zip_stick(npz->zip,
			lam_fail(LAM_ERR_SHAPE, "array '%s': shape %s cannot be written",
				lam_show(name).text, lam_shape_text(*shape).text));
	for (int i = 0; i < info.rank; i++)
		info.dim[i] = shape->dim[i];
	return add(npz, name, &info, values, (size_t)count * item);
}

lam_status lam_npz_add_real(
	lam_npz_writer *npz, const char *name, const lam_shape *shape, const lam_real *values)
{
	return add_array(npz, name, shape, LAM_NPY_REAL, sizeof *values, values);
}

lam_status lam_npz_add_double(
	lam_npz_writer *npz, const char *name, const lam_shape *shape, const double *values)
{
	return add_array(npz, name, shape, LAM_NPY_REAL, sizeof *values, values);
}

lam_status lam_npz_add_int64(
	lam_npz_writer *npz, const char *name, const lam_shape *shape, const int64_t *values)
{
	return add_array(npz, name, shape, LAM_NPY_INT, sizeof *values, values);
}

lam_status lam_npz_add_text(lam_npz_writer *npz, const char *name, const char *text)
{
	/* numpy has no '|S0': an empty text is one zero byte, which numpy strips. */
	size_t length = strlen(text);
	lam_npy info = {.kind = LAM_NPY_BYTES, .item = length > 0 ? length : 1};
	return add(npz, name, &info, text, info.item);
}

lam_status lam_npz_finish(lam_npz_writer *npz)
{
	lam_status status = lam_zip_finish(npz->zip);
	lam_free(npz);
	return status;
}

void lam_npz_abandon(lam_npz_writer *npz)
{
	if (npz)
		lam_zip_abandon(npz->zip);
	lam_free(npz);
}
