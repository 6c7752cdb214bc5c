/* SPDX-License-Identifier: MIT */
/* Reads by position, without mmap(): a file that shrinks while it is read gives an error instead of
 * a SIGBUS. */
#include "framework/files/file_inside.h"

#include "framework/memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_CALL = 1 << 30 }; /* systems refuse to move more than 2 GiB in one call */

struct lam_file_reader {
	int descriptor;
	bool borrowed; /* the descriptor is the writer's */
	uint64_t size;
	char *path;
};

lam_file_reader *lam_file_open(const char *path)
{
	if (!path || !*path) {
		lam_fail(LAM_ERR_ARGUMENT, "a file to read needs a path, got %s",
			path ? "an empty one" : "NULL");
		return NULL;
	}
	lam_file_reader *file = lam_alloc(1, sizeof *file);
	if (!file)
		return NULL;
	file->descriptor = -1;
	file->path = lam_text_copy(path);
	if (!file->path)
		goto failed;
	/* Without O_NONBLOCK the open of a pipe would wait for its writer. */
	LAM_FILE_AGAIN(file->descriptor, open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
	struct stat status;
	if (file->descriptor < 0 || fstat(file->descriptor, &status) != 0) {
		lam_fail(LAM_ERR_IO, "'%s': cannot open: %s", lam_path_text(path).text,
			strerror(errno));
		goto failed;
	}
	if (!S_ISREG(status.st_mode)) {
		lam_fail(LAM_ERR_IO, "'%s': expected a regular file, this is %s",
			lam_path_text(path).text, S_ISDIR(status.st_mode) ? "a folder" : "none");
		goto failed;
	}
	file->size = (uint64_t)status.st_size;
	return file;
failed:
	lam_file_close(file);
	return NULL;
}

lam_file_reader *lam_file_read_back(const lam_file_writer *writer)
{
	lam_file_reader *file = lam_alloc(1, sizeof *file);
	if (!file)
		return NULL;
	file->descriptor = writer->descriptor;
	file->borrowed = true;
	file->size = lam_file_position(writer);
	file->path = lam_text_copy(writer->path);
	if (file->path)
		return file;
	lam_file_close(file);
	return NULL;
}

void lam_file_close(lam_file_reader *file)
{
	if (!file)
		return;
	if (file->descriptor >= 0 && !file->borrowed)
		close(file->descriptor);
	lam_free(file->path);
	lam_free(file);
}

const char *lam_file_path(const lam_file_reader *file)
{
	return file->path;
}

uint64_t lam_file_size(const lam_file_reader *file)
{
	return file->size;
}

lam_status lam_file_read(const lam_file_reader *file, uint64_t at, void *bytes, size_t count)
{
	if (at > file->size || count > file->size - at)
		return lam_fail(LAM_ERR_FORMAT,
			"'%s': ends after %" PRIu64 " bytes, expected %zu more at %" PRIu64,
			lam_path_text(file->path).text, file->size, count, at);
	for (unsigned char *to = bytes; count > 0;) {
		ssize_t done = pread(file->descriptor, to,
			count < LARGEST_CALL ? count : LARGEST_CALL, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return lam_fail(LAM_ERR_IO, "'%s': cannot read: %s",
				lam_path_text(file->path).text, strerror(errno));
		if (done == 0)
			return lam_fail(LAM_ERR_FORMAT,
				"'%s': became shorter than %" PRIu64 " bytes while it was read",
				lam_path_text(file->path).text, file->size);
		to += done;
		at += (uint64_t)done;
		count -= (size_t)done;
	}
	return LAM_OK;
}
