/* SPDX-License-Identifier: MIT */
/* The ends of a net: its inputs, outputs and losses, with their memory. Private to net/. */
#ifndef LAM_NET_ENDS_H
#define LAM_NET_ENDS_H

#include "framework/net/inside.h"

#pragma GCC visibility push(hidden)

/* Makes the lists of ends, and asks each loss for its targets. */
lam_status lam_ends_make(lam_net *net);

/* The bytes of the arrays of all ends, into net->sizes; false: they are too many. */
bool lam_ends_measure(lam_net *net);

/* Allocates the arrays. */
bool lam_ends_allocate(lam_net *net);
void lam_ends_free(lam_net *net);

/* Rows of an output of the last forward, or of the gradient of an input in the last backward; NULL:
 * there is none. */
const lam_real *lam_end_output(lam_net *net, int i);
const lam_real *lam_end_input_grad(lam_net *net, int k);

#pragma GCC visibility pop
#endif
