/* SPDX-License-Identifier: MIT */
/* One image as values. */
#include "exchange/images/decode.h"
#include "exchange/images/lamina-image.h"

#include "framework/memory.h"

/* From the file at `path`, or if that is NULL from bytes. */
static lam_status read_one(const char *what, const char *path, const void *bytes, size_t count,
	const lam_shape *shape, lam_real *x)
{
	lam_image_reader reader = {.pixel_limit = LAM_IMAGE_PIXELS};
	lam_sample_size size;
	lam_status status = lam_sample_size_of(what, shape, &size);
	if (status)
		return status;
	const int64_t features = lam_shape_count(shape);
	uint8_t *sample = lam_alloc_blank((size_t)features, 1);
	if (!sample)
		return LAM_ERR_MEMORY;
	status = path ? lam_image_load_file(&reader, path, &size, sample)
		      : lam_image_load_bytes(&reader, bytes, count, &size, sample);
	for (int64_t i = 0; i < features && !status; i++)
		x[i] = (lam_real)sample[i] / UINT8_MAX;
	lam_image_reader_free(&reader);
	lam_free(sample);
	return status;
}

lam_status lam_image_read(const char *path, lam_shape shape, lam_real *x)
{
	if (!path || !x)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_image_read: the %s is NULL",
			path ? "array for the values" : "path");
	return read_one("lam_image_read", path, NULL, 0, &shape, x);
}

lam_status lam_image_decode(const void *bytes, size_t size, lam_shape shape, lam_real *x)
{
	if (!bytes || !x)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_image_decode: the %s is NULL",
			bytes ? "array for the values" : "file's bytes");
	return read_one("lam_image_decode", NULL, bytes, size, &shape, x);
}
