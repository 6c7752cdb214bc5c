/* SPDX-License-Identifier: MIT */
/* The addresses of a net's values, and copying them out as rows. Private to the framework. */
#ifndef LAM_PLACE_H
#define LAM_PLACE_H

#include "framework/net.h"
#include "framework/pass.h"
#include "framework/plan.h"

#pragma GCC visibility push(hidden)

/* The address of block 0 (or sample 0) of a slot, and the distance in values to the next. */
typedef struct lam_place {
	lam_real *data; /* NULL: it is not stored */
	int64_t block;
} lam_place;

/* The place of a buffer. An input's is the input of this run, or of the last one, and must not
 * be written. */
lam_place lam_net_place(const lam_net *net, int buffer);

/* What one call sees of a slot in this block (or sample); .data is NULL for BUFFER_NONE. */
lam_view lam_net_view(const lam_net *net, lam_slot s, int buffer, int64_t block);

/* The place and the shape of a loss's output in the last forward. If the loss has a metric, it has
 * lane blocks. */
lam_place lam_net_loss_place(const lam_net *net, int loss);
lam_shape lam_net_loss_shape(const lam_net *net, int loss);

/* Copies the first n samples at this place, which have this layout, to rows. */
void lam_place_to_rows(
	lam_real *rows, lam_place place, int64_t features, int64_t n, lam_layout layout);

/* Copies the first n samples of an input of a training net's last forward to rows. */
void lam_net_input_rows(const lam_net *net, int input, lam_real *rows, int64_t n);

#pragma GCC visibility pop
#endif
