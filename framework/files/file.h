/* Files: one that appears whole or not at all, and one that is read at checked places. */
#ifndef LAM_FILE_H
#define LAM_FILE_H

#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* A path for sentences, which have room for some 500 bytes: as it is, or its end behind "..." when
 * it is long. */
typedef struct lam_path_string {
	char text[104];
} lam_path_string;
lam_path_string lam_path_text(const char *path);

/* A file being written: bytes go to a temporary file in the folder of `path`; lam_file_commit()
 * syncs it, renames it over `path` and syncs the folder. Until then, and after any failure,
 * whatever was at `path` is untouched. The temporary file is `path`.tmp, locked against other
 * writers; one that a killed process left there is taken over. */
typedef struct lam_file_writer lam_file_writer;

#define LAM_TEMPORARY ".tmp"

/* Whether a file could be written at `path` by now: its folder is there and may be written into,
 * nothing but a regular file stands in the way, and the names that it has on the way there (with
 * lam_file_keep_previous(): that the replaced one has, too) are not too long. For asking before
 * long work whose result goes there; nothing is created. */
lam_status lam_file_expect(const char *path, bool keeps_previous);

/* Whether writing `path` (with lam_file_keep_previous() or without) writes, renames or removes a
 * file of the name `other`, letter by letter. */
bool lam_file_takes(const char *path, bool keeps_previous, const char *other);

/* Creates the temporary file; NULL and a sentence on failure. What is at `path` and no regular file
 * is refused. */
lam_file_writer *lam_file_create(const char *path);

/* Appends. The first failure sticks: every later call returns it again. */
lam_status lam_file_write(lam_file_writer *file, const void *bytes, size_t count);

/* Overwrites bytes that were appended before. */
lam_status lam_file_patch(lam_file_writer *file, uint64_t at, const void *bytes, size_t count);

/* Bytes appended so far. */
uint64_t lam_file_position(const lam_file_writer *file);

/* Makes a failure of the caller's own (a sentence must be there) the failure that sticks, unless
 * one does already; LAM_OK changes nothing. Returns the one that sticks, its sentence restored. */
lam_status lam_file_stick(lam_file_writer *file, lam_status status);

/* The file that is replaced will stay as `path`.previous (until the next one is), where the file
 * system has hard links; when none is replaced, one of that name goes. To be said before
 * lam_file_commit(). */
#define LAM_PREVIOUS ".previous"
lam_status lam_file_keep_previous(lam_file_writer *file);

/* Brings all that was written so far to the disk, so that lam_file_temporary() can be read back
 * before it is committed. */
lam_status lam_file_sync(lam_file_writer *file);

/* The path that the file has until then. */
const char *lam_file_temporary(const lam_file_writer *file);

/* Makes the file appear at `path`, durably, and frees the writer. On failure there is a sentence,
 * nothing temporary is left, and `path` is the old file; or already the new one, when what failed
 * is to keep the replaced one or to sync the folder. */
lam_status lam_file_commit(lam_file_writer *file);

/* Unlinks the temporary file and frees the writer. Leaves the error sentence alone. NULL is
 * allowed. */
void lam_file_abandon(lam_file_writer *file);

/* Ends what a killed writer of `path` (with lam_file_keep_previous()) had begun: nothing temporary
 * stays, and the file that it had replaced is the previous one. For who may not write again
 * himself. Fails for want of memory alone: what cannot be done the next writer does. */
lam_status lam_file_tidy(const char *path);

/* A file being read. Any number of threads may read from one reader at once. */
typedef struct lam_file_reader lam_file_reader;

/* Opens a regular file; NULL and a sentence on failure. */
lam_file_reader *lam_file_open(const char *path);

/* NULL is allowed. */
void lam_file_close(lam_file_reader *file);

const char *lam_file_path(const lam_file_reader *file);

/* Length in bytes when it was opened. */
uint64_t lam_file_size(const lam_file_reader *file);

/* Reads exactly `count` bytes from `at`; LAM_ERR_FORMAT when the file ends before that. */
lam_status lam_file_read(const lam_file_reader *file, uint64_t at, void *bytes, size_t count);

#pragma GCC visibility pop
#endif
