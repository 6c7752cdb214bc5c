/* SPDX-License-Identifier: MIT */
/* Names of parameters, which are also the names of a file's entries, and the names of entries that
 * no parameter may have. Private to the framework. */
#ifndef LAM_NAMES_H
#define LAM_NAMES_H

#include "framework/status.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* Entries that describe the file. */
#define LAM_ARCHITECTURE_ENTRY "architecture"
#define LAM_FORMAT_ENTRY "format"
#define LAM_BUILD_ENTRY "build"

/* The names of entries that belong to a run of lam_fit() begin with this. No parameter's name
 * can. */
#define LAM_TRAINING_PREFIX "training/"

/* Whether an entry of this name describes the file, so that no parameter may have it. */
bool lam_reserved_entry(const char *name);

/* LAM_ERR_ARGUMENT and a sentence when no parameter may have this name. It is checked when a net is
 * planned, not only when it is saved. `alone`: no layer's path precedes the name. */
lam_status lam_check_name(const char *name, bool alone);

#pragma GCC visibility pop
#endif
