/* SPDX-License-Identifier: MIT */
/* Commits a file that was written, durably, or deletes it:
 *
 *     fsync, close  ->  link path to path.previous.tmp  ->  rename path.tmp over path
 *                   ->  rename path.previous.tmp over path.previous  ->  fsync the folder
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
	if (result != 0 && errno == EEXIST) {
		/* If `path` is a symbolic link, `aside` is one, too. */
		if (unlink(file->aside) == 0)
			result = link(file->path, file->aside);
	}
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
static lam_status sync_folder(const lam_file_writer *file, int folder)
{
	int result;
	LAM_FILE_AGAIN(result, fsync(folder));
	if (result == 0 || errno == EINVAL || errno == ENOTSUP)
		return LAM_OK;
	return lam_fail(LAM_ERR_IO,
		"'%s': written, but may not outlive a power cut: cannot sync its folder: %s",
		lam_path_text(file->path).text, strerror(errno));
}

/* Some file systems report only at close() what they could not write. If a signal interrupts
 * close(), the file is closed nevertheless. */
static lam_status close_written(lam_file_writer *file)
{
	const int result = close(file->descriptor);
	file->descriptor = -1;
	return result == 0 || errno == EINTR ? LAM_OK : lam_file_refused(file->path, "close");
}

/* Renames the finished file to its path. */
static lam_status take_name(const lam_file_writer *file)
{
	struct stat now;
	if (lstat(file->temporary, &now) == 0
		&& (now.st_dev != file->device || now.st_ino != file->inode))
		return lam_fail(LAM_ERR_IO,
			"'%s': another has put its own file in the place of '%s'",
			lam_path_text(file->path).text, lam_path_text(file->temporary).text);
	return rename(file->temporary, file->path) == 0
		? LAM_OK
		: lam_file_refused(file->path, "rename the finished file to this name");
}

/* Gives a file that is on the disk its name, and the replaced one its new name. */
static lam_status rename_all(lam_file_writer *file, int folder)
{
	fate old = LEFT;
	if (file->previous && (old = set_aside(file)) == FAILED)
		return LAM_ERR_IO;
	lam_status status = take_name(file);
	if (status != LAM_OK) {
		if (old == SET_ASIDE)
			unlink(file->aside);
		return status;
	}
	file->made = false;
	if (file->previous)
		status = settle(file, old);
	return status == LAM_OK ? sync_folder(file, folder) : status;
}

lam_status lam_file_commit(lam_file_writer *file)
{
	lam_status status = lam_file_sync(file);
	if (status == LAM_OK)
		status = close_written(file);
	if (status == LAM_OK) {
		const int folder = lam_file_open_folder(file->path);
		status = folder < 0 ? lam_error_status() : rename_all(file, folder);
		if (folder >= 0)
			close(folder);
	}
	lam_file_abandon(file);
	return status;
}

/* Deletes or renames the file `aside` of a killed writer. If the writer had not renamed anything
 * yet, `aside` is a second name of the file at `path`. Otherwise it is the replaced file. */
static void settle_aside(const char *path, const char *previous, const char *aside)
{
	struct stat set, now;
	if (lstat(aside, &set) != 0 || S_ISDIR(set.st_mode))
		return;
	if (lstat(path, &now) == 0 && now.st_dev == set.st_dev && now.st_ino == set.st_ino)
		unlink(aside);
	else
		rename(aside, previous);
}

lam_status lam_file_tidy(lam_file_lock *lock)
{
	const lam_said said = lam_said_so_far();
	const char *path = lam_file_lock_path(lock);
	const size_t room = strlen(path) + sizeof LAM_PREVIOUS LAM_TEMPORARY;
	char *first = lam_alloc(room, 1), *second = lam_alloc(room, 1);
	const lam_status status = first && second ? LAM_OK : LAM_ERR_MEMORY;
	if (status == LAM_OK) {
		snprintf(first, room, "%s" LAM_TEMPORARY, path);
		lam_file_remove_stale(path, first);
		snprintf(first, room, "%s" LAM_PREVIOUS, path);
		snprintf(second, room, "%s" LAM_PREVIOUS LAM_TEMPORARY, path);
		settle_aside(path, first, second);
		lam_unsay(&said);
	}
	lam_free(first);
	lam_free(second);
	return status;
}
