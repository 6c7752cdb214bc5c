/* SPDX-License-Identifier: MIT */
/* Training by several processes. */
#ifndef LAM_TOOL_RANKS_H
#define LAM_TOOL_RANKS_H

#include <lamina.h>

#include <stdbool.h>

/* Joins the processes that mpirun has started; false, after a sentence, if that cannot be. */
bool join_ranks(lam_comm **comm);

#endif
