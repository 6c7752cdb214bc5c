/* SPDX-License-Identifier: MIT */
/* Writes .npy files, for tests of data sets. */
#ifndef LAM_WRITE_NPY_H
#define LAM_WRITE_NPY_H

#include "framework/files/npy.h"

#include "tests/files/files.h"

/* Writes a .npy file with these values, in this machine's byte order. */
static void write_npy(const char *path, lam_npy npy, const void *values)
{
	char header[LAM_NPY_ROOM], *all;
	size_t length = lam_npy_format(&npy, header);
	require(length > 0, "%s", lam_error());
	all = malloc(length + lam_npy_bytes(&npy));
	memcpy(all, header, length);
	memcpy(all + length, values, lam_npy_bytes(&npy));
	file_write(path, all, length + lam_npy_bytes(&npy));
	free(all);
}

#endif
