/* SPDX-License-Identifier: MIT */
/* Files: a writer whose file appears whole or not at all, and a reader by checked positions. */
#ifndef LAM_FILE_H
#define LAM_FILE_H

#include "framework/base/shown.h"
#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* A path for error sentences: the whole path, or "..." and its end. */
typedef lam_shown lam_path_string;
static inline lam_path_string lam_path_text(const char *path)
{
	return lam_show_end(path);
}

/* The right to write at a path. While one has it, no other thread or process gets it; a forked
 * child does not have its parent's. It is a lock on the file `path`.lock, which is there as long,
 * and which a killed process leaves for the next one to remove. */
typedef struct lam_file_lock lam_file_lock;

#define LAM_LOCK ".lock"

/* Seconds that another's save is waited for. */
enum { LAM_FILE_PATIENCE = 10 };

/* Takes the lock of a path, for a run of lam_fit() or for one save. NULL and a sentence on failure:
 * LAM_ERR_STATE at once when a run has it, LAM_ERR_IO when a save has it for longer than is waited.
 * Where the file system has no locks, everybody gets it. */
lam_file_lock *lam_file_lock_take(const char *path, bool run);

/* LAM_ERR_STATE and a sentence in a process that was forked from that which took it. */
lam_status lam_file_lock_held(const lam_file_lock *lock);

const char *lam_file_lock_path(const lam_file_lock *lock);

/* NULL is allowed. */
void lam_file_lock_give(lam_file_lock *lock);

/* A file being written. Bytes go to a temporary file beside `path`; lam_file_commit() syncs it,
 * renames it over `path` and syncs the folder. Until then, and after any failure, whatever was at
 * `path` is untouched. The temporary file is `path`.tmp. It is made anew, never opened: a plain
 * file that a killed process left there is removed, under the lock of `path`; anything else of that
 * name is refused. It gets the permissions of the file that it replaces, and for root its owner. */
typedef struct lam_file_writer lam_file_writer;

#define LAM_TEMPORARY ".tmp"

/* Whether a file could be written at `path` now. Its folder must exist and be writable, `path` must
 * be free or a regular file, and the temporary names must not be too long. `keeps_previous` also
 * checks the names that lam_file_keep_previous() uses. Ask this before long work whose result goes
 * to `path`; nothing is created. */
lam_status lam_file_expect(const char *path, bool keeps_previous);

/* Whether writing `path`, with or without lam_file_keep_previous(), writes, renames or removes the
 * file `other`. The names are compared as text. */
bool lam_file_takes(const char *path, bool keeps_previous, const char *other);

/* Takes the lock of `path` and creates the temporary file; NULL and a sentence on failure. Refuses
 * a `path` that names anything but a regular file. */
lam_file_writer *lam_file_create(const char *path);

/* The same for the path of a lock that the caller has, and keeps. */
lam_file_writer *lam_file_create_under(lam_file_lock *lock);

/* Appends. The first failure sticks: every later call returns it again. */
lam_status lam_file_write(lam_file_writer *file, const void *bytes, size_t count);

/* Overwrites bytes that were appended before. */
lam_status lam_file_patch(lam_file_writer *file, uint64_t at, const void *bytes, size_t count);

/* Bytes appended so far. */
uint64_t lam_file_position(const lam_file_writer *file);

/* Records a failure of the caller, whose sentence must be set, unless one is recorded already.
 * LAM_OK records nothing. Returns the recorded failure and restores its sentence. */
lam_status lam_file_stick(lam_file_writer *file, lam_status status);

/* Keeps the replaced file as `path`.previous, where the file system has hard links. If no file is
 * replaced, an existing `path`.previous is deleted. Call it before lam_file_commit(). */
#define LAM_PREVIOUS ".previous"
lam_status lam_file_keep_previous(lam_file_writer *file);

/* Syncs all that was written so far, so that it can be read back from the disk before the commit.
 */
lam_status lam_file_sync(lam_file_writer *file);

/* Makes the file appear at `path`, durably, and frees the writer. On failure there is a sentence,
 * nothing temporary is left, and `path` is the old file. It is already the new file if only keeping
 * the replaced one or syncing the folder failed. */
lam_status lam_file_commit(lam_file_writer *file);

/* Unlinks the temporary file and frees the writer. Leaves the error sentence alone. NULL is
 * allowed. */
void lam_file_abandon(lam_file_writer *file);

/* Cleans up after a killed writer of the lock's path that used lam_file_keep_previous(): temporary
 * files are deleted, and a file that it had replaced becomes `path`.previous. For callers that may
 * not write there again themselves. Fails only when memory is short; the next writer does what is
 * left. */
lam_status lam_file_tidy(lam_file_lock *lock);

/* A file being read. Several threads may read from it at once. */
typedef struct lam_file_reader lam_file_reader;

/* Opens a regular file; NULL and a sentence on failure. */
lam_file_reader *lam_file_open(const char *path);

/* Reads back what lam_file_sync() brought to the disk of a file that is being written, through the
 * descriptor that wrote it. NULL and a sentence when memory is short. To be closed before the file
 * is committed. */
lam_file_reader *lam_file_read_back(const lam_file_writer *file);

/* NULL is allowed. */
void lam_file_close(lam_file_reader *file);

const char *lam_file_path(const lam_file_reader *file);

/* The file's length in bytes when it was opened. */
uint64_t lam_file_size(const lam_file_reader *file);

/* Reads exactly `count` bytes from `at`; LAM_ERR_FORMAT when the file ends before that. */
lam_status lam_file_read(const lam_file_reader *file, uint64_t at, void *bytes, size_t count);

#pragma GCC visibility pop
#endif
