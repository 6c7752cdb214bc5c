/* SPDX-License-Identifier: MIT */
/* What a net is asked by other rooms, beside what net.h answers. Private to the framework. */
#ifndef LAM_QUERY_H
#define LAM_QUERY_H

#include "framework/net.h"
#include "framework/plan/title.h"

#pragma GCC visibility push(hidden)

enum { LAM_MOST_BATCH = 1 << 24 }; /* samples per step */

bool lam_net_inference(const lam_net *net);

/* Whether algorithms are ruled out that round otherwise than the direct ones. */
bool lam_net_direct(const lam_net *net);

/* Whether its last call is a loss. */
bool lam_net_has_loss(const lam_net *net);

/* Of a net with a loss: what "correct" means for its output, and its name in sentences. */
lam_metric lam_net_metric(const lam_net *net);
lam_call_name lam_net_loss_title(const lam_net *net);

#pragma GCC visibility pop
#endif
