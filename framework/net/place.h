/* SPDX-License-Identifier: MIT */
/* Where a net's values lie, and their way out of it as rows. Private to the framework. */
#ifndef LAM_PLACE_H
#define LAM_PLACE_H

#include "framework/net.h"

#pragma GCC visibility push(hidden)

/* Where block 0 (or sample 0) of a value lies, and how many values it is to the next. */
typedef struct lam_place {
	lam_real *data; /* NULL: nowhere */
	int64_t block;
} lam_place;

/* The place of a buffer: BUFFER_INPUT's is where the input of this run, or of the last one, lies,
 * and is not to be written. */
lam_place lam_net_place(const lam_net *net, int buffer);

/* The place of the last forward's output. In a net of 16 samples and more it lies in lane blocks.
 */
lam_place lam_net_output_place(const lam_net *net);

/* The first n samples of what lies there in this layout, as rows. */
void lam_place_to_rows(
	lam_real *rows, lam_place place, int64_t features, int64_t n, lam_layout layout);

/* The first n samples of a training net's last input, as rows. */
void lam_net_input_rows(const lam_net *net, lam_real *rows, int64_t n);

#pragma GCC visibility pop
#endif
