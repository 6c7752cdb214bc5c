/* SPDX-License-Identifier: MIT */
/* The version of what a file's entries are and mean (docs/format.md). Private to the framework. */
#ifndef LAM_FORMAT_H
#define LAM_FORMAT_H

#include "framework/files/npz.h"

#pragma GCC visibility push(hidden)

enum { LAM_FORMAT = 1 }; /* the newest that is read, and the one that is written */

/* LAM_ERR_UNSUPPORTED and a sentence when the file says that it is of a format unknown here. */
lam_status lam_check_format(const lam_npz *npz, const char *path);

/* Adds the format, and for people and bug reports which build wrote the file. */
lam_status lam_add_format(lam_npz_writer *npz);

#pragma GCC visibility pop
#endif
