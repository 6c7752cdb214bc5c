/* SPDX-License-Identifier: MIT */
/* How samples (or channels) fall into blocks of LAM_LANES. Private to the library. */
#ifndef LAM_LANES_H
#define LAM_LANES_H

#include "framework/real.h"

#include <stdint.h>

/* Blocks that `count` lanes fill, the last one perhaps not whole. */
static inline int64_t lam_lane_blocks(int64_t count)
{
	return (count + LAM_LANES - 1) / LAM_LANES;
}

/* `count` rounded up to whole blocks. */
static inline int64_t lam_lanes_up(int64_t count)
{
	return lam_lane_blocks(count) * LAM_LANES;
}

/* Lanes of block `block` that are in use: LAM_LANES, or what is left of `count` in the last one. */
static inline int lam_lanes_used(int64_t count, int64_t block)
{
	const int64_t left = count - block * LAM_LANES;
	return (int)(left < LAM_LANES ? left : LAM_LANES);
}

#endif
