/* SPDX-License-Identifier: MIT */
#include "framework/files/append.h"

#include "framework/files/file_inside.h"
#include "framework/memory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct lam_append {
	const char *path;
	int descriptor;
	off_t length;
	bool synced; /* all of it is on the disk */
};

lam_append *lam_append_open(const char *path)
{
	lam_append *file = lam_alloc(1, sizeof *file);
	if (!file)
		return NULL;
	file->path = path;
	file->synced = true;
	LAM_FILE_AGAIN(file->descriptor, open(path, O_WRONLY | O_APPEND | O_CLOEXEC));
	struct stat found;
	if (file->descriptor >= 0 && fstat(file->descriptor, &found) == 0) {
		file->length = found.st_size;
		return file;
	}
	lam_file_refused(path, "open");
	lam_append_close(file);
	return NULL;
}

lam_status lam_append_write(lam_append *file, const char *bytes, size_t count)
{
	ssize_t written;
	LAM_FILE_AGAIN(written, write(file->descriptor, bytes, count));
	if (written == (ssize_t)count) {
		file->length += written;
		file->synced = false;
		return LAM_OK;
	}
	if (written >= 0)
		errno = ENOSPC;
	const lam_status status = lam_file_refused(file->path, "write");
	int cut = 0;
	if (written > 0)
		LAM_FILE_AGAIN(cut, ftruncate(file->descriptor, file->length));
	return cut ? lam_file_refused(file->path, "write, nor take back a part of a line,")
		   : status;
}

lam_status lam_append_sync(lam_append *file)
{
	int failed = 0;
	if (!file->synced)
		LAM_FILE_AGAIN(failed, fsync(file->descriptor));
	file->synced = !failed;
	return failed ? lam_file_refused(file->path, "sync") : LAM_OK;
}

void lam_append_close(lam_append *file)
{
	if (!file)
		return;
	if (file->descriptor >= 0)
		close(file->descriptor);
	lam_free(file);
}
