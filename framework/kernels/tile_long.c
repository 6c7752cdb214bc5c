/* SPDX-License-Identifier: MIT */
/* Sums of more than SUM_TERMS terms. The taps are cut into pieces of at most SUM_TERMS. Each piece
 * is summed from zero, and the pieces are added in order. If there are more than SUM_PARTIALS
 * pieces, as many are added beside y, and these sums are added to y. So each of three sums is
 * short. The third has one term for each SUM_TERMS x SUM_PARTIALS taps. */
#include "framework/kernels/finish_vec.h"
#include "framework/kernels/tile.h"

/* The channels, rows and columns of a piece, and the number of pieces of each. Only one of the
 * three is a part of the tile's, and more than one; those outside of it are 1. */
struct tap_pieces {
	int64_t channels, rows, columns;
	int64_t across, down, count;
};

static struct tap_pieces cut_taps(const struct tile *t)
{
	struct tap_pieces cut = {.channels = 1, .rows = 1, .columns = least(t->columns, SUM_TERMS)};

	if (cut.columns == t->columns)
		cut.rows = limit(SUM_TERMS / cut.columns, 1, t->rows);
	if (cut.columns == t->columns && cut.rows == t->rows)
		cut.channels = limit(SUM_TERMS / (cut.rows * cut.columns), 1, t->channels);
	cut.across = ceil_divide(t->columns, cut.columns);
	cut.down = ceil_divide(t->rows, cut.rows);
	cut.count = ceil_divide(t->channels, cut.channels) * cut.down * cut.across;
	return cut;
}

/* Sums the pieces [first, end). */
static void sum_pieces(const struct tile *t, const struct tap_pieces *cut, int64_t first,
	int64_t end, int64_t outputs, int64_t lines, int64_t pixels, const lam_real *x,
	const lam_real *w, lam_real *y)
{
	for (int64_t index = first; index < end; index++) {
		int64_t c = index / cut->across / cut->down * cut->channels,
			p = index / cut->across % cut->down * cut->rows,
			q = index % cut->across * cut->columns;
		struct tile piece = *t;

		piece.channels = least(cut->channels, t->channels - c);
		piece.rows = least(cut->rows, t->rows - p);
		piece.columns = least(cut->columns, t->columns - q);
		if (t->fetch)
			piece.fetch += p * t->fetch_row + q * t->fetch_column;
		piece.resume = t->resume || index > first;
		piece.finish = index + 1 < end ? (struct finish){.adds = false} : t->finish;
		tile_at_once(&piece, outputs, lines, pixels,
			x + c * t->x_channel + p * t->x_row + q * t->x_column,
			w + c * t->w_channel + p * t->w_row + q * t->w_column, y);
	}
}

void tile_grid(struct tile *tile, int64_t outputs, int64_t lines, int64_t pixels, const lam_real *x,
	const lam_real *w, lam_real *y)
{
	struct even_pieces cut = cut_evenly(pixels, tile_widest(outputs));
	int64_t done = cut.wide * (cut.width + 1);
	const lam_real *fetch = tile->fetch;
	vec sums[TILE_SUMS];

	tile->lines = lines;
	tile->sums = tile_needs_sums(tile, outputs) ? (lam_real *)sums : NULL;
	tile->tiles = cut.wide;
	if (cut.wide)
		tile_functions[outputs][cut.width + 1](tile, x, w, y);
	tile->tiles = cut.narrow;
	if (fetch)
		tile->fetch = fetch + cut.wide * tile->fetch_tile;
	tile_functions[outputs][cut.width](
		tile, x + done * tile->x_pixel, w, y + done * tile->y_pixel);
	tile->fetch = fetch;
	tile->sums = NULL;
}

void tile_applied(struct tile *tile, int64_t outputs, int64_t lines, int64_t pixels,
	const lam_real *x, const lam_real *w, lam_real *y)
{
	for (int64_t line = 0; line < lines; line++, x += tile->x_line, y += tile->y_line) {
		tile_grid(tile, outputs, 1, pixels, x, w, y);
		for (int64_t a = 0; a < outputs; a++)
			finish_apply(&tile->finish, y + a * tile->y_output, pixels, tile->y_pixel,
				LAM_LANES);
	}
}

/* Adds `sum`, [outputs][pixels], to y, or to the bias. */
static void add_sums(
	const struct tile *t, int64_t outputs, int64_t pixels, const lam_real *sum, lam_real *y)
{
	for (int64_t a = 0; a < outputs; a++)
		for (int64_t b = 0; b < pixels; b++)
			for (int part = 0; part < PARTS; part++, sum += VEC) {
				vec *to = (vec *)(y + a * t->y_output + b * t->y_pixel) + part;
				vec value = *(const vec *)sum
					+ (t->resume ? *to : vec_splat(t->bias ? t->bias[a] : 0));

				*to = finish_vec(&t->finish, a, value, (const lam_real *)to);
			}
	for (int64_t a = 0; a < outputs && t->finish.apply; a++)
		finish_apply(&t->finish, y + a * t->y_output, pixels, t->y_pixel, LAM_LANES);
}

void tile_long(const struct tile *given, int64_t outputs, int64_t lines, int64_t pixels,
	const lam_real *x, const lam_real *w, lam_real *y)
{
	struct tap_pieces cut = cut_taps(given);
	int64_t widest = tile_widest(outputs);
	lam_real sums[TILE_OUTPUTS * TILE_PIXELS * LAM_LANES] __attribute__((aligned(LAM_ALIGN)));

	if (!given->resume && cut.count <= SUM_PARTIALS) {
		sum_pieces(given, &cut, 0, cut.count, outputs, lines, pixels, x, w, y);
		return;
	}
	for (int64_t first = 0, end; first < cut.count; first = end) {
		struct tile beside = *given, total = *given;

		end = least(cut.count, first + SUM_PARTIALS);
		beside.bias = NULL;
		beside.resume = false;
		beside.finish = (struct finish){.adds = false};
		beside.y_pixel = LAM_LANES;
		total.resume = given->resume || first > 0;
		if (end < cut.count)
			total.finish = beside.finish;
		for (int64_t line = 0; line < lines; line++)
			for (int64_t pixel = 0; pixel < pixels; pixel += widest) {
				int64_t width = least(widest, pixels - pixel);

				beside.y_output = width * LAM_LANES;
				sum_pieces(&beside, &cut, first, end, outputs, 1, width,
					x + line * given->x_line + pixel * given->x_pixel, w, sums);
				add_sums(&total, outputs, width, sums,
					y + line * given->y_line + pixel * given->y_pixel);
			}
	}
}
