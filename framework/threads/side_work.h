/* SPDX-License-Identifier: MIT */
/* Other work to be done inside a step's parallel region, such as reading the next batch. Private to
 * the framework. */
#ifndef LAM_SIDE_WORK_H
#define LAM_SIDE_WORK_H

#include "framework/status.h"

#include <stdint.h>

/* Units run in any order, concurrently, on any thread; `run` must be thread-safe. */
typedef struct lam_side_work {
	lam_status (*run)(void *data, int64_t unit);
	void *data;
	int64_t units;
	double operations; /* of all units, as in net/work.h; INFINITY: not known */
} lam_side_work;

#endif
