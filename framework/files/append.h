/* SPDX-License-Identifier: MIT */
/* A text file that grows by whole lines. Private to the library. */
#ifndef LAM_APPEND_H
#define LAM_APPEND_H

#include "framework/status.h"

#include <stddef.h>

#pragma GCC visibility push(hidden)

typedef struct lam_append lam_append;

/* Opens an existing regular file to write behind its end. `path` is borrowed. NULL and a sentence
 * on failure. */
lam_append *lam_append_open(const char *path);

/* Appends `count` bytes by one system call, so that a killed process leaves all of them or none. If
 * the disk takes only some, these are taken back. Allocates nothing. */
lam_status lam_append_write(lam_append *file, const char *bytes, size_t count);

/* Waits until all that was appended is on the disk. */
lam_status lam_append_sync(lam_append *file);

/* NULL is allowed. */
void lam_append_close(lam_append *file);

#pragma GCC visibility pop
#endif
