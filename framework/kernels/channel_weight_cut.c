/* SPDX-License-Identifier: MIT */
/* By shapes alone, as sweep_shape.c: compiled once for all instruction sets. */
#include "framework/kernels/channel_weight_cut.h"

struct cut lam_channel_weight_cut(
	const lam_conv_geometry *g, lam_channel_weight_form form, int64_t most_units)
{
	struct cut c = {
		.g = g,
		.form = form,
		.group_out = g->out / g->groups,
		.group_in = g->in / g->groups,
		.taps = g->kh * g->kw,
		.width = 1,
		.groups = g->groups,
	};
	const int64_t pixels = g->oh * g->ow, most_pixels = CHANNEL_WEIGHT_PIXELS;

	c.tap_width = least(c.taps, CHANNEL_WEIGHT_TAPS);
	if (form == LAM_CHANNEL_WEIGHT_DEPTHWISE) {
		c.groups = 1;
		c.units = lane_blocks(g->groups);
		c.numbers = c.pieces = 1;
		c.tap_width = c.taps;
	} else if (form == LAM_CHANNEL_WEIGHT_GROUPED) {
		c.groups = 1;
		c.units = lane_blocks(g->out);
		c.numbers = LAM_LANES;
		c.pieces = 1;
		for (int64_t unit = 0; unit < c.units; unit++)
			c.pieces = most(c.pieces,
				grouped_last_block(&c, unit) - grouped_first_block(&c, unit) + 1);
	} else if (form == LAM_CHANNEL_WEIGHT_NARROW_PLANES) {
		c.units = lane_blocks(g->in);
		c.numbers = g->out;
		c.pieces = 1;
	} else if (form == LAM_CHANNEL_WEIGHT_WIDE_PLANES) {
		c.units = lane_blocks(g->out);
		c.numbers = least(g->in * c.taps, LAM_LANES * CHANNEL_WEIGHT_TAPS);
		c.pieces = ceil_divide(g->in * c.taps, c.numbers);
		c.tap_width = 1;
		c.taps = 1;
	} else {
		c.units = lane_blocks(c.group_out);
		c.numbers = LAM_LANES;
		c.pieces = lane_blocks(c.group_in);
	}
	if (form != LAM_CHANNEL_WEIGHT_DEPTHWISE && form != LAM_CHANNEL_WEIGHT_GROUPED)
		c.width = least(most_units, c.units);
	c.tap_pieces = ceil_divide(c.taps, c.tap_width);
	c.chunks = c.groups * ceil_divide(c.units, c.width) * c.pieces * c.tap_pieces;
	c.chunk_values = c.width * c.numbers * c.tap_width * LAM_LANES;
	c.pads = form == LAM_CHANNEL_WEIGHT_WIDE_PLANES && (g->ph > 0 || g->pw > 0);
	c.padded_rows = c.pads ? (g->oh - 1) * g->sh + (g->kh - 1) * g->dh + 1 : g->h;
	c.padded_columns = c.pads ? (g->ow - 1) * g->sw + (g->kw - 1) * g->dw + 1 : g->w;
	c.planes = limit(most_pixels / pixels, 1, most_pixels);
	c.bands_across = ceil_divide(g->ow, most_pixels);
	c.bands_down = pixels <= most_pixels ? 1
		: c.bands_across > 1         ? g->oh
					     : ceil_divide(g->oh, most_pixels / g->ow);
	return c;
}

int64_t lam_channel_weight_bands(const struct cut *c, int64_t samples)
{
	return ceil_divide(samples, c->planes) * c->bands_down * c->bands_across;
}

int64_t lam_channel_weight_parts(const struct cut *c, int64_t samples)
{
	return limit(ceil_divide(WEIGHT_UNITS, c->chunks), 1, lam_channel_weight_bands(c, samples));
}

static int64_t grouped_numbers(const struct cut *c, const struct chunk *chunk)
{
	const int64_t block = grouped_first_block(c, chunk->unit) + chunk->piece;

	return block <= grouped_last_block(c, chunk->unit) ? lanes_used(c->g->in, block) : 0;
}

struct chunk lam_channel_weight_chunk(const struct cut *c, int64_t index)
{
	const int64_t unit_pieces = ceil_divide(c->units, c->width);
	struct chunk chunk = {.tap = index % c->tap_pieces * c->tap_width};

	index /= c->tap_pieces;
	chunk.piece = index % c->pieces;
	index /= c->pieces;
	chunk.unit = piece_begin(c->units, index % unit_pieces, unit_pieces);
	chunk.units = piece_begin(c->units, index % unit_pieces + 1, unit_pieces) - chunk.unit;
	chunk.group = index / unit_pieces;
	chunk.taps = least(c->tap_width, c->taps - chunk.tap);
	chunk.numbers = c->numbers;
	if (c->form == LAM_CHANNEL_WEIGHT_DENSE)
		chunk.numbers = lanes_used(c->group_in, chunk.piece);
	else if (c->form == LAM_CHANNEL_WEIGHT_GROUPED)
		chunk.numbers = grouped_numbers(c, &chunk);
	else if (c->form == LAM_CHANNEL_WEIGHT_WIDE_PLANES)
		chunk.numbers = least(
			c->numbers, c->g->in * c->g->kh * c->g->kw - chunk.piece * c->numbers);
	return chunk;
}

struct band lam_channel_weight_band(const struct cut *c, int64_t index, int64_t samples)
{
	const lam_conv_geometry *g = c->g;
	const int64_t across = index % c->bands_across,
		      down = index / c->bands_across % c->bands_down;
	struct band band = {.sample = index / c->bands_across / c->bands_down * c->planes};

	band.planes = least(c->planes, samples - band.sample);
	band.row = piece_begin(g->oh, down, c->bands_down);
	band.rows = piece_begin(g->oh, down + 1, c->bands_down) - band.row;
	band.column = piece_begin(g->ow, across, c->bands_across);
	band.columns = piece_begin(g->ow, across + 1, c->bands_across) - band.column;
	return band;
}
