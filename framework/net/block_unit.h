/* SPDX-License-Identifier: MIT */
#ifndef LAM_BLOCK_UNIT_H
#define LAM_BLOCK_UNIT_H

#include "framework/net/walk.h"

#pragma GCC visibility push(hidden)

/* Runs units of TASK_ROWS_IN, TASK_ROWS_OUT, TASK_DY_IN, TASK_WEIGHT and TASK_SUM. */
void lam_block_unit(const lam_walk *walk, const lam_unit *unit);

#pragma GCC visibility pop
#endif
