/* SPDX-License-Identifier: MIT */
/* Commits a file that was written, durably, or deletes it:
 *
 *     fsync  ->  link path to path.previous.tmp  ->  rename path.tmp over path
 *            ->  rename path.previous.tmp over path.previous  ->  fsync the folder
 *
 * Wherever this stops, path names the whole old file or the whole new file. As path.previous
 * changes last, path or path.previous is good even if the old file at path was damaged. */
#include "framework/files/file_inside.h"

#include "framework/base/failure.h"
#include "framework/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

lam_status lam_file_keep_previous(lam_file_writer *file)
{
	size_t room = strlen(file->path) + sizeof LAM_PREVIOUS LAM_TEMPORARY;
	file->previous = lam_alloc(room, 1);
	file->aside = lam_alloc(room, 1);
	if (!file->previous || !file->aside)
		return lam_file_stick(file, LAM_ERR_MEMORY);
	snprintf(file->previous, room, "%s" LAM_PREVIOUS, file->path);
	snprintf(file->aside, room, "%s" LAM_PREVIOUS LAM_TEMPORARY, file->path);
	return LAM_OK;
}

lam_status lam_file_sync(lam_file_writer *file)
{
	lam_status status = file->status == LAM_OK ? lam_file_flush(file)
						   : lam_file_stick(file, file->status);
	if (status != LAM_OK || file->synced)
		return status;
	int result;
	LAM_FILE_AGAIN(result, fsync(file->descriptor));
	if (result != 0)
		return lam_file_stick(file, lam_file_refused(file->path, "sync"));
	/* Drops the cached pages, so that reading back reads the disk. A failure is harmless. */
	posix_fadvise(file->descriptor, 0, 0, POSIX_FADV_DONTNEED);
	file->synced = true;
	return LAM_OK;
}

const char *lam_file_temporary(const lam_file_writer *file)
{
	return file->temporary;
}

/* What happened to the file that is replaced. */
typedef enum fate {
	FAILED = -1,
	NONE_THERE, /* there is nothing at `path` */
	SET_ASIDE,  /* it has a second name, `aside` */
	LEFT,       /* the file system has no hard links: the rename deletes it */
} fate;

static fate set_aside(const lam_file_writer *file)
{
	int result = link(file->path, file->aside);
	if (result != 0 && errno == EEXIST
		&& unlink(file->aside) == 0) /* left by a killed process */
		result = link(file->path, file->aside);
	if (result == 0)
		return SET_ASIDE;
	if (errno == ENOENT)
		return NONE_THERE;
	if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOTSUP || errno == ENOSYS
		|| errno == EMLINK)
		return LEFT;
	lam_file_refused(file->path, "keep the file that is replaced");
	return FAILED;
}

/* Renames the replaced file to `previous`, after the new file is in place. */
static lam_status settle(const lam_file_writer *file, fate old)
{
	if (old == SET_ASIDE && rename(file->aside, file->previous) != 0) {
		lam_status status = lam_file_refused(
			file->path, "rename the file that was replaced");
		unlink(file->aside);
		return status;
	}
	/* Nothing was replaced, so an existing `previous` belongs to another run. */
	if (old == NONE_THERE && unlink(file->previous) != 0 && errno != ENOENT)
		return lam_file_refused(file->path, "remove the previous file of another run");
	return LAM_OK;
}

/* A file system that cannot sync a folder is no failure. */
static lam_status sync_folder(const lam_file_writer *file)
{
	int result;
	LAM_FILE_AGAIN(result, fsync(file->folder));
	if (result == 0 || errno == EINVAL || errno == ENOTSUP)
		return LAM_OK;
	return lam_fail(LAM_ERR_IO,
		"'%s': written, but may not outlive a power cut: cannot sync its folder: %s",
		lam_path_text(file->path).text, strerror(errno));
}

lam_status lam_file_commit(lam_file_writer *file)
{
	fate old = LEFT;
	lam_status status = lam_file_sync(file);
	if (status == LAM_OK && file->previous && (old = set_aside(file)) == FAILED)
		status = LAM_ERR_IO;
	if (status == LAM_OK && rename(file->temporary, file->path) != 0) {
		status = lam_file_refused(file->path, "rename the finished file to this name");
		if (old == SET_ASIDE)
			unlink(file->aside);
	}
	if (status != LAM_OK) {
		lam_file_abandon(file);
		return status;
	}
	/* From here on the temporary name may be another writer's. */
	if (file->previous)
		status = settle(file, old);
	if (status == LAM_OK)
		status = sync_folder(file);
	int reason = lam_file_close_both(file);
	if (status == LAM_OK && reason != 0)
		status = lam_fail(LAM_ERR_IO, "'%s': written, but closing it failed: %s",
			lam_path_text(file->path).text, strerror(reason));
	lam_file_dispose(file);
	return status;
}

/* Deletes or renames the `aside` of a killed writer. Before its first rename, `aside` is a second
 * name of the file at `path`; after it, `aside` is the replaced file. */
static void settle_aside(const lam_file_writer *file)
{
	struct stat aside, now;
	if (lstat(file->aside, &aside) != 0)
		return;
	if (lstat(file->path, &now) == 0 && now.st_dev == aside.st_dev
		&& now.st_ino == aside.st_ino)
		unlink(file->aside);
	else
		rename(file->aside, file->previous);
}

/* Whether the file `path``behind` exists; false and a sentence when memory is short. */
static bool is_there(const char *path, const char *behind)
{
	size_t room = strlen(path) + strlen(behind) + 1;
	char *name = lam_alloc(room, 1);
	if (!name)
		return false;
	snprintf(name, room, "%s%s", path, behind);
	bool there = access(name, F_OK) == 0;
	lam_free(name);
	return there;
}

lam_status lam_file_tidy(const char *path)
{
	const lam_said said = lam_said_so_far();
	const uint64_t before = lam_failures();
	bool wanted = is_there(path, LAM_TEMPORARY) || is_there(path, LAM_PREVIOUS LAM_TEMPORARY);
	if (!wanted)
		return lam_failures() == before ? LAM_OK : LAM_ERR_MEMORY;
	lam_status status = LAM_OK;
	/* Locks a half-written temporary file, so that no other writer uses it. */
	lam_file_writer *file = lam_file_create(path);
	if (!file || lam_file_keep_previous(file))
		status = lam_error_status();
	else
		settle_aside(file);
	lam_file_abandon(file);
	if (status == LAM_ERR_MEMORY)
		return status;
	lam_unsay(&said);
	return LAM_OK;
}
