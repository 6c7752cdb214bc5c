/* SPDX-License-Identifier: MIT */
/* Making nets, as lam_net_create() and lam_net_replica() do. Private to net/. */
#ifndef LAM_NET_MAKE_H
#define LAM_NET_MAKE_H

#include "framework/net.h"

#pragma GCC visibility push(hidden)

/* LAM_ERR_ARGUMENT and a sentence for numbers that no net can have. */
lam_status lam_net_check_numbers(const char *function, int64_t max_batch, int threads);

/* Plans the model and allocates the net, whose parameters are those of `source`, unless that is
 * NULL. On failure NULL; the model is not freed. */
lam_net *lam_net_new(
	lam_layer *model, lam_shape shape, const lam_net_options *options, lam_net *source);

#pragma GCC visibility pop
#endif
