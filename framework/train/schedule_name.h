/* SPDX-License-Identifier: MIT */
/* The names of schedules for error sentences, and their option tables. Private to the framework. */
#ifndef LAM_SCHEDULE_NAME_H
#define LAM_SCHEDULE_NAME_H

#include "framework/layer/option_table.h"
#include "framework/schedule.h"

#pragma GCC visibility push(hidden)

/* The constructors, indexed by lam_schedule_kind; LAM_SCHEDULE_CONSTANT has no options. */
extern const lam_value_constructor lam_schedule_constructors[];

/* The name of a lam_schedule_kind, as "one_cycle". NULL for LAM_SCHEDULE_INVALID and for any other
 * number, which a damaged file may hold. */
const char *lam_schedule_name(int64_t kind);

#pragma GCC visibility pop
#endif
