/* SPDX-License-Identifier: MIT */
#include "framework/kernels/winograd_map.h"
#include "framework/kernels/winograd_transform.h"

/* Defines a map over both axes, from[i][j] to to[p][q], rows first. If `high` is false there is one
 * row, and columns are not mapped. A tile does not fit the registers, so the loops over rows and
 * columns are not unrolled; only the map of one row is. */
#define BOTH(name, map, FROM, TO) \
	ALWAYS_INLINE void name(const vec *from, vec *to, bool high, const int taps) \
	{ \
		const int in = FROM, out = TO, rows = high ? in : 1; \
		vec half[WINOGRAD_MOST]; \
\
		for (int i = 0; i < rows; i++) \
			map(from + i * in, high ? half + i * out : to, taps); \
		if (!high) \
			return; \
		for (int q = 0; q < out; q++) { \
			vec column[WINOGRAD_IN], mapped[WINOGRAD_IN]; \
\
			UNROLL_FOR (int i = 0; i < in; i++) \
				column[i] = half[i * out + q]; \
			map(column, mapped, taps); \
			UNROLL_FOR (int p = 0; p < out; p++) \
				to[p * out + q] = mapped[p]; \
		} \
	}

BOTH(map_taps, winograd_taps, taps, taps + 3)
BOTH(map_gather, winograd_gather, taps + 3, taps)

void winograd_map_taps(const struct winograd_grid *grid, const vec *tap, vec *element)
{
	WINOGRAD_CONSTANTS(grid, map_taps, tap, element, grid->high);
}

void winograd_map_gather(const struct winograd_grid *grid, const vec *element, vec *tap)
{
	WINOGRAD_CONSTANTS(grid, map_gather, element, tap, grid->high);
}

/* Rows are mapped as they are loaded, columns as they are stored. */
ALWAYS_INLINE void map_spread(
	const vec *y, int64_t step, lam_real *to, int64_t to_step, bool high, const int taps)
{
	const int window = taps + WINOGRAD_OUT - 1, rows = high ? WINOGRAD_OUT : 1;
	vec half[WINOGRAD_OUT * WINOGRAD_IN];

	for (int i = 0; i < rows; i++) {
		vec row[WINOGRAD_OUT];

		UNROLL_FOR (int j = 0; j < WINOGRAD_OUT; j++)
			row[j] = y[(i * WINOGRAD_OUT + j) * step];
		winograd_spread(row, half + i * window, taps);
	}
	for (int q = 0; q < window; q++) {
		vec column[WINOGRAD_OUT], mapped[WINOGRAD_IN];

		if (!high) {
			*(vec *)(to + q * to_step) = half[q];
			continue;
		}
		UNROLL_FOR (int i = 0; i < WINOGRAD_OUT; i++)
			column[i] = half[i * window + q];
		winograd_spread(column, mapped, taps);
		UNROLL_FOR (int p = 0; p < window; p++)
			*(vec *)(to + (p * window + q) * to_step) = mapped[p];
	}
}

void winograd_map_spread(
	const struct winograd_grid *grid, const vec *y, int64_t step, lam_real *to, int64_t to_step)
{
	WINOGRAD_CONSTANTS(grid, map_spread, y, step, to, to_step, grid->high);
}
