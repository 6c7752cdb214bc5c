/* SPDX-License-Identifier: MIT */
/* How a file appears whole or not at all:
 *
 *     lock path -> create path.tmp -> write … -> fsync -> rename over path -> fsync the folder
 *
 * This file has the steps up to the writes, file_commit.c the rest and lock.c the lock. The
 * temporary file has a fixed name, so that killed processes do not leave more and more files. */
#include "framework/files/file_inside.h"

#include "framework/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_CALL = 1 << 30 }; /* systems refuse to move more than 2 GiB in one call */

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

bool lam_file_remove_stale(const char *path, const char *temporary)
{
	struct stat found;
	if (lstat(temporary, &found) != 0) {
		const bool gone = errno == ENOENT;
		if (!gone)
			lam_file_refused(path, "look at the temporary file beside it");
		return gone;
	}
	if (!S_ISREG(found.st_mode)) {
		lam_fail(LAM_ERR_IO,
			"'%s': '%s' is in the way; expected nothing there, or a plain file that a "
			"killed process left",
			lam_path_text(path).text, lam_path_text(temporary).text);
		return false;
	}
	if (unlink(temporary) == 0 || errno == ENOENT)
		return true;
	lam_file_refused(path, "remove the temporary file that a killed process left");
	return false;
}

/* Gives the new file the permissions of the file that it replaces, and its owner and group if this
 * process may. If the group cannot be kept, its permissions are not given to another group.
 * Whatever fails, only the owner can read the file. */
static void keep_permissions(int descriptor, const struct stat *old)
{
	struct stat now;
	mode_t mode = old->st_mode & 0777;
	if (fstat(descriptor, &now) != 0)
		return;
	if ((now.st_uid != old->st_uid || now.st_gid != old->st_gid)
		&& fchown(descriptor, old->st_uid, old->st_gid) != 0
		&& fchown(descriptor, (uid_t)-1, old->st_gid) != 0)
		mode &= (mode_t)~070 | (mode & 07) << 3;
	fchmod(descriptor, mode);
}

/* Creates the temporary file; -1 and a sentence on failure. `old` is the file that it will replace,
 * or NULL. */
static int create_temporary(const char *path, const char *temporary, const struct stat *old)
{
	int descriptor;
	for (int attempt = 0; attempt < 2; attempt++) {
		LAM_FILE_AGAIN(descriptor,
			open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
				old ? 0600 : 0666));
		if (descriptor >= 0 || errno != EEXIST)
			break;
		if (!lam_file_remove_stale(path, temporary))
			return -1;
	}
	if (descriptor < 0)
		lam_file_refused(path, "create a temporary file beside it");
	else if (old)
		keep_permissions(descriptor, old);
	return descriptor;
}

int lam_file_open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = lam_text_copy(slash ? path : ".");
	if (!folder)
		return -1;
	if (slash)
		folder[slash == path ? 1 : slash - path] = '\0';
	int descriptor;
	LAM_FILE_AGAIN(descriptor, open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (descriptor < 0)
		lam_fail(LAM_ERR_IO, "'%s': cannot open the folder '%s': %s",
			lam_path_text(path).text, lam_path_text(folder).text, strerror(errno));
	lam_free(folder);
	return descriptor;
}

/* Whether `path` is free or a regular file, which *old then describes. A rename would replace a
 * device or a pipe by a plain file, and fails for a folder. */
static bool replaceable(const char *path, struct stat *old, bool *there)
{
	*there = stat(path, old) == 0;
	if (!*there || S_ISREG(old->st_mode))
		return true;
	lam_fail(LAM_ERR_IO, "'%s' is %s; expected a regular file to replace, or none",
		lam_path_text(path).text,
		S_ISDIR(old->st_mode) ? "a folder" : "a device, pipe or socket");
	return false;
}

/* Whether `path` with the ending `longest` is a legal file name. The folder must exist. */
static bool names_fit(const char *path, const char *longest)
{
	size_t room = strlen(path) + strlen(longest) + 1;
	char *beside = lam_alloc(room, 1);
	if (!beside)
		return false;
	snprintf(beside, room, "%s%s", path, longest);
	struct stat now;
	bool fits = lstat(beside, &now) == 0 || errno != ENAMETOOLONG;
	const char *slash = strrchr(path, '/');
	if (!fits)
		lam_fail(LAM_ERR_IO,
			"'%s': its name of %zu bytes is too long: while it is written a file "
			"beside it has \"%s\" behind that",
			lam_path_text(path).text, strlen(slash ? slash + 1 : path), longest);
	lam_free(beside);
	return fits;
}

lam_status lam_file_expect(const char *path, bool keeps_previous)
{
	struct stat old;
	bool there;
	if (!replaceable(path, &old, &there))
		return LAM_ERR_IO;
	if (!names_fit(path, keeps_previous ? LAM_PREVIOUS LAM_TEMPORARY : LAM_LOCK))
		return lam_error_status();
	int folder = lam_file_open_folder(path);
	if (folder < 0)
		return lam_error_status();
	bool writable = faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) == 0;
	int reason = errno;
	close(folder);
	return writable ? LAM_OK
			: lam_fail(LAM_ERR_IO, "'%s': cannot write into its folder: %s",
				lam_path_text(path).text, strerror(reason));
}

bool lam_file_takes(const char *path, bool keeps_previous, const char *other)
{
	static const char *const endings[] = {
		"", LAM_TEMPORARY, LAM_LOCK, LAM_PREVIOUS, LAM_PREVIOUS LAM_TEMPORARY};
	size_t length = strlen(path), count = keeps_previous ? 5 : 3;
	if (strncmp(path, other, length) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(other + length, endings[i]) == 0)
			return true;
	return false;
}

/* Gives up the lock and frees the writer, whose descriptor is closed. */
static void dispose(lam_file_writer *file)
{
	if (file->own_lock)
		lam_file_lock_give(file->lock);
	lam_free(file->path);
	lam_free(file->temporary);
	lam_free(file->previous);
	lam_free(file->aside);
	lam_free(file);
}

void lam_file_abandon(lam_file_writer *file)
{
	if (!file)
		return;
	if (file->made)
		unlink(file->temporary); /* before the lock is given up */
	if (file->descriptor >= 0)
		close(file->descriptor);
	dispose(file);
}

/* Creates the temporary file under file->lock. */
static lam_status begin(lam_file_writer *file)
{
	const char *path = lam_file_lock_path(file->lock);
	const size_t room = strlen(path) + sizeof LAM_TEMPORARY;
	struct stat old, made;
	bool there;
	if (!replaceable(path, &old, &there))
		return LAM_ERR_IO;
	file->path = lam_text_copy(path);
	file->temporary = lam_alloc(room, 1);
	if (!file->path || !file->temporary)
		return LAM_ERR_MEMORY;
	snprintf(file->temporary, room, "%s" LAM_TEMPORARY, path);
	file->descriptor = create_temporary(path, file->temporary, there ? &old : NULL);
	if (file->descriptor < 0)
		return LAM_ERR_IO;
	file->made = true; /* from here on lam_file_abandon() unlinks it */
	if (fstat(file->descriptor, &made) != 0)
		return lam_file_refused(path, "look at the temporary file beside it");
	file->device = made.st_dev;
	file->inode = made.st_ino;
	return LAM_OK;
}

static lam_file_writer *create(lam_file_lock *lock, bool own_lock)
{
	lam_file_writer *file = lam_alloc(1, sizeof *file);
	if (!file) {
		if (own_lock)
			lam_file_lock_give(lock);
		return NULL;
	}
	file->descriptor = -1;
	file->lock = lock;
	file->own_lock = own_lock;
	if (begin(file) == LAM_OK)
		return file;
	lam_file_abandon(file);
	return NULL;
}

lam_file_writer *lam_file_create(const char *path)
{
	if (!path || !*path) {
		lam_fail(LAM_ERR_ARGUMENT, "a file to write needs a path, got %s",
			path ? "an empty one" : "NULL");
		return NULL;
	}
	struct stat old;
	bool there;
	if (!replaceable(path, &old, &there))
		return NULL;
	lam_file_lock *lock = lam_file_lock_take(path, false);
	return lock ? create(lock, true) : NULL;
}

lam_file_writer *lam_file_create_under(lam_file_lock *lock)
{
	return lam_file_lock_held(lock) == LAM_OK ? create(lock, false) : NULL;
}

/* Calls write() until all bytes are written. */
static lam_status write_all(lam_file_writer *file, const unsigned char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t done = write(
			file->descriptor, bytes, count < LARGEST_CALL ? count : LARGEST_CALL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			errno = done == 0 ? ENOSPC : errno;
			return lam_file_stick(file, lam_file_refused(file->path, "write"));
		}
		file->written += (uint64_t)done;
		file->synced = false;
		bytes += done;
		count -= (size_t)done;
	}
	return LAM_OK;
}

lam_status lam_file_flush(lam_file_writer *file)
{
	size_t count = file->pending;
	file->pending = 0;
	return write_all(file, file->buffer, count);
}

lam_status lam_file_write(lam_file_writer *file, const void *bytes, size_t count)
{
	if (file->status != LAM_OK)
		return lam_file_stick(file, file->status);
	if (count > sizeof file->buffer - file->pending) {
		lam_status status = lam_file_flush(file);
		if (status != LAM_OK)
			return status;
	}
	if (count >= sizeof file->buffer)
		return write_all(file, bytes, count);
	if (count > 0)
		memcpy(file->buffer + file->pending, bytes, count);
	file->pending += count;
	return LAM_OK;
}

lam_status lam_file_patch(lam_file_writer *file, uint64_t at, const void *bytes, size_t count)
{
	if (file->status != LAM_OK)
		return lam_file_stick(file, file->status);
	if (at > lam_file_position(file) || count > lam_file_position(file) - at)
		return lam_file_stick(file,
			lam_fail(LAM_ERR_ARGUMENT, "'%s': cannot patch %zu bytes at %llu of %llu",
				lam_path_text(file->path).text, count, (unsigned long long)at,
				(unsigned long long)lam_file_position(file)));
	if (at >= file->written) { /* still in the buffer */
		memcpy(file->buffer + (at - file->written), bytes, count);
		return LAM_OK;
	}
	lam_status status = lam_file_flush(file);
	file->synced = false;
	for (const unsigned char *from = bytes; status == LAM_OK && count > 0;) {
		ssize_t done = pwrite(file->descriptor, from, count, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			errno = done == 0 ? ENOSPC : errno;
			return lam_file_stick(file, lam_file_refused(file->path, "write"));
		}
		from += done;
		at += (uint64_t)done;
		count -= (size_t)done;
	}
	return status;
}

uint64_t lam_file_position(const lam_file_writer *file)
{
	return file->written + file->pending;
}
