/* SPDX-License-Identifier: MIT */
/* Work of somebody else's, done inside a step's parallel region: the loader's next batch. Private
 * to the framework. */
#ifndef LAM_SIDE_WORK_H
#define LAM_SIDE_WORK_H

#include "framework/status.h"

#include <stdint.h>

/* Units run in any order on any thread, at once; `run` must be safe for that. */
typedef struct lam_side_work {
	lam_status (*run)(void *data, int64_t unit);
	void *data;
	int64_t units;
} lam_side_work;

#endif
