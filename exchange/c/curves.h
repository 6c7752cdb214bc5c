/* SPDX-License-Identifier: MIT */
/* Functions of one number. Private to exchange/c/. */
#ifndef LAM_C_CURVES_H
#define LAM_C_CURVES_H

#include "exchange/c/kinds.h"

#pragma GCC visibility push(hidden)

/* The body of the function of a call that is an activation, or the sigmoid of a loss. */
void lam_c_curve(lam_c_graph *graph, const lam_call *call, lam_c_text *text);

#pragma GCC visibility pop
#endif
