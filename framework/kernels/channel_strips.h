/* SPDX-License-Identifier: MIT */
/* Small groups of channels that share lane blocks, one sample (lam_strips_serve()). With channels
 * in the lanes an output's lane does not meet the channels of its group. So the plane is cut into
 * sixteen pieces, its strips, which are the lanes:
 *
 *     x'[channel][u][v][strip]    from    x[block][row][column][channel of the block]
 *
 * A strip is as wide as its outputs reach, and holds zeros where that is outside of the plane. The
 * convolution of a strip is that of a sample, so all sixteen are one sweep of batch lanes
 * (conv_sweep.h) with weights packed for it. Then its outputs are brought back to channel lanes,
 * with what follows the sum. No lane meets a value of another group. Private to the kernels. */
#ifndef LAM_CHANNEL_STRIPS_H
#define LAM_CHANNEL_STRIPS_H

#include "framework/kernels/conv.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

/* Computes one sample. The packed weight is that of the direct algorithm of batch lanes. */
#define channel_strips_run LAM_KERNEL(channel_strips_run)
void channel_strips_run(const lam_conv_geometry *, lam_job, const struct lam_conv_call *);

#pragma GCC visibility pop
#endif
