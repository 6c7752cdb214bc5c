/* SPDX-License-Identifier: MIT */
/* The weight gradient of a convolution with channels in the lanes. For one tap it is a product of
 * matrices over pixels: vectors of sixteen channels of one side times numbers of the other.
 *
 *     form            vectors    numbers
 *     dense           narrow     the channels of a lane block of wide, for each tap
 *     wide planes     narrow     channels x taps of wide, copied with its padding
 *     narrow planes   wide       the few channels of narrow, for each tap
 *     depthwise       both       lane by lane, for each tap
 *     grouped         narrow     as dense, of the lane blocks that a unit's groups have: a product
 *                                of two groups is computed, and not stored
 *     Winograd        channel_winograd_weight.c
 *
 * The work is cut into chunks of the weights, and if these are few, the pixels of all samples into
 * parts, each with sums of its own, which a last phase adds in order. A chunk passes over bands of
 * at most CHANNEL_WEIGHT_PIXELS pixels, of several samples if planes are small, that stay in the
 * first cache while all taps read them. A band's products are summed in registers; SUM_PARTIALS
 * bands in floats, and those in double. */
#include "framework/kernels/channel_weight_cut.h"
#include "framework/kernels/channel_winograd.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/transpose_own.h"

#include <string.h>

/* Copies one plane with its padding. */
static void pad_plane(const struct cut *c, const lam_real *from, lam_real *to)
{
	const lam_conv_geometry *g = c->g;
	const int64_t width = c->padded_columns, left = least(g->pw, width),
		      copied = limit(width - left, 0, g->w);

	for (int64_t i = 0; i < c->padded_rows; i++, to += width) {
		const int64_t row = i - g->ph;
		const bool inside = row >= 0 && row < g->h;

		memset(to, 0, (size_t)width * sizeof *to);
		if (inside)
			memcpy(to + left, from + row * g->w, (size_t)copied * sizeof *to);
	}
}

/* The outputs [*begin, *end) of those given whose tap `tap` lies inside an axis. */
static void clip(int64_t tap, int64_t size, int64_t stride, int64_t pad, int64_t dilation,
	int64_t *begin, int64_t *end)
{
	const int64_t at = pad - tap * dilation;

	*begin = most(*begin, ceil_divide(at, stride));
	*end = least(*end, ceil_divide(at + size, stride));
}

/* Everything that the tiles of a chunk need. */
struct sweep {
	const struct cut *cut;
	const struct chunk *chunk;
	const lam_real *wide, *narrow; /* of the first sample */
	int64_t wide_sample, narrow_sample;
	lam_real *sums;
};

/* Joins rows that lie one after another in both operands. */
static void join_rows(struct channel_weight_tile *t)
{
	if (t->v_row == t->columns * t->v_pixel && t->n_row == t->columns * t->n_pixel) {
		t->columns *= t->rows;
		t->rows = 1;
	}
}

/* Runs tiles for `count` numbers at `offset`, whose sums lie to_number apart. */
static void run_tiles(const struct sweep *s, struct channel_weight_tile *t, const lam_real *v,
	const lam_real *n, const int64_t *offset, int64_t count, lam_real *to)
{
	const bool depthwise = s->cut->form == LAM_CHANNEL_WEIGHT_DEPTHWISE;
	const int64_t tiles = ceil_divide(count, CHANNEL_WEIGHT_NUMBERS);

	for (int64_t tile = 0; tile < tiles; tile++) {
		const int64_t first = piece_begin(count, tile, tiles),
			      here = piece_begin(count, tile + 1, tiles) - first;

		(depthwise ? channel_weight_depthwise[here]
			   : channel_weight_dense[s->chunk->units][here])(
			t, v, n, offset + first, to + first * t->to_number);
	}
}

/* The lane block of wide that a chunk reads. */
static int64_t wide_block(const struct cut *c, const struct chunk *chunk)
{
	if (c->form == LAM_CHANNEL_WEIGHT_DEPTHWISE)
		return chunk->unit;
	if (c->form == LAM_CHANNEL_WEIGHT_GROUPED)
		return grouped_first_block(c, chunk->unit) + chunk->piece;
	return chunk->group * c->pieces + chunk->piece;
}

/* Adds a band to the sums of one tap of a chunk. */
static void sweep_tap(const struct sweep *s, const struct band *band, int64_t tap)
{
	static const int64_t consecutive[LAM_LANES] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	const struct cut *c = s->cut;
	const struct chunk *chunk = s->chunk;
	const lam_conv_geometry *g = c->g;
	const bool narrow_planes = c->form == LAM_CHANNEL_WEIGHT_NARROW_PLANES;
	const int64_t p = tap / g->kw, q = tap % g->kw, plane = g->oh * g->ow,
		      lanes = narrow_planes ? 1 : LAM_LANES;
	int64_t row = band->row, row_end = row + band->rows, column = band->column,
		column_end = column + band->columns, planes[LAM_CHANNEL_FEW];

	clip(p, g->h, g->sh, g->ph, g->dh, &row, &row_end);
	clip(q, g->w, g->sw, g->pw, g->dw, &column, &column_end);
	if (row >= row_end || column >= column_end)
		return;
	const lam_real *narrow = s->narrow + band->sample * s->narrow_sample
		+ (row * g->ow + column) * lanes;
	const lam_real *wide = s->wide + band->sample * s->wide_sample
		+ ((row * g->sh + p * g->dh - g->ph) * g->w + column * g->sw + q * g->dw - g->pw)
			* LAM_LANES;
	struct channel_weight_tile t = {
		.planes = band->planes,
		.rows = row_end - row,
		.columns = column_end - column,
		.v_plane = s->narrow_sample,
		.v_row = g->ow * LAM_LANES,
		.v_pixel = LAM_LANES,
		.v_unit = plane * LAM_LANES,
		.n_plane = s->wide_sample,
		.n_row = g->sh * g->w * LAM_LANES,
		.n_pixel = g->sw * LAM_LANES,
		.to_unit = c->numbers * c->tap_width * LAM_LANES,
		.to_number = chunk->taps * LAM_LANES,
	};
	const int64_t unit = chunk->group * c->units + chunk->unit, size = g->h * g->w * LAM_LANES;
	lam_real *to = s->sums + (tap - chunk->tap) * LAM_LANES;

	if (narrow_planes) {
		for (int64_t k = 0; k < chunk->numbers; k++)
			planes[k] = k * plane;
		t.v_plane = s->wide_sample;
		t.v_row = g->sh * g->w * LAM_LANES;
		t.v_pixel = g->sw * LAM_LANES;
		t.v_unit = size;
		t.n_plane = s->narrow_sample;
		t.n_row = g->ow;
		t.n_pixel = 1;
		join_rows(&t);
		run_tiles(s, &t, wide + unit * size, narrow, planes, chunk->numbers, to);
		return;
	}
	join_rows(&t);
	run_tiles(s, &t, narrow + unit * plane * LAM_LANES, wide + wide_block(c, chunk) * size,
		consecutive, chunk->numbers, to);
}

/* Adds a band to the sums of a chunk whose numbers are taps of padded planes. */
static void sweep_planes(const struct sweep *s, const struct band *band)
{
	const struct cut *c = s->cut;
	const struct chunk *chunk = s->chunk;
	const lam_conv_geometry *g = c->g;
	const int64_t plane = g->oh * g->ow, width = c->padded_columns, taps = g->kh * g->kw;
	struct channel_weight_tile t = {
		.planes = band->planes,
		.rows = band->rows,
		.columns = band->columns,
		.v_plane = s->narrow_sample,
		.v_row = g->ow * LAM_LANES,
		.v_pixel = LAM_LANES,
		.v_unit = plane * LAM_LANES,
		.n_plane = s->wide_sample,
		.n_row = g->sh * width,
		.n_pixel = g->sw,
		.to_unit = c->numbers * LAM_LANES,
		.to_number = LAM_LANES,
	};
	const lam_real *v = s->narrow + band->sample * s->narrow_sample
		+ (band->row * g->ow + band->column) * LAM_LANES + chunk->unit * plane * LAM_LANES;
	const lam_real *n = s->wide + band->sample * s->wide_sample + band->row * t.n_row
		+ band->column * t.n_pixel;
	const int64_t tiles = ceil_divide(chunk->numbers, CHANNEL_WEIGHT_NUMBERS);

	join_rows(&t);
	for (int64_t tile = 0; tile < tiles; tile++) {
		const int64_t first = piece_begin(chunk->numbers, tile, tiles),
			      count = piece_begin(chunk->numbers, tile + 1, tiles) - first;
		int64_t offset[CHANNEL_WEIGHT_NUMBERS];

		for (int64_t k = 0; k < count; k++) {
			const int64_t number = chunk->piece * c->numbers + first + k,
				      tap = number % taps;

			offset[k] = number / taps * c->padded_rows * width
				+ tap / g->kw * g->dh * width + tap % g->kw * g->dw;
		}
		run_tiles(s, &t, v, n, offset, count, s->sums + first * LAM_LANES);
	}
}

/* Sums the bands [first, end) of a chunk: into sums, by way of totals if there are many. */
static void sum_bands(
	const struct sweep *s, double *totals, int64_t first, int64_t end, int64_t samples)
{
	const struct cut *c = s->cut;
	const bool many = end - first > SUM_PARTIALS;
	lam_real *sums = s->sums;

	memset(sums, 0, (size_t)c->chunk_values * sizeof *sums);
	if (many)
		memset(totals, 0, (size_t)c->chunk_values * sizeof *totals);
	for (int64_t index = first; index < end; index++) {
		const struct band band = lam_channel_weight_band(c, index, samples);

		if (c->form == LAM_CHANNEL_WEIGHT_WIDE_PLANES)
			sweep_planes(s, &band);
		for (int64_t t = 0; t < s->chunk->taps && c->form != LAM_CHANNEL_WEIGHT_WIDE_PLANES;
			t++)
			sweep_tap(s, &band, s->chunk->tap + t);
		if (!many || ((index - first + 1) % SUM_PARTIALS && index + 1 < end))
			continue;
		for (int64_t i = 0; i < c->chunk_values; i++) {
			totals[i] += (double)sums[i];
			sums[i] = 0;
		}
	}
	for (int64_t i = 0; many && i < c->chunk_values; i++)
		sums[i] = (lam_real)totals[i];
}

/* Writes those sums of a chunk whose channel is in the group of its output. */
static void store_grouped(
	const struct cut *c, const struct chunk *chunk, const lam_real *sums, lam_real *dw)
{
	const int64_t taps = c->g->kh * c->g->kw, first = chunk->unit * LAM_LANES,
		      channel = (grouped_first_block(c, chunk->unit) + chunk->piece) * LAM_LANES;

	for (int64_t l = 0; l < LAM_LANES && first + l < c->g->out; l++) {
		const int64_t group = (first + l) / c->group_out;

		for (int64_t k = 0; k < chunk->numbers; k++) {
			const int64_t i = channel + k - group * c->group_in;

			if (i < 0 || i >= c->group_in)
				continue; /* of another group */
			lam_real *to = dw + ((first + l) * c->group_in + i) * taps + chunk->tap;

			for (int64_t tap = 0; tap < chunk->taps; tap++)
				to[tap] = sums[(k * chunk->taps + tap) * LAM_LANES + l];
		}
	}
}

/* Writes a chunk's sums to dw, [out][in of the group][taps]. */
static void store(
	const struct cut *c, const struct chunk *chunk, const lam_real *sums, lam_real *dw)
{
	if (c->form == LAM_CHANNEL_WEIGHT_GROUPED) {
		store_grouped(c, chunk, sums, dw);
		return;
	}
	const lam_conv_geometry *g = c->g;
	const int64_t taps = g->kh * g->kw, whole = c->group_in * taps;
	const bool by_out = c->form == LAM_CHANNEL_WEIGHT_DENSE
		|| c->form == LAM_CHANNEL_WEIGHT_WIDE_PLANES;

	for (int64_t u = 0; u < chunk->units; u++) {
		const lam_real *from = sums + u * c->numbers * c->tap_width * LAM_LANES;
		const int64_t first = (chunk->unit + u) * LAM_LANES;
		const int used = (int)least(LAM_LANES,
			(by_out                                                   ? c->group_out
					: c->form == LAM_CHANNEL_WEIGHT_DEPTHWISE ? g->groups
										  : g->in)
				- first);
		/* As many values of a row as lie one after another. */
		const bool joined = by_out && chunk->taps == c->taps;
		const int64_t run = chunk->taps * (joined ? chunk->numbers : 1);

		for (int64_t k = 0; k < (joined ? 1 : chunk->numbers); k++) {
			lam_real *to = dw + chunk->tap;

			if (by_out)
				to += (chunk->group * c->group_out + first) * whole
					+ chunk->piece * c->numbers
						* (c->form == LAM_CHANNEL_WEIGHT_DENSE ? taps : 1)
					+ k * taps;
			else
				to += (k * g->in + first) * taps;
			LAM_KERNEL(transpose_kernels)
				.block_to_rows(to, (size_t)(by_out ? whole : taps),
					from + k * chunk->taps * LAM_LANES, (size_t)run, used);
		}
	}
}

static void sum_slices(const struct cut *c, const struct lam_channel_gradient_call *call,
	const lam_real *wide, int64_t wide_sample)
{
	const int64_t parts = lam_channel_weight_parts(c, call->samples),
		      bands = lam_channel_weight_bands(c, call->samples), items = c->chunks * parts;
	lam_real *sums = call->scratch;

	for (int64_t item = slices_begin(call->slices, items);
		item < slices_end(call->slices, items); item++) {
		const int64_t index = item % c->chunks, part = item / c->chunks;
		const struct chunk chunk = lam_channel_weight_chunk(c, index);
		const struct sweep s = {
			.cut = c,
			.chunk = &chunk,
			.wide = wide,
			.narrow = call->narrow,
			.wide_sample = wide_sample,
			.narrow_sample = call->narrow_sample,
			.sums = parts > 1 ? (lam_real *)call->shared
					+ (part * c->chunks + index) * c->chunk_values
					  : sums,
		};

		sum_bands(&s, (double *)(void *)(sums + c->chunk_values),
			piece_begin(bands, part, parts), piece_begin(bands, part + 1, parts),
			call->samples);
		if (parts == 1)
			store(c, &chunk, s.sums, call->dw);
	}
}

static void add_parts(const struct cut *c, const struct lam_channel_gradient_call *call)
{
	const int64_t parts = lam_channel_weight_parts(c, call->samples);
	lam_real *shared = call->shared;

	for (int64_t index = slices_begin(call->slices, c->chunks);
		index < slices_end(call->slices, c->chunks); index++) {
		const struct chunk chunk = lam_channel_weight_chunk(c, index);
		lam_real *first = shared + index * c->chunk_values;

		for (int64_t part = 1; part < parts; part++) {
			const lam_real *next = first + part * c->chunks * c->chunk_values;

			for (int64_t i = 0; i < c->chunk_values; i += VEC)
				*(vec *)(first + i) += *(const vec *)(next + i);
		}
		store(c, &chunk, first, call->dw);
	}
}

void channel_weight_gradient(const lam_conv_geometry *g, lam_channel_weight_form form,
	const struct lam_channel_gradient_call *call)
{
	if (form == LAM_CHANNEL_WEIGHT_WINOGRAD) {
		channel_winograd_weight_gradient(g, call);
		return;
	}
	const struct cut c = channel_weight_cut(g, form);
	lam_real *padded = (lam_real *)call->shared + part_values(&c);
	const int64_t sample = padded_values(&c), plane = c.padded_rows * c.padded_columns;

	switch (phase_of(&c, call->phase)) {
	case PAD:
		for (int64_t i = slices_begin(call->slices, call->samples * g->in);
			i < slices_end(call->slices, call->samples * g->in); i++)
			pad_plane(&c,
				call->wide + i / g->in * call->wide_sample
					+ i % g->in * g->h * g->w,
				padded + i / g->in * sample + i % g->in * plane);
		return;
	case SUM:
		sum_slices(&c, call, c.pads ? padded : call->wide,
			c.pads ? sample : call->wide_sample);
		return;
	default:
		add_parts(&c, call);
	}
}
