/* Runs, rectangles and tiles: how a plane is cut so that the dense loop meets no border. */
#include "framework/kernels/conv_sweep.h"

/* Outputs [begin, end) of an axis, all with the valid taps [tap_begin, tap_end), perhaps none. */
struct run {
	int64_t begin, end, tap_begin, tap_end;
};

/* Input values of a band of rows that stay in the second cache while all outputs pass over them. */
enum { BAND_BYTES = 512 * 1024 };

static int64_t ceil_divide(int64_t a, int64_t b)      /* b > 0, any a */
{
	return a > 0 ? (a + b - 1) / b : -(-a / b);
}

static int64_t limit(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static void valid_taps(const struct axis *axis, int64_t output, struct run *run)
{
	int64_t position = axis->origin + output * axis->stride;

	run->tap_begin = limit(ceil_divide(-position, axis->spacing), 0, axis->taps);
	run->tap_end = limit(ceil_divide(axis->size - position, axis->spacing), run->tap_begin, axis->taps);
	if (run->tap_begin == run->tap_end)
		run->tap_begin = run->tap_end = 0;
}

/* The run that begins at output `begin`, cut off at `end`. */
static struct run find_run(const struct axis *axis, int64_t begin, int64_t end)
{
	struct run run = { .begin = begin }, next;

	valid_taps(axis, begin, &run);
	for (run.end = begin + 1; run.end < end; run.end++) {
		valid_taps(axis, run.end, &next);
		if (next.tap_begin != run.tap_begin || next.tap_end != run.tap_end)
			break;
	}
	return run;
}

/* What all rectangles of one tile of outputs share. */
struct pass {
	const struct sweep *sweep;
	const lam_real *x, *w;         /* this group's channels, this tile's weights */
	lam_real *y;                   /* the tile's first output */
	int64_t outputs;
	struct tile tile;
};

/* `count` tiles of `width` pixels that begin at row i, column j and lie along a row (or, `down`, along a column). */
static void lay_tiles(struct pass *pass, const struct run *row, const struct run *column, int64_t i, int64_t j, bool down,
		      int64_t count, int64_t width)
{
	const struct sweep *s = pass->sweep;
	const struct axis *rows = &s->rows, *columns = &s->columns;
	int64_t x_step = down ? rows->stride * s->x_row : columns->stride * LAM_LANES;
	int64_t y_step = down ? rows->step * s->y_row : columns->step * LAM_LANES;
	const lam_real *x = pass->x + (rows->origin + i * rows->stride + row->tap_begin * rows->spacing) * s->x_row
			    + (columns->origin + j * columns->stride + column->tap_begin * columns->spacing) * LAM_LANES;
	const lam_real *w = pass->w + (row->tap_begin * columns->taps + column->tap_begin) * pass->outputs;
	lam_real *y = pass->y + (rows->first + i * rows->step) * s->y_row
		      + (columns->first + j * columns->step) * LAM_LANES;
	tile_function *function = tile_functions[pass->outputs][width];

	pass->tile.x_pixel = x_step;
	pass->tile.y_pixel = y_step;
	for (int64_t t = 0; t < count; t++)
		function(&pass->tile, x + t * width * x_step, w, y + t * width * y_step);
}

/* One line of pixels, in ever narrower tiles. */
static void lay_line(struct pass *pass, const struct run *row, const struct run *column, int64_t i, int64_t j, bool down,
		     int64_t pixels)
{
	while (pixels > 0) {
		int64_t width = tile_width(pass->outputs, pixels), count = pixels / width, done = count * width;

		lay_tiles(pass, row, column, i, j, down, count, width);
		pixels -= done;
		if (down)
			i += done;
		else
			j += done;
	}
}

static void cover_rectangle(struct pass *pass, const struct run *row, const struct run *column)
{
	int64_t height = row->end - row->begin, width = column->end - column->begin;
	int64_t widest = tile_width(pass->outputs, TILE_PIXELS), wide = width / widest * widest;

	pass->tile.rows = row->tap_end - row->tap_begin;
	pass->tile.columns = column->tap_end - column->tap_begin;
	if (height > width - wide) {
		for (int64_t i = row->begin; wide && i < row->end; i++)
			lay_tiles(pass, row, column, i, column->begin, false, wide / widest, widest);
		for (int64_t j = column->begin + wide; j < column->end; j++)
			lay_line(pass, row, column, row->begin, j, true, height);
	} else {
		for (int64_t i = row->begin; i < row->end; i++)
			lay_line(pass, row, column, i, column->begin, false, width);
	}
}

/* Tile `tile` of group `group`, rows [begin, end). */
static void sweep_tile(const struct sweep *s, int64_t group, int64_t tile, int64_t begin, int64_t end,
		       const lam_real *x, lam_real *y)
{
	int64_t first = tile_begin(s->outputs, tile), outputs = tile_begin(s->outputs, tile + 1) - first;
	int64_t output = group * s->outputs + first, taps = s->rows.taps * s->columns.taps;
	struct pass pass = {
		.sweep = s,
		.x = x + group * s->channels * s->x_channel,
		.w = s->packed + output * s->channels * taps,
		.y = y + output * s->y_channel,
		.outputs = outputs,
		.tile = {
			.channels = s->channels,
			.x_channel = s->x_channel,
			.x_row = s->rows.spacing * s->x_row,
			.x_column = s->columns.spacing * LAM_LANES,
			.w_channel = taps * outputs,
			.w_row = s->columns.taps * outputs,
			.w_column = outputs,
			.y_output = s->y_channel,
			.bias = s->bias ? s->bias + output : NULL,
			.epilogue = s->epilogue,
		},
	};

	for (struct run row = { .end = begin }; row.end < end;) {
		row = find_run(&s->rows, row.end, end);
		for (struct run column = { .end = 0 }; column.end < s->columns.outputs;) {
			column = find_run(&s->columns, column.end, s->columns.outputs);
			cover_rectangle(&pass, &row, &column);
		}
	}
}

void sweep_run(const struct sweep *s, const lam_real *x, lam_real *y, int64_t slice, int64_t slices)
{
	int64_t row_bytes = s->channels * s->x_row * s->rows.stride * (int64_t)sizeof(lam_real);
	int64_t band = limit(BAND_BYTES / (row_bytes + 1), 1, s->rows.outputs);
	int64_t bands = (s->rows.outputs + band - 1) / band, tiles = tile_count(s->outputs);
	int64_t items = s->groups * bands * tiles;

	for (int64_t item = items * slice / slices; item < items * (slice + 1) / slices; item++) {
		int64_t tile = item % tiles, rows = item / tiles % bands, group = item / tiles / bands;

		sweep_tile(s, group, tile, s->rows.outputs * rows / bands, s->rows.outputs * (rows + 1) / bands, x, y);
	}
}
