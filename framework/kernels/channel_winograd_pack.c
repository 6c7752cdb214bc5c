/* SPDX-License-Identifier: MIT */
/* Transforms weights for channel_winograd.c. */
#include "framework/kernels/channel_tile.h"
#include "framework/kernels/channel_winograd.h"
#include "framework/kernels/transpose_own.h"
#include "framework/kernels/winograd_map.h"

#include <string.h>

enum {
	MOST_TAPS = WINOGRAD_TAPS * WINOGRAD_TAPS, /* of a source */
	MOST_KERNEL = WINOGRAD_SOURCES * MOST_TAPS,
	/* Channels whose lines are fetched before they are written. Packing for unet, ResNet-20 of
	 * eight and ResNet-18 of four samples, ms: 1: 0.26, 0.61, 13.5; 3: 0.23, 0.45, 12.4; 4:
	 * 0.26, 0.54, 12.8. */
	AHEAD = 3,
	/* Vectors of LAM_LANES taps that are transposed at a time: few, as they are on the stack.
	 * ResNet-18 of four samples, ms: 32: 15.6, 64: 13.2, 160: 12.4. */
	ROWS = 64,
	ROOM = ((MOST_KERNEL > ROWS ? MOST_KERNEL : ROWS) + VEC) * LAM_LANES,
};

struct weights {
	struct winograd_grid grid;
	lam_job job;
	const lam_real *first, *end;
	int64_t channels, outputs, taps;
};

/* Writes [taps][16] of `count` channels from `channel` on, and of the outputs of a unit, of which
 * lanes beyond the last one get zeros. Forward, an output's taps of all channels are neighbours;
 * for the input gradient those of one channel are. Rows are read to whole vectors if w has as much
 * behind them: what comes of that is overwritten, or lies in the room behind. */
static void take_taps(
	const struct weights *w, int64_t output, int64_t channel, int64_t count, lam_real *to)
{
	const bool forward = w->job == LAM_FORWARD;
	const int64_t used = least(LAM_LANES, w->outputs - output), taps = w->taps,
		      stride = forward ? w->channels * taps : taps,
		      length = forward ? count * taps : taps, whole = round_up(length, VEC);
	const lam_real *from = w->first
		+ (forward ? output * w->channels + channel : channel * w->outputs + output) * taps;

	for (int64_t i = 0; i < count * taps; i += length, from += w->outputs * taps) {
		const bool fits = from + (used - 1) * stride + whole <= w->end;

		LAM_KERNEL(transpose_kernels)
			.rows_to_block(to + i * LAM_LANES, from, (size_t)stride,
				(size_t)(fits ? whole : length), (int)used);
	}
	for (int64_t i = 0; used < LAM_LANES && i < count * taps; i++)
		memset(to + i * LAM_LANES + used, 0, (size_t)(LAM_LANES - used) * sizeof *to);
}

/* Writes the elements of a unit's outputs and of one channel of a source, `step` values apart, and
 * asks for lines that lie `next` values behind. */
static void transform_taps(const struct weights *w, int source, const lam_real *taps, lam_real *to,
	int64_t step, int64_t next)
{
	const struct winograd_source *of = &w->grid.source[source];
	const int64_t across = w->grid.taps, down = w->grid.high ? across : 1;

	for (int part = 0; part < PARTS; part++) {
		vec tap[MOST_TAPS], element[WINOGRAD_MOST];

		for (int64_t p = 0; p < down; p++)
			for (int64_t q = 0; q < across; q++)
				tap[p * across + q] = p < of->down && q < of->across
					? *(const vec *)(taps
						+ winograd_tap_at(of, p, q) * LAM_LANES
						+ part * VEC)
					: (vec){0};
		winograd_map_taps(&w->grid, tap, element);
		for (int64_t e = 0; e < w->grid.elements; e++) {
			__builtin_prefetch(to + e * step + next, 1);
			*(vec *)(to + e * step + part * VEC) = element[e];
		}
	}
}

/* packed[tile of units][element][block][source][channel of the block][output of the tile], of one
 * grid of a job. Returns where that of the next one begins. */
static lam_real *pack_grid(const lam_conv_geometry *g, lam_job job, int residue,
	const lam_real *from, lam_real *packed, struct lam_slices slices)
{
	const bool forward = job == LAM_FORWARD;
	const struct weights w = {
		.grid = lam_winograd_grid(g, job, residue),
		.job = job,
		.first = from,
		.end = from + g->in * g->out * g->kh * g->kw,
		.channels = forward ? g->in : g->out,
		.outputs = forward ? g->out : g->in,
		.taps = g->kh * g->kw,
	};
	const int64_t units = lane_blocks(w.outputs),
		      tiles = channel_tile_count(units, CHANNEL_CONV_UNITS);
	lam_real taps[ROOM] __attribute__((aligned(LAM_ALIGN)));

	for (int64_t tile = slices_begin(slices, tiles); tile < slices_end(slices, tiles); tile++) {
		const int64_t first = channel_tile_begin(units, CHANNEL_CONV_UNITS, tile),
			      end = channel_tile_begin(units, CHANNEL_CONV_UNITS, tile + 1),
			      width = (end - first) * LAM_LANES;
		const int64_t rows = channel_winograd_rows(w.grid.sources, w.channels),
			      step = channel_winograd_step(rows, end - first);
		lam_real *to = packed + channel_winograd_before(w.grid.elements, rows, first, tile);

		for (int64_t channel = 0, count; channel < w.channels; channel += count) {
			count = least(most(ROWS / w.taps, 1), w.channels - channel);
			for (int64_t unit = 0; unit < end - first; unit++) {
				lam_real *at = to + unit * LAM_LANES;

				take_taps(&w, (first + unit) * LAM_LANES, channel, count, taps);
				for (int64_t i = 0; i < count * w.grid.sources; i++) {
					const int64_t source = i / count;

					transform_taps(&w, (int)source,
						taps + i % count * w.taps * LAM_LANES,
						at
							+ channel_winograd_row(w.grid.sources,
								  source, channel + i % count)
								* width,
						step, AHEAD * width);
				}
			}
		}
	}
	return packed
		+ channel_winograd_before(w.grid.elements,
			channel_winograd_rows(w.grid.sources, w.channels), units, tiles);
}

void channel_winograd_pack(const lam_conv_geometry *g, lam_job job, const lam_real *from,
	lam_real *packed, struct lam_slices slices)
{
	for (int residue = 0; residue < winograd_grids(g, job); residue++)
		packed = pack_grid(g, job, residue, from, packed, slices);
}
