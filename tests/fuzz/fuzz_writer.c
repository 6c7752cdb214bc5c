/* SPDX-License-Identifier: MIT */
/* The writer of framework/files/file.h into memory. It replaces framework/files/file.c,
 * file_commit.c and lock.c, and syncs nothing. */
#include "framework/files/file.h"
#include "tests/fuzz/fuzz.h"

struct lam_file_writer {
	struct fuzz_saved saved;
	size_t room;
	lam_status status;
	char sentence[512];
};

static struct fuzz_saved last;

const char *fuzz_written(void)
{
	return "written";
}

struct fuzz_saved fuzz_take_saved(void)
{
	struct fuzz_saved saved = last;
	last = (struct fuzz_saved){0};
	return saved;
}

struct fuzz_saved fuzz_unsaved(const lam_file_writer *file)
{
	return file->saved;
}

lam_file_writer *lam_file_create(const char *path)
{
	(void)path;
	lam_file_writer *file = calloc(1, sizeof *file);
	if (!file)
		abort();
	return file;
}

lam_file_writer *lam_file_create_under(lam_file_lock *lock)
{
	(void)lock;
	return lam_file_create(fuzz_written());
}

lam_status lam_file_stick(lam_file_writer *file, lam_status status)
{
	if (status != LAM_OK && file->status == LAM_OK) {
		file->status = status;
		snprintf(file->sentence, sizeof file->sentence, "%s", lam_error());
	}
	if (file->status != LAM_OK)
		lam_fail(file->status, "%s", file->sentence);
	return file->status;
}

lam_status lam_file_write(lam_file_writer *file, const void *bytes, size_t count)
{
	if (file->status != LAM_OK)
		return lam_file_stick(file, file->status);
	if (count > file->room - file->saved.size) {
		file->room = 2 * (file->saved.size + count);
		file->saved.bytes = realloc(file->saved.bytes, file->room);
		if (!file->saved.bytes)
			abort();
	}
	if (count > 0)
		memcpy(file->saved.bytes + file->saved.size, bytes, count);
	file->saved.size += count;
	return LAM_OK;
}

lam_status lam_file_patch(lam_file_writer *file, uint64_t at, const void *bytes, size_t count)
{
	if (file->status != LAM_OK)
		return lam_file_stick(file, file->status);
	if (at > file->saved.size || count > file->saved.size - at)
		fuzz_wrong("a patch behind the end");
	if (count > 0)
		memcpy(file->saved.bytes + at, bytes, count);
	return LAM_OK;
}

uint64_t lam_file_position(const lam_file_writer *file)
{
	return file->saved.size;
}

lam_status lam_file_keep_previous(lam_file_writer *file)
{
	return file->status;
}

lam_status lam_file_sync(lam_file_writer *file)
{
	return file->status;
}

lam_status lam_file_commit(lam_file_writer *file)
{
	const lam_status status = lam_file_stick(file, LAM_OK);
	if (status == LAM_OK) {
		free(last.bytes);
		last = file->saved;
		file->saved.bytes = NULL;
	}
	lam_file_abandon(file);
	return status;
}

void lam_file_abandon(lam_file_writer *file)
{
	if (file)
		free(file->saved.bytes);
	free(file);
}

lam_status lam_file_expect(const char *path, bool keeps_previous)
{
	(void)path;
	(void)keeps_previous;
	return LAM_OK;
}

bool lam_file_takes(const char *path, bool keeps_previous, const char *other)
{
	(void)keeps_previous;
	return !strcmp(path, other);
}

lam_file_lock *lam_file_lock_take(const char *path, bool run)
{
	(void)path;
	(void)run;
	return calloc(1, 1);
}

lam_status lam_file_lock_held(const lam_file_lock *lock)
{
	(void)lock;
	return LAM_OK;
}

const char *lam_file_lock_path(const lam_file_lock *lock)
{
	(void)lock;
	return fuzz_written();
}

void lam_file_lock_give(lam_file_lock *lock)
{
	free(lock);
}

lam_status lam_file_tidy(lam_file_lock *lock)
{
	(void)lock;
	return LAM_OK;
}

lam_status lam_file_refused(const char *path, const char *verb)
{
	return lam_fail(LAM_ERR_IO, "'%s': cannot %s", path, verb);
}
