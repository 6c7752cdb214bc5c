/* SPDX-License-Identifier: MIT */
/* Winograd's forward of one sample, with channels in the lanes: winograd.c with outputs as vectors
 * and values as numbers.
 *
 *   V[e][c][t]  = (B' d_ct)[e]                         sixteen channels in a vector, of a source
 *   M[e][a][t]  = sum over c of U[e][c][a] V[e][c][t]  U and M are vectors of sixteen outputs a
 *   y_at        = A' M[.][a][t] + bias
 *
 * A group of tiles passes over all outputs while its V stays in the second cache. A plane of few
 * tiles is one group; then two items share its outputs, and each makes V for itself. A sum runs
 * over c in order, so the bits depend on neither. */
#include "framework/kernels/channel_winograd.h"
#include "framework/kernels/channel_tile.h"
#include "framework/kernels/sweep_shape.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/winograd_store.h"

#include <math.h>
#include <string.h>

struct correlation {
	const lam_conv_geometry *g;
	lam_job job;
	struct winograd_grid grid;
	int64_t channels, blocks, last; /* of x; of its last lane block */
	int64_t rows;                   /* of U */
	int64_t outputs, units;         /* of y, and of its lane blocks */
	int64_t groups, width;          /* a group has at most `width` tiles */
	int64_t parts;                  /* items that share the outputs of a group */
	int64_t v_block, v_source, v_element, m_element;
};

static int64_t bytes_of(const struct correlation *c)
{
	return c->grid.elements * c->rows * c->units * LAM_LANES * (int64_t)sizeof(lam_real);
}

/* Whether U comes from beyond the second cache. */
static bool is_far(const struct correlation *c)
{
	return bytes_of(c) > CHANNEL_WINOGRAD_NEAR;
}

/* Of one of the grids of a job. */
COLD static struct correlation correlation_of(const lam_conv_geometry *g, lam_job job, int residue)
{
	const bool forward = job == LAM_FORWARD;
	struct correlation c = {
		.g = g,
		.job = job,
		.grid = lam_winograd_grid(g, job, residue),
		.channels = forward ? g->in : g->out,
		.outputs = forward ? g->out : g->in,
		.parts = 1,
	};
	int64_t tile_bytes;

	c.blocks = lane_blocks(c.channels);
	c.last = c.channels - (c.blocks - 1) * LAM_LANES;
	c.rows = channel_winograd_rows(c.grid.sources, c.channels);
	c.units = lane_blocks(c.outputs);
	tile_bytes = c.grid.elements * c.grid.sources * c.blocks * LAM_LANES
		* (int64_t)sizeof(lam_real);
	c.width = limit(
		(is_far(&c) ? CHANNEL_WINOGRAD_FAR_BYTES : CHANNEL_WINOGRAD_BYTES) / tile_bytes,
		CHANNEL_WINOGRAD_LEAST, CHANNEL_WINOGRAD_MOST);
	c.groups = ceil_divide(c.grid.tiles, c.width);
	if (c.groups > 1 || c.grid.tiles >= 2 * CHANNEL_WINOGRAD_LEAST)
		c.groups = least(round_up(c.groups, 2), c.grid.tiles);
	else
		c.parts = least(2, channel_tile_count(c.units, CHANNEL_CONV_UNITS));
	c.width = ceil_divide(c.grid.tiles, most(c.groups, 1));
	/* Odd numbers of vectors, so that elements fall into different sets of the cache. */
	c.v_block = c.width * LAM_LANES;
	c.v_source = c.blocks * c.v_block;
	c.v_element = (c.grid.sources * c.blocks * c.width | 1) * LAM_LANES;
	c.m_element = (CHANNEL_CONV_UNITS * c.width | 1) * LAM_LANES;
	return c;
}

/* A vector of U is loaded once for a group of tiles, from the second cache, from the third, or from
 * memory. It is packed for `samples` samples. */
COLD static double work_of(const struct correlation *c, int64_t samples)
{
	const int64_t sources = c->grid.sources, bytes = bytes_of(c);
	const double weights = (double)(c->grid.elements * sources * c->channels * c->units);
	const int64_t load = !is_far(c)                 ? CHANNEL_WINOGRAD_LOAD
		: bytes <= CHANNEL_WINOGRAD_THIRD_CACHE ? CHANNEL_WINOGRAD_THIRD_LOAD
							: CHANNEL_WINOGRAD_FAR_LOAD,
		      pack = is_far(c) ? CHANNEL_WINOGRAD_FAR_PACK : CHANNEL_WINOGRAD_PACK;

	return WINOGRAD_PRODUCT_COST * weights
		* ((double)(c->grid.tiles + load * c->groups)
			+ (samples ? (double)pack / (double)samples : 0))
		+ winograd_transform_cost(c->g) * (double)(sources * c->blocks + c->units)
		* (double)(c->grid.elements * c->grid.tiles);
}

COLD double channel_winograd_work(const lam_conv_geometry *g, lam_job job, int64_t samples)
{
	double work = 0;

	for (int residue = 0; residue < winograd_grids(g, job); residue++) {
		const struct correlation c = correlation_of(g, job, residue);

		work += work_of(&c, samples);
	}
	return work / WINOGRAD_GAIN;
}

COLD bool channel_winograd_pays(const lam_conv_geometry *g, lam_job job, int64_t samples)
{
	struct correlation c;
	double border = 0;

	if (job == LAM_GRADIENT)
		return channel_winograd_weight_pays(g);
	if (!winograd_serves(g))
		return false;
	c = correlation_of(g, job, 0);
	const double products = (double)(c.channels * c.units) * (double)(g->kh * g->kw)
		* (double)(g->oh * g->ow);
	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++)
		border += lam_sweep_products(g, job, index);

	/* The products are all that Winograd was weighed against where it is known to pay or not:
	 * borders only add to them. With fewer for taps outside, vggs of one sample took 1.1 times
	 * as long. */
	return channel_winograd_work(g, job, samples) < fmax(products, border);
}

static int64_t packed_size(const struct correlation *c)
{
	return channel_winograd_before(c->grid.elements, c->rows, c->units,
		channel_tile_count(c->units, CHANNEL_CONV_UNITS));
}

COLD int64_t channel_winograd_packed_size(const lam_conv_geometry *g, lam_job job)
{
	const struct correlation c = correlation_of(g, job, 0);

	return winograd_grids(g, job) * packed_size(&c);
}

int64_t channel_winograd_slices(const lam_conv_geometry *g, lam_job job)
{
	const struct correlation c = correlation_of(g, job, 0);

	return least(c.groups * c.parts, CHANNEL_SLICES);
}

COLD size_t channel_winograd_scratch(const lam_conv_geometry *g, lam_job job)
{
	int64_t values = 0;

	for (int residue = 0; residue < winograd_grids(g, job); residue++) {
		const struct correlation c = correlation_of(g, job, residue);

		values = most(values, c.grid.elements * (c.v_element + c.m_element));
	}
	return (size_t)values * sizeof(lam_real);
}

/* Computes M for `units` units and `tiles` tiles. Of small weights all elements are one call, which
 * reads them once for each of at most two widths of tiles. */
static void multiply(const struct correlation *c, const lam_real *packed, int64_t units,
	int64_t tiles, const lam_real *v, lam_real *m)
{
	const int64_t w_row = LAM_LANES * units * LAM_LANES,
		      w_element = channel_winograd_step(c->rows, units);
	struct channel_tile tile = {
		.x_line = c->v_element,
		.w_line = w_element,
		.y_line = c->m_element,
		.blocks = c->blocks,
		.rows = c->grid.sources,
		.columns = 1,
		.inner = LAM_LANES,
		.last = c->last,
		.x_block = c->v_block,
		.x_row = c->v_source,
		.x_inner = 1,
		.x_pixel = LAM_LANES,
		.w_block = c->grid.sources * w_row,
		.w_row = w_row,
		.y_pixel = LAM_LANES,
		.y_unit = c->width * LAM_LANES,
		.units = units,
		.lanes = LAM_LANES,
		.terms = LAM_LANES,
	};
	const int64_t lines = c->rows * units * LAM_LANES <= CHANNEL_WINOGRAD_SMALL
		? c->grid.elements
		: 1;

	channel_join(&tile);
	for (int64_t e = 0; e < c->grid.elements; e += lines)
		channel_lines(channel_dense[units], &tile, lines, tiles, v + e * c->v_element,
			packed + e * w_element, m + e * c->m_element);
}

/* What unit `unit` ends with. */
static struct winograd_end end_of(
	const struct correlation *c, const struct lam_conv_call *call, int64_t unit)
{
	static const lam_real none[LAM_LANES] __attribute__((aligned(LAM_ALIGN))) = {0};
	const struct finish all = finish_of(call->finish, call->epilogue, call->to);

	return (struct winograd_end){
		.next = c->units > 1 ? c->grid.y_plane
				     : WINOGRAD_OUT * c->grid.row_step * c->grid.y_row,
		.bias = call->bias ? call->bias + unit * LAM_LANES : none,
		.finish = finish_from(all, unit * LAM_LANES),
		.channels = true,
	};
}

/* Computes y from M, for `units` units from `first` on and for the tiles [begin, end). */
static void store_outputs(const struct correlation *c, const struct lam_conv_call *call,
	const lam_real *m, int64_t first, int64_t units, int64_t begin, int64_t end)
{
	for (int64_t unit = first; unit < first + units; unit++, m += c->width * LAM_LANES) {
		const struct winograd_end ending = end_of(c, call, unit);

		winograd_store(&c->grid, m, c->m_element, &ending, begin, end,
			call->to + unit * c->grid.y_plane);
	}
}

/* The weights of one channel for the outputs of a unit and the taps of source `source`, [taps][16];
 * 0 for outputs that the unit lacks and taps that the source lacks. */
COLD static void take_weights(const struct correlation *c, int source, const lam_real *w,
	int64_t channel, int64_t unit, lam_real *to)
{
	const struct winograd_source *of = &c->grid.source[source];
	const bool forward = c->job == LAM_FORWARD;
	const int64_t taps = c->g->kh * c->g->kw;

	memset(to, 0, WINOGRAD_TAPS * WINOGRAD_TAPS * LAM_LANES * sizeof *to);
	for (int64_t lane = 0, a = unit * LAM_LANES; lane < LAM_LANES && a < c->outputs;
		lane++, a++) {
		const lam_real *from = w
			+ (forward ? a * c->channels + channel : channel * c->outputs + a) * taps;

		for (int64_t p = 0; p < of->down; p++)
			for (int64_t q = 0; q < of->across; q++)
				to[(p * c->grid.taps + q) * LAM_LANES + lane] =
					from[winograd_tap_at(of, p, q)];
	}
}

/* Computes the tiles [begin, end) directly that are so in `direct`, for unit `unit`: a dense loop,
 * as winograd_direct.c. `sum` has the room of M. */
COLD static void compute_directly(const struct correlation *c, const struct lam_conv_call *call,
	const bool *direct, int64_t unit, int64_t begin, int64_t end, lam_real *sum)
{
	const struct winograd_grid *grid = &c->grid;
	const int64_t step = WINOGRAD_PIXELS(grid) * LAM_LANES;
	const struct winograd_end ending = end_of(c, call, unit);
	lam_real w[WINOGRAD_TAPS * WINOGRAD_TAPS * LAM_LANES] __attribute__((aligned(LAM_ALIGN)));
	vec_mask all[PARTS];

	for (int64_t i = 0; i < (end - begin) * step; i++)
		sum[i] = 0;
	for (int64_t i = 0; i < c->channels * grid->sources; i++) {
		const int64_t channel = i / grid->sources;
		const int source = (int)(i % grid->sources);
		const lam_real *x = call->from + channel / LAM_LANES * grid->x_plane
			+ channel % LAM_LANES;

		take_weights(c, source, call->weight, channel, unit, w);
		for (int64_t t = begin; t < end; t++)
			if (direct[t - begin])
				winograd_direct_channel(grid, &grid->source[source], w, x, t,
					sum + (t - begin) * step);
	}
	for (int part = 0; part < PARTS; part++)
		all[part] = ~(vec_mask){0};
	for (int64_t t = begin; t < end; t++)
		if (direct[t - begin])
			winograd_store_sums(grid, sum + (t - begin) * step, &ending, t, all,
				call->to + unit * grid->y_plane);
}

/* Applies the function of a finish to `units` units from `first` on, in the tiles [begin, end). */
static void apply(const struct correlation *c, const struct lam_conv_call *call, int64_t first,
	int64_t units, int64_t begin, int64_t end)
{
	const struct finish finish = finish_of(call->finish, call->epilogue, call->to);
	const int64_t plane = c->grid.y_plane;

	for (int64_t unit = first; unit < first + units && finish.apply; unit++)
		for (int64_t tile = begin; tile < end; tile++) {
			int64_t row, column;

			winograd_tile(&c->grid, tile, &row, &column);
			winograd_apply(&c->grid, &finish, row, column, call->to + unit * plane);
		}
}

/* Computes one item: the tiles [begin, end) of part `part` of the outputs. */
static void run_item(const struct correlation *c, const struct lam_conv_call *call,
	const lam_real *packed, int64_t begin, int64_t end, int64_t part)
{
	const int64_t unit_tiles = channel_tile_count(c->units, CHANNEL_CONV_UNITS);
	const struct winograd_elements steps = {c->v_block, c->v_element};
	lam_real *v = call->scratch, *m = v + c->grid.elements * c->v_element;
	bool direct[WINOGRAD_GROUP], outliers;

	for (int source = 0; source < c->grid.sources; source++)
		winograd_windows(&c->grid, source, call->from, c->blocks, begin, end,
			v + source * c->v_source, c->v_block, c->v_element);
	outliers = channel_outliers(
		&c->grid, call->from, c->blocks, c->last, begin, end, v, &steps, direct);
	for (int64_t tile = piece_begin(unit_tiles, part, c->parts);
		tile < piece_begin(unit_tiles, part + 1, c->parts); tile++) {
		const int64_t first = channel_tile_begin(c->units, CHANNEL_CONV_UNITS, tile),
			      units = channel_tile_begin(c->units, CHANNEL_CONV_UNITS, tile + 1)
			- first;

		multiply(c,
			packed + channel_winograd_before(c->grid.elements, c->rows, first, tile),
			units, end - begin, v, m);
		store_outputs(c, call, m, first, units, begin, end);
		for (int64_t unit = first; unit < first + units && outliers; unit++)
			compute_directly(c, call, direct, unit, begin, end, m);
		apply(c, call, first, units, begin, end);
	}
}

void channel_winograd_run(const lam_conv_geometry *g, lam_job job, const struct lam_conv_call *call)
{
	const lam_real *packed = call->packed;

	for (int residue = 0; residue < winograd_grids(g, job); residue++) {
		const struct correlation c = correlation_of(g, job, residue);
		const int64_t items = c.groups * c.parts;

		for (int64_t item = slices_begin(call->slices, items);
			item < slices_end(call->slices, items); item++) {
			const int64_t group = item / c.parts;

			run_item(&c, call, packed, piece_begin(c.grid.tiles, group, c.groups),
				piece_begin(c.grid.tiles, group + 1, c.groups), item % c.parts);
		}
		packed += packed_size(&c);
	}
}
