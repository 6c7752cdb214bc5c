/* SPDX-License-Identifier: MIT */
/* winograd_outlier.c for one sample with channels in the lanes: the windows that Winograd's
 * algorithm must not compute. There a lane is a sample; here all lanes and blocks of a window are
 * one sample's, and each output reads them all. Lanes without a channel may hold any value. */
#include "framework/kernels/channel_winograd.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/winograd.h"
#include "framework/kernels/winograd_outlier.h"
#include "framework/kernels/winograd_transform.h"

#include <math.h>
#include <string.h>

/* The greater of two magnitudes as integers, of which NaN is the greatest. */
ALWAYS_INLINE vec_mask greater(vec_mask a, vec_mask b)
{
	return (vec_mask)vec_select(a > b, (vec)a, (vec)b);
}

ALWAYS_INLINE vec_mask magnitude(const lam_real *at)
{
	return (vec_mask)vec_abs(*(const vec *)at);
}

/* The greatest of all lanes, as a number. */
ALWAYS_INLINE lam_real greatest(const vec_mask *parts)
{
	vec_mask most = parts[0];
	vec_mask_element first;
	lam_real value;

	for (int part = 1; part < PARTS; part++)
		most = greater(most, parts[part]);
	UNROLL_FOR (int lanes = VEC; lanes > 1; lanes /= 2)
		most = greater((vec_mask)__builtin_shufflevector(most, most, SHUFFLE_EVEN),
			(vec_mask)__builtin_shufflevector(most, most, SHUFFLE_ODD));
	first = most[0];
	memcpy(&value, &first, sizeof value);
	return value;
}

/* The greatest magnitude of all channels at one place of every block, `step` values apart; the last
 * block has the channels of the lanes `last`. */
COLD NOT_INLINE static lam_real reach_of(
	const lam_real *from, int64_t step, int64_t blocks, const vec_mask *last)
{
	vec_mask most[PARTS] = {{0}};

	for (int64_t b = 0; b < blocks; b++, from += step)
		for (int part = 0; part < PARTS; part++) {
			vec_mask at = magnitude(from + part * VEC);

			if (b + 1 == blocks)
				at &= last[part];
			most[part] = greater(most[part], at);
		}
	return greatest(most);
}

/* The greatest magnitude in the corners of one tile's V. */
ALWAYS_INLINE lam_real corner_of(const struct winograd_grid *grid,
	const struct winograd_elements *v, int64_t blocks, const vec_mask *last,
	const lam_real *from)
{
	const int64_t right = (grid->taps + WINOGRAD_OUT - 2) * v->element,
		      below = (grid->taps + WINOGRAD_OUT - 1) * right;
	vec_mask most[PARTS] = {{0}};

	for (int64_t b = 0; b < blocks; b++, from += v->channel)
		for (int part = 0; part < PARTS; part++) {
			const lam_real *at = from + part * VEC;
			vec_mask corner = greater(magnitude(at), magnitude(at + right));

			if (grid->high)
				corner = greater(corner,
					greater(magnitude(at + below),
						magnitude(at + below + right)));
			if (b + 1 == blocks)
				corner &= last[part];
			most[part] = greater(most[part], corner);
		}
	return greatest(most);
}

/* Whether a window is to be computed directly: winograd_outlier.c says when. */
COLD NOT_INLINE static bool is_apart(const struct winograd_grid *grid, const lam_real *x,
	int64_t blocks, const vec_mask *last, int64_t row, int64_t column)
{
	const int64_t width = grid->taps + WINOGRAD_OUT - 1, height = grid->high ? width : 1,
		      down = grid->high ? grid->taps : 1;
	const struct winograd_source *source = grid->source;
	lam_real reach[WINOGRAD_MOST], most = 0, least_reach = INFINITY;

	for (int64_t i = 0; i < height; i++)
		for (int64_t j = 0; j < width; j++) {
			const int64_t u = row + i * grid->row_step,
				      v = column + j * grid->column_step;
			lam_real *to = &reach[i * width + j];

			*to = winograd_reads(source, u, v)
				? reach_of(x + winograd_x_at(grid, source, u, v), grid->x_plane,
					blocks, last)
				: 0;
			if (!(*to <= WINOGRAD_HUGEST))
				return true;
			most = *to > most ? *to : most;
		}
	for (int64_t i = 0; i + down <= height; i++)
		for (int64_t j = 0; j + grid->taps <= width; j++) {
			lam_real read = 0;

			for (int64_t p = 0; p < down; p++)
				for (int64_t q = 0; q < grid->taps; q++) {
					const lam_real value = reach[(i + p) * width + j + q];

					read = value > read ? value : read;
				}
			if (read > 0 && read < least_reach)
				least_reach = read;
		}
	return !(most <= WINOGRAD_APART * least_reach);
}

bool channel_outliers(const struct winograd_grid *grid, const lam_real *x, int64_t blocks,
	int64_t last, int64_t begin, int64_t end, const lam_real *v,
	const struct winograd_elements *steps, bool *direct)
{
	vec_mask lanes[PARTS];
	lam_real corners[WINOGRAD_GROUP], lowest = INFINITY;
	bool found = false;

	for (int part = 0; part < PARTS; part++)
		lanes[part] = vec_lanes_below(part, last);
	for (int64_t t = 0; t < end - begin; t++) {
		corners[t] = corner_of(grid, steps, blocks, lanes, v + t * LAM_LANES);
		if (corners[t] > 0 && corners[t] < lowest)
			lowest = corners[t];
	}
	for (int64_t t = 0; t < end - begin; t++) {
		int64_t row, column;

		direct[t] = !(
			corners[t] <= WINOGRAD_APART && corners[t] <= WINOGRAD_APART * lowest);
		if (!direct[t])
			continue;
		winograd_tile(grid, begin + t, &row, &column);
		direct[t] = is_apart(grid, x, blocks, lanes, row + grid->source[0].top,
			column + grid->source[0].left);
		found = found || direct[t];
	}
	return found;
}
