/* SPDX-License-Identifier: MIT */
/* When a window is an outlier: see winograd_outlier.c. Private to the kernels. */
#ifndef LAM_WINOGRAD_OUTLIER_H
#define LAM_WINOGRAD_OUTLIER_H

#include "framework/real.h"

/* A window is looked at closely if a look is more than APART, or more than APART times that of
 * another window of the group. It is computed directly if its largest value is more than APART
 * times the largest that one of its outputs reads, unless that one reads zeros alone; or if it is
 * more than HUGEST, for which V has no room. */
static const lam_real WINOGRAD_APART = 256, WINOGRAD_HUGEST = (lam_real)1e30;

#endif
