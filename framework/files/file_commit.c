/* The end of a file that is being written: it takes its name, durably, or it goes.
 *
 *     fsync  ->  link path to path.previous.tmp  ->  rename path.tmp over path
 *            ->  rename path.previous.tmp over path.previous  ->  fsync the folder
 *
 * Wherever this stops, path names the old file whole or the new file whole; and as path.previous
 * changes last, one of both is good even when the old file at path was damaged. */
#include "framework/files/file_inside.h"

#include "framework/base/failure.h"
#include "framework/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Closes both descriptors; 0, or the errno of the first that failed. An interrupted close has
 * closed. */
static int close_both(const lam_file_writer *file)
{
	int reason = 0;
	if (file->descriptor >= 0 && close(file->descriptor) != 0
		&& errno != EINTR) /* releases the lock */
		reason = errno;
	if (file->folder >= 0 && close(file->folder) != 0 && errno != EINTR && reason == 0)
		reason = errno;
	return reason;
}

static void dispose(lam_file_writer *file)
{
	lam_free(file->path);
	lam_free(file->temporary);
	lam_free(file->previous);
	lam_free(file->aside);
	lam_free(file);
}

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
	/* Who reads it back shall see the disk's bytes, not the cache's; a system that keeps them
	 * says nothing worse of them. */
	posix_fadvise(file->descriptor, 0, 0, POSIX_FADV_DONTNEED);
	file->synced = true;
	return LAM_OK;
}

const char *lam_file_temporary(const lam_file_writer *file)
{
	return file->temporary;
}

/* What became of the file that is replaced. */
typedef enum fate {
	FAILED = -1,
	NONE_THERE, /* there is nothing at `path` */
	SET_ASIDE,  /* it has a second name */
	/* a file system without second names: it goes, as it would without lam_file_keep_previous()
	 */
	LEFT,
} fate;

static fate set_aside(const lam_file_writer *file)
{
	int result = link(file->path, file->aside);
	if (result != 0 && errno == EEXIST
		&& unlink(file->aside) == 0) /* left by a process that was killed */
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

/* The new file is in place; what it replaced gets the name of the previous one. */
static lam_status settle(const lam_file_writer *file, fate old)
{
	if (old == SET_ASIDE && rename(file->aside, file->previous) != 0) {
		lam_status status = lam_file_refused(
			file->path, "rename the file that was replaced");
		unlink(file->aside);
		return status;
	}
	/* Nothing was replaced: what bears the name is another's. */
	if (old == NONE_THERE && unlink(file->previous) != 0 && errno != ENOENT)
		return lam_file_refused(file->path, "remove the previous file of another run");
	return LAM_OK;
}

/* Some file systems cannot sync a folder; then there is nothing to wait for. */
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
	int reason = close_both(file);
	if (status == LAM_OK && reason != 0)
		status = lam_fail(LAM_ERR_IO, "'%s': written, but closing it failed: %s",
			lam_path_text(file->path).text, strerror(reason));
	dispose(file);
	return status;
}

void lam_file_abandon(lam_file_writer *file)
{
	if (!file)
		return;
	if (file->descriptor >= 0)
		unlink(file->temporary); /* before the lock goes */
	close_both(file);
	dispose(file);
}

/* Between its two renames a writer's `aside` is the replaced file; before the first it is a second
 * name of the one at `path`. */
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

/* Whether there is a file called `path` with this behind it; false, and a sentence, when memory is
 * short. */
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
	/* takes what was half-written over, and keeps other writers out */
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
