/* SPDX-License-Identifier: MIT */
/* Arithmetic on blocks of LAM_LANES samples or channels. Private to the library. */
#ifndef LAM_LANES_H
#define LAM_LANES_H

#include "framework/real.h"

#include <stdint.h>

/* The number of blocks for `count` lanes; the last one may have idle lanes. */
static inline int64_t lam_lane_blocks(int64_t count)
{
	return (count + LAM_LANES - 1) / LAM_LANES;
}

/* `count` rounded up to whole blocks. */
static inline int64_t lam_lanes_up(int64_t count)
{
	return lam_lane_blocks(count) * LAM_LANES;
}

/* The lanes in use of block `block`: LAM_LANES, or fewer in the last block of `count` lanes. */
static inline int lam_lanes_used(int64_t count, int64_t block)
{
	const int64_t left = count - block * LAM_LANES;
	return (int)(left < LAM_LANES ? left : LAM_LANES);
}

#endif
