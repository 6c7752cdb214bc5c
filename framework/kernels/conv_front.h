/* SPDX-License-Identifier: MIT */
/* Members of struct lam_conv_kernels: a 1x1 convolution with its front, of one lane block. */
#ifndef LAM_CONV_FRONT_H
#define LAM_CONV_FRONT_H

#include "framework/kernels/conv.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

#define conv_front_needs LAM_KERNEL(conv_front_needs)
#define conv_front_run LAM_KERNEL(conv_front_run)
struct lam_front_needs conv_front_needs(const lam_conv_geometry *, const lam_conv_geometry *front);
void conv_front_run(const lam_conv_geometry *, const struct lam_conv_call *,
	const lam_conv_geometry *front, const struct lam_conv_call *front_call);

#pragma GCC visibility pop
#endif
