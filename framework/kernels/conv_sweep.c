/* SPDX-License-Identifier: MIT */
/* Runs, rectangles and tiles: how a plane is cut so that the dense loop meets no border. */
#include "framework/kernels/conv_sweep.h"
#include "framework/kernels/thresholds.h"

#include <string.h>

/* The bytes of a copy of x (SWEEP_PACK_LEAST), but for whole tiles, that stay in the second cache
 * while all outputs pass over them. GFLOP/s on one core of a Zen 3, whose peak is 100, without and
 * with a copy: 32->64 1x1 on 32x32: 46, 73; 128->128 on 16x16: 59, 82; 512->512 on 4x4: 77, 88. */
enum { SWEEP_PACK_BYTES = 256 * 1024 };

/* SWEEP_PACK_LEAST where planes lie a multiple of SWEEP_PACK_ALIAS bytes apart: all channels of a
 * pixel share sets of the first cache. 1x1 on one core of a Zen 3 with AVX2, with a copy beside
 * without: 64->16 on 16x16: 1.35 of the speed, 24->24 on 32x32: 1.04, 16->16: 0.99; but 24->24 on
 * 28x28, whose planes lie otherwise: 0.84. With 32 registers it was not measured, and stays. */
enum { SWEEP_PACK_ALIAS = 4096 };
enum { SWEEP_PACK_LEAST_ALIASED = VEC_REGISTERS >= 32 ? SWEEP_PACK_LEAST : 16 };

/* The most outputs, and pixels, of a plane that is copied with its padding. GFLOP/s without and
 * with a copy, in MobileNet's step: depthwise 3x3 on 16x16: 20, 22; on 8x8: 17, 31; on 4x4: 8, 22;
 * and 33 and 22 on 32x32, where the copy leaves the first cache. The input gradient with stride 2,
 * on one core of a Zen 5: from 8x8 to 16x16: 11, 15; from 4x4 to 8x8: 5, 10. */
enum { SWEEP_PAD_OUTPUTS = 256, SWEEP_PAD_PIXELS = 2048 };

/* The rows after which a depthwise kernel needs what it asks for, and the least outputs of a plane
 * that pay for it. 3x3, 128 samples, on one core of a Zen 5, without and with it: 32 channels of
 * 32x32: 2.2 and 1.0 ms (3 rows: 1.1, 6: 1.04); two threads, 128 of 16x16: 1.03 and 0.65. */
enum { SWEEP_AHEAD = 4, SWEEP_AHEAD_OUTPUTS = 128 };

/* What is the same for all rectangles of one tile of outputs. */
struct sweep_pass {
	const struct sweep *sweep;
	const lam_real *x, *w;   /* the channels of the group, the weights of the tile */
	lam_real *y;             /* the first output of the tile */
	int64_t output, outputs; /* its first, counted over all groups, and how many it has */
};

/* The loops for `rows` x `columns` taps. Loops with one round are merged into the next, so that a
 * 1x1 kernel is one long loop over the channels. */
static void tile_of_taps(
	const struct sweep_pass *pass, int64_t rows, int64_t columns, struct tile *tile)
{
	const struct sweep *s = pass->sweep;
	const int64_t outputs = pass->outputs;
	*tile = (struct tile){
		.channels = s->channels,
		.rows = rows,
		.columns = columns,
		.x_channel = s->x_channel,
		.x_row = s->rows.spacing * s->x_row,
		.x_column = s->columns.spacing * LAM_LANES,
		.w_channel = s->rows.taps * s->columns.taps * outputs,
		.w_row = s->columns.taps * outputs,
		.w_column = outputs,
		.y_output = s->y_channel,
		.bias = s->bias ? s->bias + pass->output : NULL,
		.finish = finish_from(s->finish, pass->output),
		.ahead = s->ahead,
	};

	if (tile->columns == 1) {
		tile->columns = tile->rows;
		tile->x_column = tile->x_row;
		tile->w_column = tile->w_row;
		tile->rows = 1;
	}
	if (tile->rows == 1 && tile->columns == 1) {
		tile->columns = tile->channels;
		tile->x_column = tile->x_channel;
		tile->w_column = tile->w_channel;
		tile->channels = 1;
		tile->fetch = s->fetch;
		tile->fetch_tile = LAM_LANES;
		tile->fetch_column = s->fetch_channel;
	}
}

/* Lines of tiles that cover a rectangle. */
struct cover {
	struct tile tile;
	struct plane_lines at;
	int64_t w; /* from the pass's w to that of the first tap, in values */
};

static void find_cover(const struct sweep_pass *pass, const struct run *row,
	const struct run *column, struct cover *cover)
{
	const struct sweep *s = pass->sweep;
	const struct plane_axis rows = {&s->rows, s->x_row, s->y_row},
				columns = {&s->columns, LAM_LANES, LAM_LANES};
	const struct plane_lines at = cover_runs(
		&rows, &columns, row, column, tile_widest(pass->outputs));
	struct tile *tile = &cover->tile;

	tile_of_taps(
		pass, row->tap_end - row->tap_begin, column->tap_end - column->tap_begin, tile);
	tile->x_line = at.x_line;
	tile->y_line = at.y_line;
	tile->x_pixel = at.x_pixel;
	tile->y_pixel = at.y_pixel;
	if (at.down)
		tile->ahead.on = false;
	cover->at = at;
	cover->w = (row->tap_begin * s->columns.taps + column->tap_begin) * pass->outputs;
}

static void run_cover(struct cover *cover, const struct sweep_pass *pass)
{
	tile_lines(&cover->tile, pass->outputs, cover->at.lines, cover->at.pixels,
		pass->x + cover->at.x, pass->w + cover->w, pass->y + cover->at.y);
}

/* A part of the plane: rows and columns [begin, end). */
struct band {
	int64_t row_begin, row_end, column_begin, column_end;
};

/* Band `index` of `count`. */
static struct band find_band(const struct sweep *s, int64_t index, int64_t count)
{
	int64_t rows = s->rows.outputs, columns = s->columns.outputs,
		units = ceil_divide(columns, SWEEP_BAND_PIXELS);

	if (rows > 1)
		return (struct band){piece_begin(rows, index, count),
			piece_begin(rows, index + 1, count), 0, columns};
	return (struct band){0, rows, piece_begin(units, index, count) * SWEEP_BAND_PIXELS,
		least(columns, piece_begin(units, index + 1, count) * SWEEP_BAND_PIXELS)};
}

static int64_t count_bands(const struct sweep *s)
{
	int64_t row_bytes = s->channels * s->x_row * s->rows.stride * (int64_t)sizeof(lam_real);
	int64_t parts = s->rows.outputs > 1 ? s->rows.outputs
					    : ceil_divide(s->columns.outputs, SWEEP_BAND_PIXELS);

	return limit(ceil_divide(row_bytes * s->rows.outputs, SWEEP_BAND_BYTES), 1, most(1, parts));
}

/* Tile `tile` of group `group`. */
static struct sweep_pass pass_of(
	const struct sweep *s, int64_t group, int64_t tile, const lam_real *x, lam_real *y)
{
	int64_t first = sweep_tile_begin(s, tile), outputs = sweep_tile_begin(s, tile + 1) - first;
	int64_t output = group * s->outputs + first, taps = s->rows.taps * s->columns.taps;

	return (struct sweep_pass){
		.sweep = s,
		.x = x + group * s->channels * s->x_channel,
		.w = s->packed + output * s->channels * taps,
		.y = y + output * s->y_channel,
		.output = output,
		.outputs = outputs,
	};
}

/* Computes a tile in one band. */
static void sweep_tile(const struct sweep *s, int64_t group, int64_t tile, const struct band *band,
	const lam_real *x, lam_real *y)
{
	const struct sweep_pass pass = pass_of(s, group, tile, x, y);

	for (struct run row = {.end = band->row_begin}; row.end < band->row_end;) {
		row = find_run(&s->rows, row.end, band->row_end);
		for (struct run column = {.end = band->column_begin};
			column.end < band->column_end;) {
			struct cover cover;

			column = find_run(&s->columns, column.end, band->column_end);
			find_cover(&pass, &row, &column, &cover);
			run_cover(&cover, &pass);
		}
	}
}

static bool depthwise(const struct sweep *s)
{
	return s->channels == 1 && s->outputs == 1 && s->rows.taps * s->columns.taps > 1;
}

/* The values of a plane with its padding, which sweep_padded() copies; 0: it does not pay. */
static int64_t padded_values(const struct sweep *s)
{
	const int64_t outputs = s->rows.outputs * s->columns.outputs;

	return depthwise(s) && outputs > 0 && outputs <= SWEEP_PAD_OUTPUTS
			&& axis_reached(&s->rows) <= SWEEP_PAD_PIXELS / axis_reached(&s->columns)
			&& (axis_crosses_border(&s->rows) || axis_crosses_border(&s->columns))
		? axis_reached(&s->rows) * axis_reached(&s->columns) * LAM_LANES
		: 0;
}

/* Pixels that sweep_packed() copies at once; 0: it does not pay, or outputs lie in the border, as
 * those of a residue may. Where the plane has as many, the widest tiles divide them: with 12
 * instead of 10, 384->96 of 28x28, 16 samples, takes 0.95 of the time on one core of a Zen 5. */
static int64_t packed_pixels(const struct sweep *s)
{
	const int64_t pixel = s->channels * LAM_LANES * (int64_t)sizeof(lam_real);
	const bool dot = s->groups == 1 && s->rows.outputs == 1 && s->rows.taps == 1
		&& s->columns.taps == 1 && s->columns.stride == 1 && s->columns.step == 1
		&& s->rows.origin == 0 && s->columns.origin == 0
		&& !axis_crosses_border(&s->columns);
	const bool aliased = s->x_channel * (int64_t)sizeof(lam_real) % SWEEP_PACK_ALIAS == 0;
	const int64_t fewest = aliased ? SWEEP_PACK_LEAST_ALIASED : SWEEP_PACK_LEAST;

	if (!dot || s->channels < fewest || s->outputs < fewest)
		return 0;
	return least(s->columns.outputs,
		round_up(most(1, SWEEP_PACK_BYTES / pixel), tile_widest(TILE_OUTPUTS)));
}

int64_t sweep_scratch(const struct sweep *s)
{
	return most(packed_pixels(s) * sweep_pixel_step(s->channels) * LAM_LANES, padded_values(s))
		* (int64_t)sizeof(lam_real);
}

/* Copies the pixels of a plane that the axes reach, and prefetches those that lie `ahead` values
 * behind them; all others stay as they are. */
static void copy_inside(const struct sweep *s, const lam_real *x, int64_t ahead, lam_real *to)
{
	const int64_t width = axis_reached(&s->columns), left = s->columns.origin,
		      top = s->rows.origin, begin = limit(-left, 0, width) * LAM_LANES,
		      end = limit(s->columns.size - left, 0, width) * LAM_LANES,
		      last = least(s->rows.size - top, axis_reached(&s->rows));

	for (int64_t i = most(0, -top); i < last; i++) {
		const lam_real *from = x + (top + i) * s->x_row + left * LAM_LANES;

		for (int64_t j = begin; j < end; j += VEC) {
			__builtin_prefetch(from + ahead + j);
			*(vec *)(to + i * width * LAM_LANES + j) = *(const vec *)(from + j);
		}
	}
}

/* Whether tiles of a depthwise kernel prefetch. With a stride they would ask for more than they
 * compute, and small planes are over before it comes. */
static bool looks_ahead(const struct sweep *s)
{
	return depthwise(s) && s->rows.stride == 1 && s->columns.stride == 1
		&& s->rows.outputs * s->columns.outputs >= SWEEP_AHEAD_OUTPUTS;
}

/* What the tiles of a depthwise kernel prefetch: a later row of outputs, which lies `y` values
 * ahead, and its pixels of x. */
static struct tile_ahead ahead_of(const struct sweep *s, int64_t x, int64_t y)
{
	return (struct tile_ahead){.on = true, .x = x, .x_line = s->x_row, .y = y};
}

/* From one array to another. */
static int64_t values_between(const lam_real *from, const lam_real *to)
{
	return ((intptr_t)to - (intptr_t)from) / (intptr_t)sizeof *from;
}

/* Moves a depthwise kernel's pass and its cover to the next channel, whose x is at the same place.
 */
static void next_channel(struct sweep_pass *pass, struct cover *cover)
{
	pass->output++;
	pass->w += pass->sweep->rows.taps * pass->sweep->columns.taps;
	pass->y += pass->sweep->y_channel;
	if (cover->tile.bias)
		cover->tile.bias++;
	cover->tile.finish = finish_from(cover->tile.finish, 1);
}

/* A depthwise kernel. A plane has up to nine rectangles of outputs with the same taps. To find them
 * takes longer than to compute the outputs of a small plane. So the plane is copied with zeros
 * around it, which are written once: all outputs have all taps there. */
static void sweep_padded(const struct sweep *s, const lam_real *x, lam_real *y, lam_real *scratch,
	struct lam_slices slices)
{
	const struct run rows = {0, s->rows.outputs, 0, s->rows.taps},
			 columns = {0, s->columns.outputs, 0, s->columns.taps};
	const bool spread = looks_ahead(s);
	const int64_t first = slices_begin(slices, s->groups);
	struct sweep in = *s;
	struct cover cover;

	in.rows.origin = in.columns.origin = 0;
	in.x_row = axis_reached(&s->columns) * LAM_LANES;
	in.x_channel = 0;
	memset(scratch, 0, (size_t)(axis_reached(&s->rows) * in.x_row) * sizeof *scratch);
	in.ahead.on = spread;
	struct sweep_pass pass = pass_of(&in, first, 0, scratch, y);
	find_cover(&pass, &rows, &columns, &cover);
	for (int64_t group = first; group < slices_end(slices, s->groups); group++) {
		const lam_real *plane = x + group * s->x_channel;

		if (cover.tile.ahead.on)
			cover.tile.ahead = ahead_of(
				s, values_between(scratch, plane + s->x_channel), s->y_channel);
		copy_inside(s, plane, spread ? 0 : s->x_channel, scratch);
		run_cover(&cover, &pass);
		next_channel(&pass, &cover);
	}
}

/* Copies `pixels` pixels of all channels, from x on, to [pixel][channel][16] and room. Four
 * channels side by side make whole runs of lines. */
static void pack_pixels(const struct sweep *s, const lam_real *x, int64_t pixels, lam_real *packed)
{
	enum { SIDE_BY_SIDE = 4 };
	const int64_t step = s->x_channel, width = sweep_pixel_step(s->channels) * LAM_LANES;

	for (int64_t c = 0; c < s->channels; c += SIDE_BY_SIDE) {
		const int64_t count = least(SIDE_BY_SIDE, s->channels - c) * LAM_LANES;
		const lam_real *pixel = x + c * step;
		lam_real *to = packed + c * LAM_LANES;

		for (int64_t i = 0; i < pixels; i++, pixel += LAM_LANES, to += width) {
			const lam_real *from = pixel;

			for (int64_t k = 0; k < count; k += LAM_LANES, from += step) {
				__builtin_prefetch(from + SIDE_BY_SIDE * step);
				for (int part = 0; part < LAM_LANES; part += VEC)
					*(vec *)(to + k + part) = *(const vec *)(from + part);
			}
		}
	}
}

/* What tile `tile` of the outputs fetches of the `count` pixels from pixel `first` on, one for each
 * of its tiles: from its share on. If there are many outputs, shares overlap. NULL: those of its
 * own next ones. */
static const lam_real *next_pixels(
	const lam_real *x, int64_t first, int64_t count, int64_t tile, int64_t tiles)
{
	return SWEEP_PACK_FETCHES && count > 0
		? x + (first + piece_begin(count, tile, tiles)) * LAM_LANES
		: NULL;
}

/* A 1x1 kernel without borders. Channels lie a whole plane apart, and if that is a power of two few
 * of them fit into the caches at once, while every tile of outputs reads all. So some pixels of all
 * channels are copied side by side first. The tiles compute as ever, and may fetch the pixels that
 * are copied next. */
static void sweep_packed(const struct sweep *s, const lam_real *x, lam_real *y, lam_real *scratch,
	int64_t pixels, struct lam_slices slices)
{
	const int64_t all = s->columns.outputs, bands = ceil_divide(all, pixels),
		      tiles = sweep_tiles(s), items = bands * tiles,
		      first = slices_begin(slices, items);
	struct sweep in = *s;

	in.x_channel = LAM_LANES;
	in.columns.stride = sweep_pixel_step(s->channels);
	in.fetch_channel = s->x_channel;
	for (int64_t item = first; item < slices_end(slices, items); item++) {
		const int64_t begin = item / tiles * pixels, next = begin + pixels;

		in.fetch = next_pixels(x, next, least(pixels, all - next), item % tiles, tiles);
		in.columns.outputs = least(pixels, all - begin);
		in.columns.size = in.columns.outputs * sweep_pixel_step(s->channels);
		if (item == first || item % tiles == 0)
			pack_pixels(s, x + begin * LAM_LANES, in.columns.outputs, scratch);
		sweep_tile(&in, 0, item % tiles, &(struct band){0, 1, 0, in.columns.outputs},
			scratch, y + begin * LAM_LANES);
	}
}

void sweep_run(const struct sweep *s, const lam_real *x, lam_real *y, lam_real *scratch,
	struct lam_slices slices)
{
	const int64_t pixels = scratch ? packed_pixels(s) : 0;

	if (pixels) {
		sweep_packed(s, x, y, scratch, pixels, slices);
		return;
	}
	if (scratch && padded_values(s)) {
		sweep_padded(s, x, y, scratch, slices);
		return;
	}
	int64_t bands = count_bands(s), tiles = sweep_tiles(s), items = s->groups * bands * tiles;
	struct sweep ahead = *s;

	if (looks_ahead(s))
		ahead.ahead = ahead_of(s, SWEEP_AHEAD * s->rows.stride * s->x_row,
			SWEEP_AHEAD * s->rows.step * s->y_row);

	for (int64_t item = slices_begin(slices, items); item < slices_end(slices, items); item++) {
		struct band band = find_band(s, item / tiles % bands, bands);

		sweep_tile(&ahead, item / tiles / bands, item % tiles, &band, x, y);
	}
}
