/* SPDX-License-Identifier: MIT */
/* Instances of the tile loop: one function for every shape that fits this ISA's registers. */
#include "framework/kernels/tile.h"
#include "framework/kernels/tile_finish.h"
#include "framework/kernels/vec_own.h"
#include "framework/kernels/vector.h"

/* The columns of the widest tile of TILE_OUTPUTS outputs in TILES, which computes most of a plane
 * wherever there are as many outputs and pixels. Of LAM_SMALL it is a tile like others. */
#if defined LAM_SMALL
enum { WIDEST = 0 };
#else
enum { WIDEST = VEC_REGISTERS >= 32 && PARTS == 1 ? 3 : PIECES };
#endif

ALWAYS_INLINE bool is_widest(const int outputs, const int columns)
{
	return outputs == TILE_OUTPUTS && columns == WIDEST;
}

/* Prefetches what the tile will write, and what it will add. A 1x1 kernel has few taps, and planes
 * that lie in the third cache: it would wait for all of them at its end. */
ALWAYS_INLINE void fetch_outputs(
	const struct tile *t, lam_real *y, const int outputs, const int columns)
{
	for (int k = 0; k <= t->finish.adds; k++) {
		lam_real *to = (lam_real *)((intptr_t)y + (k ? t->finish.added : 0));

		UNROLL_FOR (int a = 0; a < outputs; a++, to = place_hold(to + t->y_output))
			UNROLL_FOR (int b = 0; b < columns; b += PIECES)
				__builtin_prefetch(column(to, t->y_pixel, b), 1);
	}
}

/* Prefetches the pixels of the next tile for the same tap. The planes of two channels lie pages
 * apart, a pattern that the processor does not prefetch by itself. Without this a 1x1 kernel would
 * wait for each of its values. Only the widest tiles have time for it. */
ALWAYS_INLINE void fetch_next(
	const lam_real *x, int64_t pixel, const int outputs, const int columns)
{
	if (outputs == TILE_OUTPUTS && columns >= PIECES)
		UNROLL_FOR (int b = 0; b < columns; b += PIECES)
			__builtin_prefetch(column(x, pixel, columns + b), 0, 3);
}

/* The inner loop, for one tap: sum[a][b] += w[a] x[b] for all outputs a and columns b. A column is
 * one vec of a pixel, and pixels are `pixel` values apart. The shorter side of the tile is loaded
 * into registers first. The values of the longer side are loaded one after another. So each row and
 * each column takes one load or broadcast, and each place of the tile one multiply-add. `fetches`:
 * it calls fetch_next(). */
ALWAYS_INLINE void add_tap(vec *sum, const lam_real *x, const lam_real *w, int64_t pixel,
	const int64_t w_output, const int outputs, const int columns, const bool fetches)
{
	vec held[TILE_OUTPUTS];

	if (columns <= outputs) {
		UNROLL_FOR (int b = 0; b < columns; b++)
			held[b] = *column(x, pixel, b);
		if (fetches)
			fetch_next(x, pixel, outputs, columns);
		UNROLL_FOR (int a = 0; a < outputs; a++) {
			vec weight = vec_splat(w[a * w_output]);

			UNROLL_FOR (int b = 0; b < columns; b++)
				sum[a * columns + b] += held[b] * weight;
		}
	} else {
		UNROLL_FOR (int a = 0; a < outputs; a++)
			held[a] = vec_splat(w[a * w_output]);
		UNROLL_FOR (int b = 0; b < columns; b++) {
			vec value = *column(x, pixel, b);

			if (outputs > 1)
				value = vec_hold(value);
			UNROLL_FOR (int a = 0; a < outputs; a++)
				sum[a * columns + b] += value * held[a];
		}
	}
}

/* Adds the products of three neighbouring taps of one output, for neighbouring pixels. Each vec of
 * x is read once for the three sums that need it. Each sum gets its first tap first, as in
 * add_tap(). */
ALWAYS_INLINE void add_to_three(
	vec *sum, vec value, const vec held[3], const int b, const int columns)
{
	UNROLL_FOR (int q = 2; q >= 0; q--)
		if (b - q * PIECES >= 0 && b - q * PIECES < columns)
			sum[b - q * PIECES] += value * held[q];
}

ALWAYS_INLINE void add_three_taps(
	vec *sum, const lam_real *x, const lam_real *w, int64_t w_column, const int columns)
{
	vec held[3];

	UNROLL_FOR (int q = 0; q < 3; q++)
		held[q] = vec_splat(w[q * w_column]);
	UNROLL_FOR (int b = 0; b < columns; b++)
		add_to_three(sum, vec_hold(*column(x, LAM_LANES, b)), held, b, columns);
	UNROLL_FOR (int b = 0; b < 2 * PIECES; b++)
		add_to_three(sum, vec_hold(*column(x, LAM_LANES, columns + b)), held, columns + b,
			columns);
}

/* `count` taps of a row. With `ahead`, `fetch` is fetched, t->fetch_column farther for each. */
ALWAYS_INLINE void add_taps(vec *sum, const struct tile *t, const lam_real *x, const lam_real *w,
	int64_t count, const lam_real *fetch, int64_t pixel, const int64_t w_output,
	const int outputs, const int columns, const bool ahead)
{
	int64_t step = ahead ? t->fetch_column * (int64_t)sizeof *fetch : 0;

	if (count <= 0)
		return;
	if (ahead)
		LOOP_HOLDS(fetch, step);
	LOOP_HERE(x, w, count);
	do {
		if (ahead)
			__builtin_prefetch(fetch);
		add_tap(sum, x, w, pixel, w_output, outputs, columns, !ahead);
		x += t->x_column;
		w += t->w_column;
		if (ahead)
			fetch = (const lam_real *)((const char *)fetch + step);
	} while (--count);
}

ALWAYS_INLINE void begin_sums(const struct tile *t, vec *sum, const int outputs, const int columns)
{
	UNROLL_FOR (int a = 0; a < outputs; a++) {
		lam_real bias = t->bias && !t->resume ? t->bias[a] : 0;

		UNROLL_FOR (int b = 0; b < columns; b++)
			sum[a * columns + b] = vec_own(vec_splat(bias));
	}
}

ALWAYS_INLINE void add_stored(vec *sum, lam_real *y, int64_t y_pixel, int64_t y_output,
	const int outputs, const int columns)
{
	UNROLL_FOR (int a = 0; a < outputs; a++, y = place_hold(y + y_output))
		UNROLL_FOR (int b = 0; b < columns; b++)
			sum[a * columns + b] += *column(y, y_pixel, b);
}

/* Computes one tile of `columns` vecs. `neighbours` means that the tile has one output and that its
 * pixels are neighbours. Only then can three taps of a row share the pixels that they read. */
ALWAYS_INLINE void fill_tile(const struct tile *t, int64_t index, const lam_real *x,
	const lam_real *w, lam_real *y, const int64_t x_pixel, const int64_t w_output,
	const int outputs, const int columns, const bool neighbours)
{
	const int64_t x_column = t->x_column, w_column = t->w_column;
	const bool threes = neighbours && t->x_column == LAM_LANES,
		   ahead = outputs == TILE_OUTPUTS && w_output == 1 && t->fetch != NULL;
	const lam_real *fetch = ahead ? t->fetch + index * t->fetch_tile : NULL;
	vec sum[32];

	if (is_widest(outputs, columns))
		fetch_outputs(t, y, outputs, columns);
	begin_sums(t, sum, outputs, columns);

	/* Counted down, a loop keeps one number instead of two: kernels of 2x2 taps feel it. */
	for (int64_t c = t->channels; c > 0; c--, x += t->x_channel, w += t->w_channel) {
		const lam_real *x_row = x, *w_row = w;

		for (int64_t p = t->rows; p > 0; p--, x_row += t->x_row, w_row += t->w_row) {
			const lam_real *x_tap = x_row, *w_tap = w_row;

			if (w_output != 1)
				UNROLL_FOR (int a = outputs; a < 2 * outputs; a++)
					__builtin_prefetch(w_row + a * w_output);
			int64_t left = ahead ? 0 : t->columns;
			for (; threes && left >= 3;
				left -= 3, x_tap += 3 * x_column, w_tap += 3 * w_column)
				add_three_taps(sum, x_tap, w_tap, w_column, columns);
			add_taps(sum, t, x_tap, w_tap, left, NULL, x_pixel, w_output, outputs,
				columns, false);
			if (ahead) {
				add_taps(sum, t, x_row, w_row, t->columns, fetch, x_pixel, 1,
					outputs, columns, true);
				fetch += t->fetch_row;
			}
		}
	}

	/* What only the end needs must not take registers of the loops above. Without `volatile`
	 * gcc takes this for one value in all tiles, and keeps it in one more register. */
	__asm__ volatile("" : "+r"(t));
	const bool widest = is_widest(outputs, columns);
	lam_real *const apart = outputs > 1 && !widest ? t->sums : NULL;
	int64_t y_pixel = t->y_pixel, y_output = t->y_output;
	lam_real *to = y, *line = y;

	if (t->resume)
		add_stored(sum, y, y_pixel, y_output, outputs, columns);
	if (outputs == 1 || (widest && t->sums)) {
		UNROLL_FOR (int a = 0; a < outputs; a++, line = place_hold(line + y_output))
			finish_line(t, a, sum + a * columns, line, y_pixel, columns);
	} else if (apart) {
		to = apart;
		y_pixel = PIECES * VEC;
		y_output = columns * VEC;
	} else if (t->finish.epilogue == LAM_EPILOGUE_RELU) {
		relu_sums(sum, outputs, columns);
	}
	UNROLL_FOR (int a = 0; a < outputs; a++, to = place_hold(to + y_output))
		UNROLL_FOR (int b = 0; b < columns; b++)
			*(vec *)column(to, y_pixel, b) = sum[a * columns + b];
	if (apart)
		finish_tile(t, y, outputs, columns);
}

/* Prefetches a value that may lie in another array. */
ALWAYS_INLINE void fetch_at(const lam_real *from, int64_t values, const int writes)
{
	const void *place = (const void *)((uintptr_t)from + (uintptr_t)values * sizeof *from);

	/* clang asks for a constant that it can see */
	if (writes)
		__builtin_prefetch(place, 1);
	else
		__builtin_prefetch(place, 0);
}

/* Prefetches t->ahead for a tile of line `line`. */
ALWAYS_INLINE void fetch_ahead(const struct tile *t, const lam_real *x, const lam_real *y,
	int64_t line, const int64_t x_pixel, const int pixels)
{
	UNROLL_FOR (int b = 0; b < pixels; b++) {
		fetch_at(x, t->ahead.x + line * t->ahead.x_line + b * x_pixel, 0);
		fetch_at(y, t->ahead.y + line * t->y_line + b * t->y_pixel, 1);
	}
}

ALWAYS_INLINE void fill_tiles(const struct tile *t, const lam_real *x, const lam_real *w,
	lam_real *y, const int64_t x_pixel, const int outputs, const int pixels,
	const bool neighbours)
{
	for (int64_t i = 0; i < t->lines; i++)
		for (int64_t j = 0; j < t->tiles; j++) {
			if (outputs == 1 && t->ahead.on)
				fetch_ahead(t, x + j * pixels * x_pixel,
					y + j * pixels * t->y_pixel, i, x_pixel, pixels);
			for (int part = 0; part < PARTS; part += PIECES)
				fill_tile(t, j,
					x + i * t->x_line + j * pixels * x_pixel + part * VEC, w,
					y + i * t->y_line + j * pixels * t->y_pixel + part * VEC,
					x_pixel, 1, outputs, pixels * PIECES, neighbours);
		}
}

/* If the pixels of one output are not neighbours, two tiles of half the width compute them: the
 * addresses of more than WIDEST_STRIDED pixels with variable steps do not fit the registers. */
enum { WIDEST_STRIDED = 6 };

static void in_halves(
	const struct tile *t, const lam_real *x, const lam_real *w, lam_real *y, const int pixels)
{
	struct tile half = *t;

	half.tiles = 1;
	for (int64_t j = 0; j < t->tiles; j++)
		for (int first = 0, end = pixels / 2; first < pixels; first = end, end = pixels)
			tile_functions[1][end - first](&half, x + (j * pixels + first) * t->x_pixel,
				w, y + (j * pixels + first) * t->y_pixel);
}

/* Defines tile_A_P, the function for A outputs x P pixels. With one output a tile has so many
 * pixels that constant steps are the only cheap ones. */
#define TILE(A, P) \
	static void tile_##A##_##P( \
		const struct tile *t, const lam_real *x, const lam_real *w, lam_real *y) \
	{ \
		if (A == 1 && t->x_pixel == LAM_LANES) \
			fill_tiles(t, x, w, y, LAM_LANES, A, P, true); \
		else if (A == 1 && P > WIDEST_STRIDED) \
			in_halves(t, x, w, y, P); \
		else \
			fill_tiles(t, x, w, y, t->x_pixel, A, P, false); \
	}
#define ENTRY(A, P) [A][P] = tile_##A##_##P,

#define UP_TO_2(X, A) X(A, 1) X(A, 2)
#define UP_TO_3(X, A) UP_TO_2(X, A) X(A, 3)
#define UP_TO_4(X, A) UP_TO_3(X, A) X(A, 4)
#define UP_TO_5(X, A) UP_TO_4(X, A) X(A, 5)
#define UP_TO_6(X, A) UP_TO_5(X, A) X(A, 6)
#define UP_TO_8(X, A) UP_TO_6(X, A) X(A, 7) X(A, 8)
#define UP_TO_12(X, A) UP_TO_8(X, A) X(A, 9) X(A, 10) X(A, 11) X(A, 12)

/* A multiply-add takes four or five cycles, and two can begin in each cycle, so at least eight sums
 * must be in progress. More sums save loads: a x b products need a + b loads. 32 registers hold at
 * most 25 sums, the shorter side (5 x 5: five, 4 x 6: four, 8 x 3: three) and one vec of the longer
 * side. 16 registers hold 12 sums, three vecs of the shorter side and one of the longer. With one
 * output, loads are not shared, and only sums take registers. Two, three or four outputs are those
 * of small groups alone (more are cut into tiles of five to eight): for them 12 sums are enough. */
#if VEC_REGISTERS >= 32 && PARTS == 1 /* a pixel is one vec */
#define TILES(X) \
	UP_TO_12(X, 1) \
	UP_TO_6(X, 2) \
	UP_TO_6(X, 3) UP_TO_5(X, 4) UP_TO_5(X, 5) UP_TO_4(X, 6) UP_TO_3(X, 7) UP_TO_3(X, 8)
#elif VEC_REGISTERS >= 32 /* a pixel is two vecs, or is computed two vecs at a time */
#define TILES(X) \
	UP_TO_8(X, 1) \
	UP_TO_6(X, 2) UP_TO_4(X, 3) UP_TO_3(X, 4) UP_TO_2(X, 5) UP_TO_2(X, 6) X(7, 1) X(8, 1)
#elif !defined LAM_SMALL
#define TILES(X) UP_TO_6(X, 1) UP_TO_3(X, 2) UP_TO_2(X, 3) X(4, 1) X(5, 1) X(6, 1)
#else
#define TILES(X) UP_TO_3(X, 1) UP_TO_2(X, 2) X(3, 1) X(4, 1)
#endif

TILES(TILE)

#define TILE_ROWS(A) \
	static void rows_##A( \
		const struct tile *t, const lam_real *x, const lam_real *w, lam_real *y) \
	{ \
		for (int part = 0; part < PARTS; part += PIECES) \
			fill_tile(t, 0, x + part * VEC, w, y + part * VEC, LAM_LANES, t->w_output, \
				A, PIECES, false); \
	}
/* From TILE_ROWS_LEAST to TILE_OUTPUTS. */
#define ROW_ENTRY(A) [A] = rows_##A,
#if VEC_REGISTERS >= 32
#define ROWS(X) X(4) X(5) X(6) X(7) X(8)
#elif !defined LAM_SMALL
#define ROWS(X) X(3) X(4) X(5) X(6)
#else
#define ROWS(X) X(2) X(3) X(4)
#endif

ROWS(TILE_ROWS)

tile_function *const tile_rows[TILE_OUTPUTS + 1] = {ROWS(ROW_ENTRY)};

tile_function *const tile_functions[TILE_OUTPUTS + 1][TILE_PIXELS + 1] = {TILES(ENTRY)};
