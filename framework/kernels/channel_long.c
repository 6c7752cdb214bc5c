/* SPDX-License-Identifier: MIT */
/* The loops of a sum with channels in the lanes: few and long ones. More than SUM_TERMS terms have
 * pieces of at most as many, and sums of SUM_PARTIALS pieces, as in tile_long.c. */
#include "framework/kernels/channel_tile.h"
#include "framework/kernels/vector.h"

/* Whether the channels of neighbouring columns are one loop. With more than SUM_TERMS terms it must
 * be cut where columns are. */
static bool joins(const struct channel_tile *t)
{
	const int64_t terms = t->inner * t->columns;

	return (t->inner == 1 || t->x_column == t->inner * t->x_inner)
		&& t->w_column == t->inner * t->units * LAM_LANES
		&& (terms <= SUM_TERMS || SUM_TERMS % t->inner == 0);
}

void channel_join(struct channel_tile *t)
{
	for (int i = 0; i < 3 && t->inner == t->last; i++) {
		if (joins(t)) {
			if (t->inner == 1)
				t->x_inner = t->x_column;
			t->inner = t->last = t->terms = t->inner * t->columns;
			t->columns = 1;
		}
		if (t->columns != 1)
			return;
		t->columns = t->rows;
		t->x_column = t->x_row;
		t->w_column = t->w_row;
		t->rows = t->blocks;
		t->x_row = t->x_block;
		t->w_row = t->w_block;
		t->blocks = 1;
	}
}

/* A piece's part of each loop, and the number of pieces. Only one loop is cut into parts of more
 * than one round; those outside of it have one. The innermost is cut only if all blocks have as
 * many channels, `inner` = `last`, or if there is only one block. */
struct tap_pieces {
	int64_t blocks, rows, columns, terms;
	int64_t deep, across, down, count;
};

static struct tap_pieces cut_taps(const struct channel_tile *t)
{
	const int64_t terms = t->blocks == 1 ? least(t->terms, t->last) : t->terms;
	struct tap_pieces cut = {1, 1, 1, least(terms, SUM_TERMS), 0, 0, 0, 0};

	if (cut.terms == terms)
		cut.columns = limit(SUM_TERMS / cut.terms, 1, t->columns);
	if (cut.terms == terms && cut.columns == t->columns)
		cut.rows = limit(SUM_TERMS / (cut.terms * cut.columns), 1, t->rows);
	if (cut.terms == terms && cut.columns == t->columns && cut.rows == t->rows)
		cut.blocks = limit(SUM_TERMS / (cut.terms * cut.columns * cut.rows), 1, t->blocks);
	cut.deep = ceil_divide(terms, cut.terms);
	cut.across = ceil_divide(t->columns, cut.columns);
	cut.down = ceil_divide(t->rows, cut.rows);
	cut.count = ceil_divide(t->blocks, cut.blocks) * cut.down * cut.across * cut.deep;
	return cut;
}

/* Sums the pieces [first, end). */
static void sum_pieces(channel_tile_function *const *functions, const struct channel_tile *t,
	const struct tap_pieces *cut, int64_t first, int64_t end, int64_t lines, int64_t pixels,
	const lam_real *x, const lam_real *w, lam_real *y)
{
	for (int64_t index = first; index < end; index++) {
		int64_t k = index % cut->deep * cut->terms, rest = index / cut->deep;
		int64_t q = rest % cut->across * cut->columns,
			p = rest / cut->across % cut->down * cut->rows,
			c = rest / cut->across / cut->down * cut->blocks;
		struct channel_tile piece = *t;

		piece.blocks = least(cut->blocks, t->blocks - c);
		piece.rows = least(cut->rows, t->rows - p);
		piece.columns = least(cut->columns, t->columns - q);
		if (cut->deep > 1)
			piece.inner = piece.last = least(cut->terms, t->last - k);
		else if (c + piece.blocks < t->blocks)
			piece.last = t->lanes == 1 ? LAM_LANES : t->inner;
		piece.resume = t->resume || index > first;
		piece.finish = index + 1 < end ? (struct finish){.adds = false} : t->finish;
		channel_at_once(functions, &piece, lines, pixels,
			x + c * t->x_block + p * t->x_row + q * t->x_column + k * t->x_inner,
			w + c * t->w_block + p * t->w_row + q * t->w_column
				+ k * t->units * LAM_LANES,
			y);
	}
}

/* Applies the function of a finish to a line of pixels. */
static void apply_function(const struct channel_tile *t, int64_t pixels, lam_real *y)
{
	for (int64_t unit = 0; unit < t->units && t->finish.apply; unit++)
		finish_apply(&t->finish, y + unit * t->y_unit, pixels, t->y_pixel, t->lanes);
}

void channel_grid(channel_tile_function *const *functions, struct channel_tile *tile, int64_t lines,
	int64_t pixels, const lam_real *x, const lam_real *w, lam_real *y)
{
	struct even_pieces cut = cut_evenly(pixels, channel_widest(functions));
	int64_t done = cut.wide * (cut.width + 1);

	tile->lines = lines;
	tile->tiles = cut.wide;
	if (cut.wide)
		functions[cut.width + 1](tile, x, w, y);
	tile->tiles = cut.narrow;
	functions[cut.width](tile, x + done * tile->x_pixel, w, y + done * tile->y_pixel);
}

void channel_applied(channel_tile_function *const *functions, struct channel_tile *tile,
	int64_t lines, int64_t pixels, const lam_real *x, const lam_real *w, lam_real *y)
{
	for (int64_t line = 0; line < lines;
		line++, x += tile->x_line, w += tile->w_line, y += tile->y_line) {
		channel_grid(functions, tile, 1, pixels, x, w, y);
		apply_function(tile, pixels, y);
	}
}

/* Adds `sum`, [units][pixels][16], to y, or to the bias. */
static void add_sums(const struct channel_tile *t, int64_t pixels, const lam_real *sum, lam_real *y)
{
	for (int64_t unit = 0; unit < t->units; unit++)
		for (int64_t b = 0; b < pixels; b++, sum += LAM_LANES)
			for (int64_t lane = 0; lane < t->lanes; lane++) {
				lam_real *to = y + unit * t->y_unit + b * t->y_pixel + lane;
				lam_real value = sum[lane];

				if (t->resume)
					value += *to;
				else if (t->bias)
					value += t->bias[unit * LAM_LANES + lane];
				if (t->finish.center)
					value = (value - t->finish.center[unit * LAM_LANES + lane])
							* t->finish.factor[unit * LAM_LANES + lane]
						+ t->finish.term[unit * LAM_LANES + lane];
				if (t->finish.adds)
					value += *finish_added(&t->finish, to);
				if (t->finish.epilogue == LAM_EPILOGUE_RELU && value < 0)
					value = 0;
				*to = value;
			}
	apply_function(t, pixels, y);
}

void channel_long(channel_tile_function *const *functions, const struct channel_tile *given,
	int64_t lines, int64_t pixels, const lam_real *x, const lam_real *w, lam_real *y)
{
	struct tap_pieces cut = cut_taps(given);
	int64_t widest = channel_widest(functions);
	lam_real sums[CHANNEL_UNITS * CHANNEL_PIXELS * LAM_LANES]
		__attribute__((aligned(LAM_ALIGN)));

	if (!given->resume && cut.count <= SUM_PARTIALS) {
		sum_pieces(functions, given, &cut, 0, cut.count, lines, pixels, x, w, y);
		return;
	}
	for (int64_t first = 0, end; first < cut.count; first = end) {
		struct channel_tile beside = *given, total = *given;

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

				beside.y_unit = width * LAM_LANES;
				sum_pieces(functions, &beside, &cut, first, end, 1, width,
					x + line * given->x_line + pixel * given->x_pixel,
					w + line * given->w_line, sums);
				add_sums(&total, width, sums,
					y + line * given->y_line + pixel * given->y_pixel);
			}
	}
}
