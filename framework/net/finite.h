/* SPDX-License-Identifier: MIT */
/* Looks for numbers that are not finite. Private to the framework. */
#ifndef LAM_FINITE_H
#define LAM_FINITE_H

#include "framework/net.h"

#pragma GCC visibility push(hidden)

/* The index of the first value that is not finite; -1: all are. */
int64_t lam_first_not_finite(const lam_real *values, int64_t count);

/* The first parameter with a value that is not finite, otherwise the first such running statistic;
 * NULL: none. *at: the value's index. */
const lam_param *lam_net_not_finite(const lam_net *net, int64_t *at);

#pragma GCC visibility pop
#endif
