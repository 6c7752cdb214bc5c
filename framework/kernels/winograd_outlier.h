/* SPDX-License-Identifier: MIT */
/* When a window is an outlier: see winograd_outlier.c. Private to the kernels. */
#ifndef LAM_WINOGRAD_OUTLIER_H
#define LAM_WINOGRAD_OUTLIER_H

#include "framework/kernels/winograd_grid.h"

/* A window is looked at closely if an element of its V is more than APART, or more than APART times
 * that of another window of the group. It is computed directly if its largest value is more than
 * APART times the largest that one of its outputs reads, unless that one reads zeros alone; or if
 * it is more than HUGEST, for which V has no room. */
static const lam_real WINOGRAD_APART = 256, WINOGRAD_HUGEST = (lam_real)1e30;

/* The elements of V that are looked at, three along each side: that of 0 (or the first) and that of
 * infinity, which have the values at even and at odd places, and one between. In the first two some
 * values cancel: of five taps equal ones at 0 and 6, or 2 and 4, of three opposite ones at 0 and 4,
 * beside which an output may read neither. How far the second and third lie from the first. */
enum { WINOGRAD_LOOKS = 3, WINOGRAD_LOOK = 3 };

static inline int64_t winograd_look(const struct winograd_grid *grid, int look)
{
	return look == 1 ? WINOGRAD_LOOK : look == 2 ? grid->taps + WINOGRAD_OUT - 2 : 0;
}

#endif
