/* SPDX-License-Identifier: MIT */
/* Training by several processes. */
#ifndef LAM_TOOL_RANKS_H
#define LAM_TOOL_RANKS_H

#include <lamina.h>

#include <stdbool.h>

/* Joins the processes that mpirun has started; false, after a sentence, if that cannot be. */
bool join_ranks(lam_comm **comm);

/* Whether all ranks are ready to train; each says whether it is. One that is not has said why by
 * failed(); rank 0 says it, too. They wait for each other for `timeout` seconds (0: 300). */
bool ranks_ready(lam_comm *comm, bool ready, double timeout);

#endif
