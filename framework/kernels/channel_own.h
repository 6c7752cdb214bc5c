/* SPDX-License-Identifier: MIT */
/* Groups of CHANNEL_OWN_LEAST outputs or more that share lane blocks, one sample. Each is dense:
 * its channels are brought to lane blocks of their own, whose last is padded. A dense sweep
 * computes the group's outputs from these, beside them in a thread's scratch. Then they are brought
 * to where they belong, with bias and finish. So no lane meets a value of another group. As many
 * lines at a time as CHANNEL_OWN_VALUES hold. Smaller groups have strips (channel_strips.h).
 * Private to the kernels. */
#ifndef LAM_CHANNEL_OWN_H
#define LAM_CHANNEL_OWN_H

#include "framework/kernels/channel_sweep.h"

#pragma GCC visibility push(hidden)

#define channel_own_copy LAM_KERNEL(channel_own_copy)
#define channel_own_outputs LAM_KERNEL(channel_own_outputs)
#define channel_own_values LAM_KERNEL(channel_own_values)
#define channel_own_lines LAM_KERNEL(channel_own_lines)
#define channel_own_scatter LAM_KERNEL(channel_own_scatter)

/* Copies the channels of group `group`, [block][line][pixel][16], for the lines [first, end):
 * positions of the long axis. */
void channel_own_copy(const struct channel_sweep *, int64_t group, int64_t first, int64_t end,
	const lam_real *x, lam_real *to);

/* The outputs along the long axis that are computed from one copy, and the most values that it and
 * their sums have. */
int64_t channel_own_outputs(const struct channel_sweep *);
int64_t channel_own_values(const struct channel_sweep *);

/* Brings the outputs [begin, end) along the long axis of group `group` from
 * sums, [unit][line][pixel][16], to y, and finishes them but for the function. */
void channel_own_scatter(const struct channel_sweep *, int64_t group, int64_t begin, int64_t end,
	const lam_real *sums, lam_real *y);

/* The lines [*first, *last) that the outputs [begin, end) read. */
void channel_own_lines(
	const struct channel_sweep *, int64_t begin, int64_t end, int64_t *first, int64_t *last);

#pragma GCC visibility pop
#endif
