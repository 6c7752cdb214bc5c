/* SPDX-License-Identifier: MIT */
/* Windows whose values differ too much for Winograd's algorithm. Each output of a tile gets
 * rounding errors of the window's largest value, about 2^-22 of it. If that is an infinity, NaN, or
 * so large that the outputs that do not read it lose their digits, the tile is computed directly,
 * for the lanes (samples) concerned alone: a sample's bits depend on nothing but its own values.
 *
 * All windows are looked at roughly: every value of a window enters some of the few elements of V
 * (B' d) that winograd_outlier.h names. Only if one of these is large in itself, or beside the
 * other tiles of the group, all values of the window are compared. */
#include "framework/kernels/winograd_outlier.h"
#include "framework/kernels/vector.h"
#include "framework/kernels/winograd_transform.h"

#include <math.h>

/* Magnitudes as integers: NaN is greater than infinity, and that greater than numbers. */
ALWAYS_INLINE vec_mask greater(vec_mask a, vec_mask b)
{
	return (vec_mask)vec_select(a > b, (vec)a, (vec)b);
}

ALWAYS_INLINE vec_mask magnitude(vec value)
{
	return (vec_mask)vec_abs(value);
}

/* The greatest magnitude of one tile's V that is looked at, over all channels of all sources. */
static vec look_at(const struct winograd_grid *grid, const struct winograd_elements *v,
	int64_t channels, const lam_real *from)
{
	const int64_t middle = winograd_look(grid, 1) * v->element,
		      right = winograd_look(grid, 2) * v->element, row = right + v->element;
	vec_mask most = {0};

	for (int look = 0; look < (grid->high ? WINOGRAD_LOOKS : 1); look++) {
		const lam_real *at = from + winograd_look(grid, look) * row;

		for (int64_t c = 0; c < channels; c++, at += v->channel)
			most = greater(most,
				greater(greater(magnitude(*(const vec *)at),
						magnitude(*(const vec *)(at + middle))),
					magnitude(*(const vec *)(at + right))));
	}
	return (vec)most;
}

/* Raises the reach of each output of a tile to that of the values of a window that it reads with
 * the taps of a source. */
static void raise_read(const struct winograd_grid *grid, const struct winograd_source *source,
	const vec_mask *reach, vec_mask *read)
{
	const int64_t width = grid->taps + WINOGRAD_OUT - 1;

	for (int64_t t = 0; t < WINOGRAD_PIXELS(grid); t++)
		for (int64_t p = 0; p < source->down; p++)
			for (int64_t q = 0; q < source->across; q++)
				read[t] = greater(read[t],
					reach[(t / WINOGRAD_OUT + p) * width + t % WINOGRAD_OUT
						+ q]);
}

/* Whether the windows of the tile at `row`, `column` are to be computed directly, lane by lane.
 * `reach` becomes the greatest magnitude of each value of a source's window, over all channels;
 * outside of the plane it is 0. `read` becomes the greatest that an output reads. */
COLD NOT_INLINE static vec_mask is_apart(const struct winograd_grid *grid, const lam_real *x,
	int64_t channels, int64_t row, int64_t column)
{
	const int64_t width = grid->taps + WINOGRAD_OUT - 1;
	vec_mask read[WINOGRAD_OUT * WINOGRAD_OUT] = {{0}}, most = {0};
	vec least_reach = vec_splat(INFINITY);

	for (const struct winograd_source *source = grid->source;
		source < grid->source + grid->sources; source++) {
		vec_mask reach[WINOGRAD_MOST] = {{0}};

		for (int64_t k = 0; k < grid->elements; k++) {
			const int64_t p = row + source->top + k / width * grid->row_step,
				      q = column + source->left + k % width * grid->column_step;
			const lam_real *from = x + winograd_x_at(grid, source, p, q);
			const bool inside = winograd_reads(source, p, q);

			for (int64_t c = 0; inside && c < channels; c++, from += grid->x_plane)
				reach[k] = greater(reach[k], magnitude(*(const vec *)from));
			most = greater(most, reach[k]);
		}
		raise_read(grid, source, reach, read);
	}
	for (int64_t t = 0; t < WINOGRAD_PIXELS(grid); t++)
		least_reach = vec_select(
			((vec)read[t] < least_reach) & (read[t] > 0), (vec)read[t], least_reach);
	return ~((vec)most <= WINOGRAD_APART * least_reach) | ~((vec)most <= WINOGRAD_HUGEST);
}

bool winograd_outliers(const struct winograd_grid *grid, const lam_real *x, int64_t channels,
	int64_t begin, int64_t end, const lam_real *v, const struct winograd_elements *steps,
	vec_mask *direct)
{
	vec_mask found = {0};

	for (int part = 0; part < PARTS; part++) {
		vec looks[WINOGRAD_GROUP], lowest = vec_splat(INFINITY);

		for (int64_t t = 0; t < end - begin; t++) {
			looks[t] = look_at(grid, steps, channels * grid->sources,
				v + t * LAM_LANES + part * VEC);
			lowest = vec_select((looks[t] < lowest) & (looks[t] > 0), looks[t], lowest);
		}
		for (int64_t t = 0; t < end - begin; t++) {
			vec_mask *to = direct + t * PARTS + part;
			int64_t row, column;

			*to = ~((looks[t] <= WINOGRAD_APART)
				& (looks[t] <= WINOGRAD_APART * lowest));
			if (!vec_any(*to))
				continue;
			winograd_tile(grid, begin + t, &row, &column);
			*to &= is_apart(grid, x + part * VEC, channels, row, column);
			found |= *to;
		}
	}
	return vec_any(found);
}
