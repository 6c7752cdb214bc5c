/* SPDX-License-Identifier: MIT */
/* The reader of framework/files/file.h for bytes in memory. It replaces framework/files/file_read.c
 * and allows thousands of inputs a second, without writing files. */
#include "framework/files/file.h"
#include "tests/fuzz/fuzz.h"

struct lam_file_reader {
	const uint8_t *bytes;
	uint64_t size;
};

/* A path that exists, for callers that check before they open. */
static const char the_path[] = "/dev/null";
static lam_file_reader the_file;

const char *fuzz_path(const uint8_t *data, size_t size)
{
	the_file = (lam_file_reader){data, size};
	return the_path;
}

lam_file_reader *lam_file_open(const char *path)
{
	if (strcmp(path, the_path)) {
		lam_fail(LAM_ERR_IO, "'%s': cannot open: there is only one file", path);
		return NULL;
	}
	lam_file_reader *file = lam_alloc(1, sizeof *file);
	if (file)
		*file = the_file;
	return file;
}

lam_file_reader *lam_file_read_back(const lam_file_writer *writer)
{
	const struct fuzz_saved saved = fuzz_unsaved(writer);
	lam_file_reader *file = lam_alloc(1, sizeof *file);
	if (file)
		*file = (lam_file_reader){saved.bytes, saved.size};
	return file;
}

void lam_file_close(lam_file_reader *file)
{
	lam_free(file);
}

const char *lam_file_path(const lam_file_reader *file)
{
	(void)file;
	return the_path;
}

uint64_t lam_file_size(const lam_file_reader *file)
{
	return file->size;
}

lam_status lam_file_read(const lam_file_reader *file, uint64_t at, void *bytes, size_t count)
{
	if (at > file->size || count > file->size - at)
		return lam_fail(LAM_ERR_FORMAT,
			"'%s': ends after %zu bytes, expected %zu more at %zu", the_path,
			(size_t)file->size, count, (size_t)at);
	/* A copy, so that the address sanitizer checks the caller's array. */
	if (count > 0)
		memcpy(bytes, file->bytes + at, count);
	return LAM_OK;
}
