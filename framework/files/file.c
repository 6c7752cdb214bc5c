/* SPDX-License-Identifier: MIT */
/* How a file appears whole or not at all:
 *
 *     open path.tmp -> lock it -> write … -> fsync -> rename over path -> fsync the folder
 *
 * This file has the steps up to the writes, file_commit.c the rest. The temporary file has a fixed
 * name and is locked while it is written. So a second writer of the same path is refused, and the
 * next writer reuses what a killed process left behind. */
#include "framework/files/file_inside.h"

#include "framework/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LARGEST_CALL = 1 << 30, /* systems refuse to move more than 2 GiB in one call */
	ATTEMPTS = 100,         /* to open the temporary file while other writers rename theirs */
};

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

lam_status lam_file_refused(const char *path, const char *verb)
{
	return lam_fail(
		LAM_ERR_IO, "'%s': cannot %s: %s", lam_path_text(path).text, verb, strerror(errno));
}

/* Whether `temporary` still names the file that `descriptor` has open. If not, another writer has
 * renamed it, and the descriptor refers to that writer's finished file. */
static bool still_there(int descriptor, const char *temporary)
{
	struct stat opened, named;
	return fstat(descriptor, &opened) == 0 && lstat(temporary, &named) == 0
		&& opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* Opens and locks the temporary file. Returns its descriptor, or -1 and a sentence. */
static int open_temporary(const char *path, const char *temporary)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int descriptor, result;
		LAM_FILE_AGAIN(descriptor,
			open(temporary, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
				0666));
		if (descriptor < 0) {
			lam_file_refused(path, "create a temporary file beside it");
			return -1;
		}
		/* Where the file system has no locks, the file is written without one. */
		LAM_FILE_AGAIN(result, flock(descriptor, LOCK_EX | LOCK_NB));
		if (result != 0 && errno == EWOULDBLOCK) {
			close(descriptor);
			lam_fail(LAM_ERR_IO,
				"'%s': someone else is writing this file just now ('%s' is locked)",
				lam_path_text(path).text, lam_path_text(temporary).text);
			return -1;
		}
		if (still_there(descriptor, temporary)) {
			LAM_FILE_AGAIN(result, ftruncate(descriptor, 0));
			if (result == 0)
				return descriptor;
			lam_file_refused(path, "empty the temporary file beside it");
			unlink(temporary);
			close(descriptor);
			return -1;
		}
		close(descriptor);
	}
	lam_fail(LAM_ERR_IO, "'%s': other writers took its temporary file away %d times",
		lam_path_text(path).text, ATTEMPTS);
	return -1;
}

/* Opens the folder that holds `path`, to sync it after the rename. */
static int open_folder(const char *path)
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

/* Whether `path` is free or a regular file. A rename would replace a device or a pipe by a plain
 * file, and fails for a folder. */
static bool replaceable(const char *path)
{
	struct stat now;
	if (stat(path, &now) != 0 || S_ISREG(now.st_mode))
		return true;
	lam_fail(LAM_ERR_IO, "'%s' is %s; expected a regular file to replace, or none",
		lam_path_text(path).text,
		S_ISDIR(now.st_mode) ? "a folder" : "a device, pipe or socket");
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
	if (!replaceable(path))
		return LAM_ERR_IO;
	if (!names_fit(path, keeps_previous ? LAM_PREVIOUS LAM_TEMPORARY : LAM_TEMPORARY))
		return lam_error_status();
	int folder = open_folder(path);
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
		"", LAM_TEMPORARY, LAM_PREVIOUS, LAM_PREVIOUS LAM_TEMPORARY};
	size_t length = strlen(path), count = keeps_previous ? 4 : 2;
	if (strncmp(path, other, length) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(other + length, endings[i]) == 0)
			return true;
	return false;
}

int lam_file_close_both(const lam_file_writer *file)
{
	int reason = 0;
	if (file->descriptor >= 0 && close(file->descriptor) != 0
		&& errno != EINTR) /* releases the lock */
		reason = errno;
	if (file->folder >= 0 && close(file->folder) != 0 && errno != EINTR && reason == 0)
		reason = errno;
	return reason;
}

void lam_file_dispose(lam_file_writer *file)
{
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
	if (file->descriptor >= 0)
		unlink(file->temporary); /* before close releases the lock */
	lam_file_close_both(file);
	lam_file_dispose(file);
}

lam_file_writer *lam_file_create(const char *path)
{
	if (!path || !*path) {
		lam_fail(LAM_ERR_ARGUMENT, "a file to write needs a path, got %s",
			path ? "an empty one" : "NULL");
		return NULL;
	}
	if (!replaceable(path))
		return NULL;
	size_t room = strlen(path) + sizeof LAM_TEMPORARY;
	lam_file_writer *file = lam_alloc(1, sizeof *file);
	if (!file)
		return NULL;
	file->descriptor = file->folder = -1;
	file->path = lam_text_copy(path);
	file->temporary = lam_alloc(room, 1);
	if (file->path && file->temporary) {
		snprintf(file->temporary, room, "%s" LAM_TEMPORARY, path);
		file->folder = open_folder(path);
		if (file->folder >= 0)
			file->descriptor = open_temporary(path, file->temporary);
	}
	if (file->descriptor >= 0) /* from here on this writer unlinks the temporary file */
		return file;
	lam_file_abandon(file);
	return NULL;
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
	if (at >= file->written) { /* not written yet */
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
