/* SPDX-License-Identifier: MIT */
/* The register tiles of a convolution's weight gradient with channels in the lanes. Private to the
 * kernels.
 *
 *     to[a][k] += sum over planes, rows and columns of v[a][…] n[offset[k] + …]
 *
 * v is a vector of sixteen channels, a unit; n is a number, broadcast. A call's products are summed
 * from zero, in registers. No horizontal sums, no transposition: to[a][k] has 16 values. */
#ifndef LAM_CHANNEL_WEIGHT_H
#define LAM_CHANNEL_WEIGHT_H

#include "framework/kernels/channel.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

/* The most units and numbers of a tile: as many sums as registers hold beside a tile's vectors and
 * one number. */
#if VEC_REGISTERS / PARTS >= 32
enum { CHANNEL_WEIGHT_UNITS = 3, CHANNEL_WEIGHT_NUMBERS = 8 };
#elif VEC_REGISTERS / PARTS >= 16
enum { CHANNEL_WEIGHT_UNITS = 1, CHANNEL_WEIGHT_NUMBERS = 8 };
#elif VEC_REGISTERS / PARTS >= 8
enum { CHANNEL_WEIGHT_UNITS = 1, CHANNEL_WEIGHT_NUMBERS = 6 };
#elif VEC_REGISTERS / PARTS >= 4
enum { CHANNEL_WEIGHT_UNITS = 1, CHANNEL_WEIGHT_NUMBERS = 3 };
#else
enum { CHANNEL_WEIGHT_UNITS = 1, CHANNEL_WEIGHT_NUMBERS = 1 };
#endif

struct channel_weight_tile {
	int64_t planes, rows, columns;
	/* Steps in values from plane to plane, row to row and pixel to pixel, of v and of n; and
	 * from unit to unit. */
	int64_t v_plane, v_row, v_pixel, v_unit;
	int64_t n_plane, n_row, n_pixel;
	int64_t to_unit, to_number;
};

typedef void channel_weight_function(const struct channel_weight_tile *, const lam_real *v,
	const lam_real *n, const int64_t *offset, lam_real *to);

/* The functions, by [units][numbers], both counted from 1. */
#define channel_weight_dense LAM_KERNEL(channel_weight_dense)
extern channel_weight_function
	*const channel_weight_dense[CHANNEL_WEIGHT_UNITS + 1][CHANNEL_WEIGHT_NUMBERS + 1];

/* The same for depthwise kernels, by [numbers]: n is a vector as v is, lane by lane. */
#define channel_weight_depthwise LAM_KERNEL(channel_weight_depthwise)
extern channel_weight_function *const channel_weight_depthwise[CHANNEL_WEIGHT_NUMBERS + 1];

/* The members of struct lam_channel_kernels. */
#define channel_weight_work LAM_KERNEL(channel_weight_work)
#define channel_weight_slices LAM_KERNEL(channel_weight_slices)
#define channel_weight_shared LAM_KERNEL(channel_weight_shared)
#define channel_weight_scratch LAM_KERNEL(channel_weight_scratch)
#define channel_weight_gradient LAM_KERNEL(channel_weight_gradient)

double channel_weight_work(const lam_conv_geometry *, lam_channel_weight_form);
int64_t channel_weight_slices(
	const lam_conv_geometry *, lam_channel_weight_form, int64_t samples, int phase);
struct lam_channel_bytes channel_weight_shared(const lam_conv_geometry *, lam_channel_weight_form);
size_t channel_weight_scratch(const lam_conv_geometry *, lam_channel_weight_form);
void channel_weight_gradient(const lam_conv_geometry *, lam_channel_weight_form,
	const struct lam_channel_gradient_call *);

#pragma GCC visibility pop
#endif
