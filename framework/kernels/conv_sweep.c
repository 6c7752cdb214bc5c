/* Runs, rectangles and tiles: how a plane is cut so that the dense loop meets no border. */
#include "framework/kernels/conv_sweep.h"

/* Input values of a band of rows that stay in the second cache while all outputs pass over them. */
enum { BAND_BYTES = 512 * 1024 };

/* What all rectangles of one tile of outputs share. */
struct pass {
	const struct sweep *sweep;
	const lam_real *x, *w;         /* this group's channels, this tile's weights */
	lam_real *y;                   /* the tile's first output */
	int64_t outputs;
	struct tile tile;              /* its steps; a rectangle adds its taps and lines */
};

/* The tile's loops for `rows` x `columns` taps. Loops of one round are left out, so that a 1x1 kernel is one long loop. */
static struct tile tile_of_taps(const struct pass *pass, int64_t rows, int64_t columns)
{
	struct tile tile = pass->tile;

	tile.rows = rows;
	tile.columns = columns;
	if (tile.columns == 1) {
		tile.columns = tile.rows;
		tile.x_column = tile.x_row;
		tile.w_column = tile.w_row;
		tile.rows = 1;
	}
	if (tile.rows == 1 && tile.columns == 1) {
		tile.columns = tile.channels;
		tile.x_column = tile.x_channel;
		tile.w_column = tile.w_channel;
		tile.channels = 1;
	}
	return tile;
}

/* Lines of tiles along the rows or down the columns, whichever takes fewer tiles. */
static void cover_rectangle(const struct pass *pass, const struct run *row, const struct run *column)
{
	const struct sweep *s = pass->sweep;
	const struct axis *rows = &s->rows, *columns = &s->columns;
	int64_t height = row->end - row->begin, width = column->end - column->begin, widest = tile_widest(pass->outputs);
	bool down = width * ceil_divide(height, widest) < height * ceil_divide(width, widest);
	int64_t x_down = rows->stride * s->x_row, x_along = columns->stride * LAM_LANES;
	int64_t y_down = rows->step * s->y_row, y_along = columns->step * LAM_LANES;
	struct tile tile = tile_of_taps(pass, row->tap_end - row->tap_begin, column->tap_end - column->tap_begin);

	tile.x_line = down ? x_along : x_down;
	tile.y_line = down ? y_along : y_down;
	tile.x_pixel = down ? x_down : x_along;
	tile.y_pixel = down ? y_down : y_along;
	tile_lines(&tile, pass->outputs, down ? width : height, down ? height : width,
		   pass->x + (rows->origin + row->tap_begin * rows->spacing) * s->x_row + row->begin * x_down
			   + (columns->origin + column->tap_begin * columns->spacing) * LAM_LANES + column->begin * x_along,
		   pass->w + (row->tap_begin * columns->taps + column->tap_begin) * pass->outputs,
		   pass->y + rows->first * s->y_row + row->begin * y_down
			   + columns->first * LAM_LANES + column->begin * y_along);
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
