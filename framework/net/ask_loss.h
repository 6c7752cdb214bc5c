/* SPDX-License-Identifier: MIT */
/* Private to net/. */
#ifndef LAM_ASK_LOSS_H
#define LAM_ASK_LOSS_H

#include "framework/net.h"

#pragma GCC visibility push(hidden)

/* Asks the loss for its targets. LAM_ERR_ARGUMENT or LAM_ERR_SHAPE and a sentence when a loss of
 * the caller's describes targets that cannot be, or that its metric cannot compare with its output.
 */
lam_status lam_net_check_loss(const lam_net *net, int loss, lam_target_info *info);

#pragma GCC visibility pop
#endif
