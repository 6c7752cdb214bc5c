/* SPDX-License-Identifier: MIT */
/* Options structs given by a caller. They begin with their size, and are shorter than this
 * library's if the caller was compiled against an older version. */
#ifndef LAM_TAKE_H
#define LAM_TAKE_H

#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

/* The error sentence for a value given to LAM_NAMED. */
#define LAM_NOT_NAMED \
	"a value without a name stands where options are named; expected .option = value"

/* Copies `given` into the zeroed `options` of `room` bytes. `least` is the struct's size in the
 * first version. False, and a sentence that begins with `what`, when `given` is NULL or its size
 * member is below `least` or above `room`, or LAM_NAMED, at offset `named`, was given a value. */
bool lam_take_options(const char *what, void *options, size_t room, size_t least, size_t named,
	const void *given);

/* LAM_ERR_ARGUMENT and a sentence that begins with `what` for a .memory_limit of LAM_ZERO. As a
 * size_t that is a number larger than any memory, and no limit. */
lam_status lam_check_memory_limit(const char *what, size_t limit);

/* Whether the size member of `given` covers its first `end` bytes. If so, objects in these bytes
 * may be taken over and freed even where lam_take_options() fails. */
bool lam_options_hold(const void *given, size_t end);

#pragma GCC visibility pop
#endif
