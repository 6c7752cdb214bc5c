/* SPDX-License-Identifier: MIT */
/* The version of the file format (docs/format.md). Private to the framework. */
#ifndef LAM_FORMAT_H
#define LAM_FORMAT_H

#include "framework/files/npz.h"

#pragma GCC visibility push(hidden)

/* Files are written in the earliest format that says all that they hold. */
enum {
	LAM_FORMAT_FIRST = 1,         /* nets, and runs without any option that needs the second */
	LAM_FORMAT_OPEN = 2,          /* runs with entries or options that no reader may ignore */
	LAM_FORMAT = LAM_FORMAT_OPEN, /* the newest that is read */
};

/* LAM_ERR_UNSUPPORTED and a sentence when the file has an unknown version. */
lam_status lam_check_format(const lam_npz *npz, const char *path);

/* Adds the version, and the build that writes the file, which helps in bug reports. */
lam_status lam_add_format(lam_npz_writer *npz, int format);

#pragma GCC visibility pop
#endif
