/* SPDX-License-Identifier: MIT */
/* Groups of channels that share lane blocks. An output's lane does not meet the channels of its
 * group in its own lane, so they are brought there: for each channel i of a group
 *
 *     x'[i][u][v][lane] = x[channel i of the group of output `lane`][u][v]
 *
 * and the convolution of 16 outputs is a sum of depthwise ones, each with a weight of its own:
 *
 *     y[lane] = b[lane] + sum over i, p, q of w[i][p][q][lane] x'[i][p][q][lane]
 *
 * A lane meets its own channels alone, so neither a value nor an infinity of another group enters
 * it. x' of as many lines as CHANNEL_SPREAD_VALUES hold lies in a thread's scratch, and all taps
 * read it there.
 *
 * Groups of CHANNEL_PAD_LEAST outputs or more are dense instead: each group's channels are brought
 * to lane blocks of their own, whose last is padded. A dense sweep computes the group's
 * outputs from these, beside them in the scratch. Then they are brought to where they belong, with
 * bias and finish. Private to the kernels. */
#ifndef LAM_CHANNEL_SPREAD_H
#define LAM_CHANNEL_SPREAD_H

#include "framework/kernels/channel_sweep.h"

#pragma GCC visibility push(hidden)

#define channel_spread LAM_KERNEL(channel_spread)
#define channel_spread_outputs LAM_KERNEL(channel_spread_outputs)
#define channel_spread_values LAM_KERNEL(channel_spread_values)
#define channel_spread_lines LAM_KERNEL(channel_spread_lines)

/* Writes x' for unit `unit`, or group `unit` of a padded sweep, [i][line][pixel][16], for the lines
 * [first, end): positions of the long axis. */
void channel_spread(const struct channel_sweep *, int64_t unit, int64_t first, int64_t end,
	const lam_real *x, lam_real *to);

/* The outputs along the long axis that are computed from one x', and the most values that it
 * has. */
int64_t channel_spread_outputs(const struct channel_sweep *);
int64_t channel_spread_values(const struct channel_sweep *);

/* Of a padded sweep: brings the outputs [begin, end) along the long axis of group `group` from
 * sums, [unit][line][pixel][16], to y, and finishes them but for the function. */
#define channel_gather LAM_KERNEL(channel_gather)
void channel_gather(const struct channel_sweep *, int64_t group, int64_t begin, int64_t end,
	const lam_real *sums, lam_real *y);

/* The lines [*first, *last) that the outputs [begin, end) read. */
void channel_spread_lines(
	const struct channel_sweep *, int64_t begin, int64_t end, int64_t *first, int64_t *last);

#pragma GCC visibility pop
#endif
