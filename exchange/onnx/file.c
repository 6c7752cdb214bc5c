/* SPDX-License-Identifier: MIT */
#include "exchange/onnx/file.h"

#include "framework/base/shown.h"
#include "framework/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The longest message of protobuf, and so the largest file. */
#define MOST_BYTES ((uint64_t)INT32_MAX)

static lam_status failed(const char *path)
{
	return lam_fail(
		LAM_ERR_IO, "%s: cannot be read: %s", lam_show_end(path).text, strerror(errno));
}

/* The length of an open file, which must be a plain one. */
static lam_status plain_size(const char *path, int descriptor, uint64_t *bytes)
{
	struct stat found;
	if (fstat(descriptor, &found))
		return failed(path);
	if (!S_ISREG(found.st_mode))
		return lam_fail(LAM_ERR_IO, "%s: not a plain file", lam_show_end(path).text);
	*bytes = (uint64_t)found.st_size;
	return LAM_OK;
}

static lam_status read_at(
	const char *path, int descriptor, uint64_t offset, uint64_t count, char *bytes)
{
	while (count) {
		const size_t some = count < SSIZE_MAX ? (size_t)count : SSIZE_MAX;
		const ssize_t got = pread(descriptor, bytes, some, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return failed(path);
		if (!got)
			return lam_fail(LAM_ERR_IO, "%s: it became shorter while it was read",
				lam_show_end(path).text);
		bytes += got;
		offset += (uint64_t)got;
		count -= (uint64_t)got;
	}
	return LAM_OK;
}

static lam_status read_open(lam_onnx_file *file, const char *path, int descriptor)
{
	uint64_t size = 0;
	lam_status status = plain_size(path, descriptor, &size);
	if (status)
		return status;
	if (size > MOST_BYTES)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: %" PRIu64 " bytes; an ONNX file has at most %" PRIu64
			", larger weights lie in files beside it",
			lam_show_end(path).text, size, MOST_BYTES);
	char *bytes = lam_alloc_blank((size_t)size, 1);
	if (!bytes)
		return LAM_ERR_MEMORY;
	status = read_at(path, descriptor, 0, size, bytes);
	if (!status)
		status = lam_onnx_file_unpack(file, path, bytes, (size_t)size);
	lam_free(bytes);
	return status;
}

lam_status lam_onnx_file_read(lam_onnx_file *file, const char *path)
{
	*file = (lam_onnx_file){.path = path};
	const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (descriptor < 0)
		return failed(path);
	lam_status status = read_open(file, path, descriptor);
	close(descriptor);
	return status;
}

lam_status lam_onnx_file_unpack(
	lam_onnx_file *file, const char *path, const void *bytes, size_t count)
{
	*file = (lam_onnx_file){.path = path, .bytes = count};
	size_t limit;
	if (!lam_size_multiply(count, LAM_ONNX_PER_BYTE, &limit)
		|| !lam_size_add(limit, LAM_ONNX_FLOOR, &limit))
		limit = SIZE_MAX / 2;
	lam_onnx_arena_begin(&file->arena, limit);
	file->model = lamina_onnx__model__unpack(&file->arena.allocator, count, bytes);
	if (!file->model && file->arena.failed)
		return lam_fail(LAM_ERR_MEMORY, "%s: %s", lam_show_end(path).text, lam_error());
	if (!file->model)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: not an ONNX file, or a damaged one: protobuf finds no model in it",
			lam_show_end(path).text);
	if (!file->model->graph)
		return lam_fail(LAM_ERR_FORMAT, "%s: not an ONNX file: it has no graph",
			lam_show_end(path).text);
	return LAM_OK;
}

void lam_onnx_file_free(lam_onnx_file *file)
{
	lam_onnx_arena_free(&file->arena);
	*file = (lam_onnx_file){0};
}

/* Opens what a path names below an open folder, part by part: none may be a symbolic link, "." or
 * "..". */
static int open_below(int folder, const char *location)
{
	char part[NAME_MAX + 1];
	int at = dup(folder);
	while (at >= 0) {
		const size_t length = strcspn(location, "/");
		const bool last = !location[length];
		int next = -1;
		errno = EINVAL;
		if (length && length < sizeof part && location[0] != '.') {
			memcpy(part, location, length);
			part[length] = 0;
			next = openat(at, part,
				O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
					| (last ? 0 : O_DIRECTORY));
		}
		const int error = errno;
		close(at);
		errno = error;
		if (last)
			return next;
		at = next;
		location += length + 1;
	}
	return -1;
}

static lam_status open_external(const lam_onnx_file *file, const char *location, int *descriptor)
{
	const char *slash = strrchr(file->path, '/');
	char *folder = slash ? lam_text_copy(file->path) : lam_text_copy(".");
	if (!folder)
		return LAM_ERR_MEMORY;
	if (slash)
		folder[slash - file->path + 1] = 0;
	const int top = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	lam_free(folder);
	if (top < 0)
		return failed(file->path);
	*descriptor = open_below(top, location);
	const int error = errno;
	close(top);
	if (*descriptor >= 0)
		return LAM_OK;
	if (error == EINVAL || error == ELOOP || error == ENOTDIR)
		return lam_fail(LAM_ERR_FORMAT,
			"external data in \"%s\"; expected a file in the folder of the model or "
			"below it, no hidden one, without symbolic links",
			lam_show(location).text);
	return lam_fail(LAM_ERR_IO, "external data in \"%s\": cannot be read: %s",
		lam_show(location).text, strerror(error));
}

lam_status lam_onnx_file_external(const lam_onnx_file *file, const char *location, uint64_t offset,
	uint64_t count, uint8_t **bytes)
{
	int descriptor = -1;
	uint64_t size = 0;
	lam_status status = open_external(file, location, &descriptor);
	if (status)
		return status;
	status = plain_size(location, descriptor, &size);
	if (!status && (offset > size || count > size - offset))
		status = lam_fail(LAM_ERR_FORMAT,
			"external data: %" PRIu64 " bytes at %" PRIu64
			" of \"%s\", which has %" PRIu64,
			count, offset, lam_show(location).text, size);
	if (!status && bytes) {
		*bytes = lam_alloc_blank((size_t)count, 1);
		status = *bytes ? read_at(location, descriptor, offset, count, (char *)*bytes)
				: LAM_ERR_MEMORY;
	}
	close(descriptor);
	return status;
}
