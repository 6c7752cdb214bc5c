/* SPDX-License-Identifier: MIT */
/* Questions about a net that other rooms ask, beside those of net.h. Private to the framework. */
#ifndef LAM_QUERY_H
#define LAM_QUERY_H

#include "framework/net.h"
#include "framework/plan/title.h"

#pragma GCC visibility push(hidden)

enum { LAM_MOST_BATCH = 1 << 24 }; /* samples per step */

bool lam_net_inference(const lam_net *net);

/* Whether the net was created with .direct, which excludes algorithms that round differently. */
bool lam_net_direct(const lam_net *net);

/* Whether the net's last call is a loss. */
bool lam_net_has_loss(const lam_net *net);

/* For a net with a loss: what "correct" means for its output, and the loss's name for sentences. */
lam_metric lam_net_metric(const lam_net *net);
lam_call_name lam_net_loss_title(const lam_net *net);

/* Asks the loss for its targets, for lam_net_targets(). LAM_ERR_ARGUMENT or LAM_ERR_SHAPE and a
 * sentence when a loss of the caller's describes targets that cannot be, or that its metric cannot
 * compare with its output. */
lam_status lam_net_check_loss(const lam_net *net, lam_target_info *info);

/* Whether a training forward of n samples has too few for a layer. If so, *title is the name of the
 * first one, and *least is the number that it needs. */
bool lam_net_too_few(const lam_net *net, int64_t n, lam_call_name *title, int64_t *least);

#pragma GCC visibility pop
#endif
