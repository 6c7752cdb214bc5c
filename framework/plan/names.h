/* SPDX-License-Identifier: MIT */
/* Names of parameters, which become those of a file's entries, and the names of entries that no
 * parameter may have. Private to the framework. */
#ifndef LAM_NAMES_H
#define LAM_NAMES_H

#include "framework/status.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* What a file says of itself. */
#define LAM_ARCHITECTURE_ENTRY "architecture"
#define LAM_FORMAT_ENTRY "format"
#define LAM_BUILD_ENTRY "build"

/* Entries that belong to a run of lam_fit, not to the net, begin with this; no parameter's name
 * can. */
#define LAM_TRAINING_PREFIX "training/"

/* Whether an entry of this name says something of the file, so that no parameter may have it. */
bool lam_reserved_entry(const char *name);

/* LAM_ERR_ARGUMENT and a sentence when no parameter can have this name: whoever saves or loads the
 * net must not be the first to learn that. `alone`: no layer's path stands in front of it. */
lam_status lam_check_name(const char *name, bool alone);

#pragma GCC visibility pop
#endif
