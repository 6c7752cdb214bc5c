/* SPDX-License-Identifier: MIT */
/* The convolution's members of struct lam_channel_kernels. Private to the kernels. */
#ifndef LAM_CHANNEL_CONV_H
#define LAM_CHANNEL_CONV_H

#include "framework/kernels/channel.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

#define channel_conv_packed_size LAM_KERNEL(channel_conv_packed_size)
#define channel_conv_slices LAM_KERNEL(channel_conv_slices)
#define channel_conv_pack LAM_KERNEL(channel_conv_pack)
#define channel_conv_forward LAM_KERNEL(channel_conv_forward)

int64_t channel_conv_packed_size(const lam_conv_geometry *, lam_job, lam_channel_form);
int64_t channel_conv_slices(const lam_conv_geometry *, lam_job, lam_channel_form);
void channel_conv_pack(const lam_conv_geometry *, lam_job, lam_channel_form, const lam_real *w,
	lam_real *packed, int64_t slice, int64_t slices);
void channel_conv_forward(const lam_conv_geometry *, lam_job, lam_channel_form,
	const lam_real *packed, const lam_real *bias, lam_epilogue, const lam_real *x, lam_real *y,
	int64_t slice, int64_t slices);

#pragma GCC visibility pop
#endif
