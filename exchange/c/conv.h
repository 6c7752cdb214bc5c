/* SPDX-License-Identifier: MIT */
/* A correlation that is written as C: convolutions, affine layers, the phases of a transposed
 * convolution. Private to exchange/c/. */
#ifndef LAM_C_CONV_H
#define LAM_C_CONV_H

#include "exchange/c/kinds.h"

#pragma GCC visibility push(hidden)

enum { LAM_C_MOST_LANES = 16 }; /* of a convolution */

/* y[g][o][i][j] = b[g][o] + sum over c, p, q of w[g][o][c][p][q] x[g][c][u][v]
 *
 * where u = i stride[0] - pad[0] + p dilation[0], v likewise, and x is 0 outside of its plane.
 * Index 0 is height, 1 is width. A pad may be negative. */
typedef struct lam_c_conv {
	int64_t groups, in, out; /* channels of a group */
	int64_t size[2], places[2], kernel[2], stride[2], pad[2], dilation[2];
	int64_t x_channel, x_step[2], y_channel, y_step[2];
	int64_t x_at, y_at; /* behind the first values of x and y */
	int most_lanes;
	/* The weight [g out + o][c][p][q]; the bias of output g out + o. */
	double (*weight)(const struct lam_c_conv *, int64_t o, int64_t c, int64_t p, int64_t q);
	double (*bias)(const struct lam_c_conv *, int64_t o);
	const lam_c_op *op;
	/* Of what is added to y, in steps of its own; .adds: nothing, y's old values, another array
	 * r. */
	enum { LAM_C_ADDS_NOTHING, LAM_C_ADDS_TO_Y, LAM_C_ADDS_R } adds;
	int64_t r_channel, r_step[2];
	const lam_real *w, *b; /* of the layer; b may be NULL */
	/* For .weight: from p, q to the layer's own taps, and sizes of its weight. */
	int64_t tap[2], tap_step[2], taps[2], steps[3];
} lam_c_conv;

/* The correlation that an op of the graph is. */
lam_c_conv lam_c_conv_of(const lam_c_graph *graph, const lam_c_op *op);

/* Packs the weights, and writes the function and its call. */
void lam_c_conv_write(lam_c_graph *graph, const lam_c_conv *conv);

/* The lanes of the block that begins at output `o`: outputs that are computed together. */
int64_t lam_c_lanes(const lam_c_conv *conv, int64_t o);

/* The lanes of all blocks of all groups; depthwise, where a block is a group's one output, groups.
 */
int64_t lam_c_all_lanes(const lam_c_conv *conv);

/* The text of a function for one channel a group (depthwise), or for any. */
void lam_c_depthwise_text(lam_c_graph *graph, const lam_c_conv *conv, lam_c_text *text);
void lam_c_tiles_text(lam_c_graph *graph, const lam_c_conv *conv, lam_c_text *text);

/* Whether a convolution without groups computes some values of an output of this shape twice. */
bool lam_c_conv_overlaps(const lam_shape *shape);

/* Whether the window of a row may leave the plane; writes first and last tap p0, p1 of row i. */
void lam_c_rows_text(const lam_c_conv *conv, lam_c_text *text);

static inline bool lam_c_depthwise(const lam_c_conv *conv)
{
	return conv->in == 1 && conv->out == 1 && conv->groups > 1 && conv->x_channel == 1
		&& conv->y_channel == 1;
}

#pragma GCC visibility pop
#endif
