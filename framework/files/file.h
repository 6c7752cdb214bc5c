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

/* The lock of a path: the right to write there. While it is held, no other thread or process gets
 * it, and a forked child does not inherit it. It is a lock on the file `path`.lock, which exists as
 * long as the lock. If its holder is killed, the next holder removes the file. */
typedef struct lam_file_lock lam_file_lock;

#define LAM_LOCK ".lock"

/* How many seconds to wait for another process's save. */
enum { LAM_FILE_PATIENCE = 10 };

/* Takes the lock of a path, for a run of lam_fit() (`run`) or for one save. NULL and a sentence on
 * failure: LAM_ERR_STATE at once when a run has the lock, LAM_ERR_IO when a save has it for longer
 * than LAM_FILE_PATIENCE. If the file system has no locks, every caller gets it. */
lam_file_lock *lam_file_lock_take(const char *path, bool run);

/* LAM_ERR_STATE and a sentence in a child that was forked after its parent took the lock. */
lam_status lam_file_lock_held(const lam_file_lock *lock);

const char *lam_file_lock_path(const lam_file_lock *lock);

/* NULL is allowed. */
void lam_file_lock_give(lam_file_lock *lock);

/* A file being written. Bytes go to the temporary file `path`.tmp. lam_file_commit() syncs it,
 * renames it over `path` and syncs the folder. Until then, and after any failure, the file at
 * `path` is untouched.
 *
 * An existing file of that name is never opened. A plain file there was left by a killed process,
 * and is removed under the lock of `path`; anything else is refused. The temporary file gets the
 * permissions of the file that it replaces, and for root its owner. */
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

/* As lam_file_create(), for the path of a lock that the caller has, and keeps. */
lam_file_writer *lam_file_create_under(lam_file_lock *lock);

/* Appends bytes. After the first failure, every later call returns that failure again. */
lam_status lam_file_write(lam_file_writer *file, const void *bytes, size_t count);

/* Overwrites bytes that were appended before. */
lam_status lam_file_patch(lam_file_writer *file, uint64_t at, const void *bytes, size_t count);

/* Bytes appended so far. */
uint64_t lam_file_position(const lam_file_writer *file);

/* Records `status`, a failure of the caller, as if writing had failed, unless a failure is recorded
 * already. Its sentence must be set. LAM_OK records nothing. Returns the recorded failure and
 * restores its sentence. */
lam_status lam_file_stick(lam_file_writer *file, lam_status status);

/* Keeps the replaced file as `path`.previous, where the file system has hard links. If no file is
 * replaced, an existing `path`.previous is deleted. Call it before lam_file_commit(). */
#define LAM_PREVIOUS ".previous"
lam_status lam_file_keep_previous(lam_file_writer *file);

/* Syncs all that was written so far, so that it can be read back from the disk before the commit.
 */
lam_status lam_file_sync(lam_file_writer *file);

/* Makes the file appear at `path`, durably, and frees the writer. On failure there is a sentence,
 * no temporary file is left, and `path` is the old file. Only if keeping the replaced file or
 * syncing the folder has failed, `path` is already the new file. */
lam_status lam_file_commit(lam_file_writer *file);

/* Unlinks the temporary file and frees the writer. Does not change the error sentence. NULL is
 * allowed. */
void lam_file_abandon(lam_file_writer *file);

/* Cleans up after a killed writer of the lock's path that used lam_file_keep_previous(). Temporary
 * files are deleted, and a file that it had replaced becomes `path`.previous. Call it where no new
 * file may be written there. Fails only when memory is short; the next writer cleans up the
 * rest. */
lam_status lam_file_tidy(lam_file_lock *lock);

/* A file being read. Several threads may read from it at once. */
typedef struct lam_file_reader lam_file_reader;

/* Opens a regular file; NULL and a sentence on failure. */
lam_file_reader *lam_file_open(const char *path);

/* Opens a file that is being written, to read back what lam_file_sync() has put on the disk. It
 * uses the descriptor that wrote it. NULL and a sentence when memory is short. Close it before the
 * file is committed. */
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
