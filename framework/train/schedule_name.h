/* Schedules by name, for sentences. Private to the framework. */
#ifndef LAM_SCHEDULE_NAME_H
#define LAM_SCHEDULE_NAME_H

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* "one_cycle", for a lam_schedule_kind; NULL for a number that is none (a file may hold any), and
 * for LAM_SCHEDULE_INVALID. */
const char *lam_schedule_name(int64_t kind);

#pragma GCC visibility pop
#endif
