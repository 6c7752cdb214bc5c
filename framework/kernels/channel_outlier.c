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

/* The greatest magnitude of one tile's V that is looked at, of all sources. */
static lam_real look_at(const struct winograd_grid *grid, const struct winograd_elements *v,
	int64_t blocks, const vec_mask *last, const lam_real *from)
{
	const int64_t middle = winograd_look(grid, 1) * v->element,
		      right = winograd_look(grid, 2) * v->element, row = right + v->element;
	const int looks = grid->high ? WINOGRAD_LOOKS : 1;
	vec_mask most[PARTS] = {{0}};

	for (int64_t i = 0; i < grid->sources * looks * PARTS; i++) {
		const int part = (int)(i % PARTS), look = (int)(i / PARTS % looks);
		const lam_real *at = from + i / PARTS / looks * blocks * v->channel
			+ winograd_look(grid, look) * row + part * VEC;

		for (int64_t b = 0; b < blocks; b++, at += v->channel) {
			vec_mask seen = greater(greater(magnitude(at), magnitude(at + middle)),
				magnitude(at + right));

			if (b + 1 == blocks)
				seen &= last[part];
			most[part] = greater(most[part], seen);
		}
	}
	return greatest(most);
}

/* Raises the reach of each output of a tile, as in winograd_outlier.c. */
static void raise_read(const struct winograd_grid *grid, const struct winograd_source *source,
	const lam_real *reach, lam_real *read)
{
	const int64_t width = grid->taps + WINOGRAD_OUT - 1;

	for (int64_t t = 0; t < WINOGRAD_PIXELS(grid); t++)
		for (int64_t p = 0; p < source->down; p++)
			for (int64_t q = 0; q < source->across; q++) {
				const lam_real value = reach[(t / WINOGRAD_OUT + p) * width
					+ t % WINOGRAD_OUT + q];

				read[t] = value > read[t] ? value : read[t];
			}
}

/* Whether the windows of the tile at `row`, `column` are to be computed directly:
 * winograd_outlier.c says when. */
COLD NOT_INLINE static bool is_apart(const struct winograd_grid *grid, const lam_real *x,
	int64_t blocks, const vec_mask *last, int64_t row, int64_t column)
{
	const int64_t width = grid->taps + WINOGRAD_OUT - 1;
	lam_real read[WINOGRAD_OUT * WINOGRAD_OUT] = {0}, most = 0, least_reach = INFINITY;

	for (const struct winograd_source *source = grid->source;
		source < grid->source + grid->sources; source++) {
		lam_real reach[WINOGRAD_MOST];

		for (int64_t k = 0; k < grid->elements; k++) {
			const int64_t u = row + source->top + k / width * grid->row_step,
				      v = column + source->left + k % width * grid->column_step;

			reach[k] = winograd_reads(source, u, v)
				? reach_of(x + winograd_x_at(grid, source, u, v), grid->x_plane,
					blocks, last)
				: 0;
			if (!(reach[k] <= WINOGRAD_HUGEST))
				return true;
			most = reach[k] > most ? reach[k] : most;
		}
		raise_read(grid, source, reach, read);
	}
	for (int64_t t = 0; t < WINOGRAD_PIXELS(grid); t++)
		if (read[t] > 0 && read[t] < least_reach)
			least_reach = read[t];
	return !(most <= WINOGRAD_APART * least_reach);
}

bool channel_outliers(const struct winograd_grid *grid, const lam_real *x, int64_t blocks,
	int64_t last, int64_t begin, int64_t end, const lam_real *v,
	const struct winograd_elements *steps, bool *direct)
{
	vec_mask lanes[PARTS];
	lam_real looks[WINOGRAD_GROUP], lowest = INFINITY;
	bool found = false;

	for (int part = 0; part < PARTS; part++)
		lanes[part] = vec_lanes_below(part, last);
	for (int64_t t = 0; t < end - begin; t++) {
		looks[t] = look_at(grid, steps, blocks, lanes, v + t * LAM_LANES);
		if (looks[t] > 0 && looks[t] < lowest)
			lowest = looks[t];
	}
	for (int64_t t = 0; t < end - begin; t++) {
		int64_t row, column;

		direct[t] = !(looks[t] <= WINOGRAD_APART && looks[t] <= WINOGRAD_APART * lowest);
		if (!direct[t])
			continue;
		winograd_tile(grid, begin + t, &row, &column);
		direct[t] = is_apart(grid, x, blocks, lanes, row, column);
		found = found || direct[t];
	}
	return found;
}
