/* SPDX-License-Identifier: MIT */
#include "framework/base/failure.h"
#include "framework/files/file.h"
#include "framework/save.h"

lam_status lam_write_file(const char *path, const void *bytes, size_t count)
{
	if (!path || (!bytes && count))
		return lam_fail(LAM_ERR_ARGUMENT, "lam_write_file: the %s NULL",
			path ? "bytes are" : "path is");
	lam_file_writer *file = lam_file_create(path);
	if (!file)
		return lam_error_status();
	if (lam_file_write(file, bytes, count)) {
		const lam_status status = lam_error_status();
		lam_file_abandon(file);
		return status;
	}
	return lam_file_commit(file);
}
