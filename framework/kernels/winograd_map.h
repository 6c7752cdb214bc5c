/* SPDX-License-Identifier: MIT */
/* The transforms of winograd_transform.h for tiles of any number of taps: one copy of each, which
 * all of Winograd's kernels share. */
#ifndef LAM_WINOGRAD_MAP_H
#define LAM_WINOGRAD_MAP_H

#include "framework/kernels/winograd.h"

#pragma GCC visibility push(hidden)

/* The elements of a tile's taps, G g. */
#define winograd_map_taps LAM_KERNEL(winograd_map_taps)
void winograd_map_taps(const struct winograd_grid *, const vec *tap, vec *element);

/* The taps of a tile's elements, G' u. */
#define winograd_map_gather LAM_KERNEL(winograd_map_gather)
void winograd_map_gather(const struct winograd_grid *, const vec *element, vec *tap);

/* The elements of a tile's outputs, A y. Outputs lie `step` vectors apart, elements `to_step`
 * values. */
#define winograd_map_spread LAM_KERNEL(winograd_map_spread)
void winograd_map_spread(
	const struct winograd_grid *, const vec *y, int64_t step, lam_real *to, int64_t to_step);

#pragma GCC visibility pop
#endif
