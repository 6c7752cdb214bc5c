/* SPDX-License-Identifier: MIT */
/* Runs, rectangles and tiles of a sweep with channels in the lanes. */
#include "framework/kernels/channel_sweep.h"
#include "framework/kernels/channel_own.h"

/* The most pixels of a band of a depthwise kernel that is copied with its padding: 24 KiB of
 * floats, half of a Zen 5's first cache. */
enum { CHANNEL_PAD_PIXELS = 384 };

/* What is the same for all rectangles of one tile of units. */
struct channel_pass {
	const struct channel_sweep *sweep;
	const lam_real *x, *w;
	lam_real *y;
	channel_tile_function *const *functions;
	int64_t line;   /* the position on the long axis that x begins with */
	int64_t width;  /* weights of one tap of one channel */
	int64_t output; /* its first, counted over all groups */
};

static channel_tile_function *const *functions_of(const struct channel_sweep *s, int64_t units)
{
	return s->form == LAM_CHANNEL_DEPTHWISE     ? channel_depthwise
		: s->form == LAM_CHANNEL_FEW_PLANES ? channel_few
						    : channel_dense[units];
}

/* The loops for `rows` x `columns` taps. */
static struct channel_tile tile_of_taps(
	const struct channel_pass *pass, int64_t rows, int64_t columns)
{
	const struct channel_sweep *s = pass->sweep;
	int64_t row_step = s->long_axis.axis.spacing * s->long_axis.x_step,
		column_step = s->axis.axis.spacing * s->axis.x_step;
	int64_t tap_weights = pass->width * (s->form == LAM_CHANNEL_DENSE ? s->inner : 1);
	struct channel_tile tile = {
		.blocks = s->blocks,
		.rows = rows,
		.columns = columns,
		.inner = s->inner,
		.last = s->last,
		.x_block = s->x_block,
		.x_row = row_step,
		.x_column = column_step,
		.x_inner = 1,
		.w_block = s->long_axis.axis.taps * s->axis.axis.taps * tap_weights,
		.w_row = s->axis.axis.taps * tap_weights,
		.w_column = tap_weights,
		.y_unit = s->y_unit,
		.finish = finish_from(s->finish, pass->output),
		.units = pass->width / LAM_LANES,
		.lanes = s->form == LAM_CHANNEL_FEW_PLANES ? 1 : LAM_LANES,
		.terms = s->form == LAM_CHANNEL_DENSE       ? s->inner
			: s->form == LAM_CHANNEL_FEW_PLANES ? PARTS
							    : 1,
	};

	if (s->form == LAM_CHANNEL_DENSE || s->form == LAM_CHANNEL_DENSE_PLANES)
		channel_join(&tile);
	return tile;
}

/* Lines of tiles that cover a rectangle. */
struct channel_cover {
	struct channel_tile tile;
	struct plane_lines at;
	int64_t w; /* from the pass's w to that of the first tap, in values */
};

static void find_cover(const struct channel_pass *pass, const struct run *row,
	const struct run *column, struct channel_cover *cover)
{
	const struct channel_sweep *s = pass->sweep;
	const struct channel_axis *down = &s->long_axis, *along = &s->axis;
	const struct plane_axis rows = {&down->axis, down->x_step, down->y_step},
				columns = {&along->axis, along->x_step, along->y_step};
	const int64_t tap_weights = pass->width * (s->form == LAM_CHANNEL_DENSE ? s->inner : 1);
	struct channel_tile *tile = &cover->tile;

	*tile = tile_of_taps(
		pass, row->tap_end - row->tap_begin, column->tap_end - column->tap_begin);
	cover->at = cover_runs(&rows, &columns, row, column, channel_widest(pass->functions));
	cover->at.x -= pass->line * down->x_step;
	tile->x_line = cover->at.x_line;
	tile->y_line = cover->at.y_line;
	tile->x_pixel = cover->at.x_pixel;
	tile->y_pixel = cover->at.y_pixel;
	cover->w = (row->tap_begin * along->axis.taps + column->tap_begin) * tap_weights;
}

static void run_cover(const struct channel_pass *pass, struct channel_cover *cover)
{
	channel_lines(pass->functions, &cover->tile, cover->at.lines, cover->at.pixels,
		pass->x + cover->at.x, pass->w + cover->w, pass->y + cover->at.y);
}

/* Computes the positions [begin, end) of the long axis. */
static void sweep_lines(
	const struct channel_pass *pass, int64_t begin, int64_t end, const lam_real *bias)
{
	const struct channel_sweep *s = pass->sweep;

	for (struct run row = {.end = begin}; row.end < end;) {
		row = find_run(&s->long_axis.axis, row.end, end);
		for (struct run column = {.end = 0}; column.end < s->axis.axis.outputs;) {
			struct channel_cover cover;

			column = find_run(&s->axis.axis, column.end, s->axis.axis.outputs);
			find_cover(pass, &row, &column, &cover);
			cover.tile.bias = bias;
			run_cover(pass, &cover);
		}
	}
}

/* The outputs [begin, end) along the long axis of groups that get blocks of their own: as many as
 * scratch can hold. */
COLD static void sweep_own_piece(
	const struct channel_sweep *s, int64_t begin, int64_t end, const lam_real *x, lam_real *y)
{
	struct channel_sweep of = *s;
	int64_t line, last;

	channel_own_lines(s, begin, end, &line, &last);
	of.bias = NULL;
	of.finish = (struct finish){.adds = false};
	of.axis.x_step = of.axis.y_step = LAM_LANES;
	of.long_axis.x_step = of.axis.axis.size * LAM_LANES;
	of.long_axis.y_step = of.axis.axis.outputs * LAM_LANES;
	of.axis.axis.first = of.long_axis.axis.first = 0;
	of.axis.axis.step = of.long_axis.axis.step = 1;
	of.x_block = (last - line) * of.long_axis.x_step;
	of.y_unit = (end - begin) * of.long_axis.y_step;
	lam_real *sums = s->scratch + s->blocks * of.x_block;
	for (int64_t group = 0; group < s->groups; group++) {
		channel_own_copy(s, group, line, last, x, s->scratch);
		for (int64_t tile = 0; tile < channel_tile_count(s->units, s->most_units); tile++) {
			const int64_t first = channel_tile_begin(s->units, s->most_units, tile),
				      units = channel_tile_begin(s->units, s->most_units, tile + 1)
				- first;
			const struct channel_pass pass = {
				.sweep = &of,
				.x = s->scratch,
				.w = s->packed
					+ (group * s->units + first) * channel_unit_weights(s),
				.y = sums + first * of.y_unit - begin * of.long_axis.y_step,
				.functions = functions_of(&of, units),
				.line = line,
				.width = units * LAM_LANES,
			};

			sweep_lines(&pass, begin, end, NULL);
		}
		channel_own_scatter(s, group, begin, end, sums, y);
	}
}

/* The outputs [begin, end) along the long axis of all such groups. */
COLD static void sweep_own_blocks(
	const struct channel_sweep *s, int64_t begin, int64_t end, const lam_real *x, lam_real *y)
{
	const int64_t pieces = ceil_divide(end - begin, channel_own_outputs(s)),
		      outputs = s->axis.axis.outputs;

	for (int64_t piece = 0; piece < pieces; piece++)
		sweep_own_piece(s, begin + piece_begin(end - begin, piece, pieces),
			begin + piece_begin(end - begin, piece + 1, pieces), x, y);
	for (int64_t o = 0; o < s->groups * s->outputs && s->finish.apply; o += LAM_LANES)
		for (int64_t i = begin; i < end; i++)
			finish_apply(&s->finish,
				y + o / LAM_LANES * s->y_unit + channel_line_at(s, i), outputs,
				s->axis.axis.step * s->axis.y_step, LAM_LANES);
}

/* Returns the end of what it clears. */
static lam_real *clear_pixels(lam_real *to, int64_t pixels)
{
	for (const lam_real *end = to + pixels * LAM_LANES; to < end; to += VEC)
		*(vec *)to = (vec){0};
	return to;
}

/* Copies what the outputs of two axes reach of a plane to [row][column][16], with zeros outside of
 * the plane. */
static void copy_padded(
	const struct channel_sweep *s, const struct axis *rows, const lam_real *x, lam_real *to)
{
	const struct axis *columns = &s->axis.axis;
	const int64_t height = axis_reached(rows), width = axis_reached(columns),
		      step = s->axis.x_step, begin = limit(-columns->origin, 0, width),
		      end = limit(columns->size - columns->origin, begin, width);

	for (int64_t i = rows->origin; i < rows->origin + height; i++) {
		if (i < 0 || i >= rows->size) {
			to = clear_pixels(to, width);
			continue;
		}
		const lam_real *from = x + i * s->long_axis.x_step
			+ (columns->origin + begin) * step;

		to = clear_pixels(to, begin);
		for (int64_t j = begin; j < end; j++, from += step, to += LAM_LANES)
			for (int part = 0; part < LAM_LANES; part += VEC)
				*(vec *)(to + part) = *(const vec *)(from + part);
		to = clear_pixels(to, width - end);
	}
}

/* The pixels that a band of a depthwise kernel reaches; 0: its bands are not copied. Sums of more
 * than SUM_TERMS taps are cut by their number, and zeros would count. */
static int64_t padded_pixels(const struct channel_sweep *s, int64_t bands)
{
	const struct axis *rows = &s->long_axis.axis, *columns = &s->axis.axis;
	const int64_t count = limit(bands, 1, most(1, rows->outputs));
	const struct axis band = axis_part(rows, 0, ceil_divide(rows->outputs, count));

	return s->form == LAM_CHANNEL_DEPTHWISE && rows->outputs > 0 && columns->outputs > 0
			&& rows->taps > 0 && columns->taps > 0
			&& rows->taps <= SUM_TERMS / columns->taps
			&& axis_reached(&band) <= CHANNEL_PAD_PIXELS / axis_reached(columns)
			&& (axis_crosses_border(rows) || axis_crosses_border(columns))
		? axis_reached(&band) * axis_reached(columns)
		: 0;
}

/* Computes tile `tile` of group `group`, for the positions [begin, end) of the long axis. */
static void sweep_tile(const struct channel_sweep *s, int64_t group, int64_t tile, int64_t begin,
	int64_t end, const lam_real *x, lam_real *y)
{
	int64_t first = channel_tile_begin(s->units, s->most_units, tile);
	int64_t units = channel_tile_begin(s->units, s->most_units, tile + 1) - first,
		unit = group * s->units + first;
	bool few = s->form == LAM_CHANNEL_FEW_PLANES;
	const lam_real *bias = s->bias ? s->bias + unit * (few ? 1 : LAM_LANES) : NULL;
	const struct channel_pass pass = {
		.sweep = s,
		.x = x + group * s->blocks * s->x_block,
		.w = s->packed + unit * channel_unit_weights(s),
		.y = y + unit * s->y_unit,
		.functions = functions_of(s, units),
		.width = units * LAM_LANES,
		.output = unit * (few ? 1 : LAM_LANES),
	};

	sweep_lines(&pass, begin, end, bias);
}

/* Groups [group, last) of a depthwise kernel, for the positions [begin, end) of the long axis. A
 * band has up to nine rectangles of outputs with the same taps. To find them takes longer than to
 * compute the outputs of a small plane. So it is copied with zeros around it: all outputs have all
 * taps there. */
static void sweep_padded(const struct channel_sweep *s, int64_t group, int64_t last, int64_t begin,
	int64_t end, const lam_real *x, lam_real *y)
{
	struct channel_sweep in = *s;
	struct axis *rows = &in.long_axis.axis, *columns = &in.axis.axis;
	const struct axis band = axis_part(rows, begin, end);
	struct channel_pass pass = {
		.sweep = &in,
		.x = s->scratch,
		.w = s->packed + group * channel_unit_weights(s),
		.y = y + group * s->y_unit,
		.functions = channel_depthwise,
		.width = LAM_LANES,
		.output = group * LAM_LANES,
	};
	struct channel_cover cover;

	*rows = band;
	rows->origin = columns->origin = 0;
	in.axis.x_step = LAM_LANES;
	in.long_axis.x_step = axis_reached(columns) * LAM_LANES;
	find_cover(&pass, &(struct run){0, rows->outputs, 0, rows->taps},
		&(struct run){0, columns->outputs, 0, columns->taps}, &cover);
	cover.tile.bias = s->bias ? s->bias + group * LAM_LANES : NULL;
	for (; group < last; group++) {
		copy_padded(s, &band, x + group * s->x_block, s->scratch);
		run_cover(&pass, &cover);
		pass.w += channel_unit_weights(s);
		pass.y += s->y_unit;
		if (cover.tile.bias)
			cover.tile.bias += LAM_LANES;
		cover.tile.finish = finish_from(cover.tile.finish, LAM_LANES);
	}
}

int64_t channel_sweep_values(const struct channel_sweep *s, int64_t bands)
{
	return s->own_blocks ? channel_own_values(s) : padded_pixels(s, bands) * LAM_LANES;
}

/* An item that a thread computes. Without `by_bands` the band is the faster index, so that the
 * neighbouring items of one thread read the same weights. */
struct item {
	int64_t band, tile, group;
};

static struct item item_at(
	const struct channel_sweep *s, int64_t index, int64_t bands, int64_t tiles, bool by_bands)
{
	if (by_bands)
		return (struct item){
			index / tiles / s->groups, index % tiles, index / tiles % s->groups};
	return (struct item){index % bands, index / bands % tiles, index / bands / tiles};
}

/* A call for all slices of a sample, which shares them with no other, computes them tile by tile.
 * All others of a sample go by bands, or none does. */
void channel_sweep_run(const struct channel_sweep *s, const lam_real *x, lam_real *y, int64_t bands,
	struct lam_slices slices)
{
	const bool padded = s->scratch && padded_pixels(s, bands) > 0,
		   by_bands = channel_by_bands(s) && slices.end - slices.first < slices.count;
	const int64_t rows = s->long_axis.axis.outputs, count = limit(bands, 1, rows),
		      tiles = channel_tile_count(s->units, s->most_units),
		      items = s->own_blocks ? count : s->groups * tiles * count;

	if (s->own_blocks && items > 0) {
		sweep_own_blocks(s, piece_begin(rows, slices_begin(slices, items), count),
			piece_begin(rows, slices_end(slices, items), count), x, y);
		return;
	}
	const int64_t last = slices_end(slices, items);

	for (int64_t i = slices_begin(slices, items), next; i < last; i = next) {
		const struct item item = item_at(s, i, count, tiles, by_bands);
		const int64_t begin = piece_begin(rows, item.band, count),
			      end = piece_begin(rows, item.band + 1, count);

		next = i + 1;
		if (!padded) {
			sweep_tile(s, item.group, item.tile, begin, end, x, y);
			continue;
		}
		/* The groups of a band are neighbours, unless bands are the faster index. */
		if (by_bands || count == 1)
			next = least(last, i + s->groups - item.group);
		sweep_padded(s, item.group, item.group + next - i, begin, end, x, y);
	}
}
