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
#define channel_conv_run LAM_KERNEL(channel_conv_run)

int64_t channel_conv_packed_size(const lam_conv_geometry *, lam_job, lam_channel_form);
int64_t channel_conv_slices(const lam_conv_geometry *, lam_job, lam_channel_form);
#define channel_conv_scratch LAM_KERNEL(channel_conv_scratch)
#define channel_conv_work LAM_KERNEL(channel_conv_work)
size_t channel_conv_scratch(const lam_conv_geometry *, lam_job, lam_channel_form);
double channel_conv_work(const lam_conv_geometry *, lam_job, lam_channel_form, int64_t samples);
void channel_conv_pack(const lam_conv_geometry *, lam_job, lam_channel_form, const lam_real *w,
	lam_real *packed, struct lam_slices);
void channel_conv_run(
	const lam_conv_geometry *, lam_job, lam_channel_form, const struct lam_conv_call *);

#pragma GCC visibility pop
#endif
