/* SPDX-License-Identifier: MIT */
/* Members of struct lam_channel_kernels: a 1x1 convolution with its front, of one sample. */
#ifndef LAM_CHANNEL_FRONT_H
#define LAM_CHANNEL_FRONT_H

#include "framework/kernels/channel.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

#define channel_front_needs LAM_KERNEL(channel_front_needs)
#define channel_front_run LAM_KERNEL(channel_front_run)
struct lam_front_needs channel_front_needs(
	const lam_conv_geometry *, const lam_conv_geometry *front);
void channel_front_run(const lam_conv_geometry *, const struct lam_conv_call *,
	const lam_conv_geometry *front, const struct lam_conv_call *front_call);

#pragma GCC visibility pop
#endif
