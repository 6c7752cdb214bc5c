/* SPDX-License-Identifier: MIT */
/* Winograd's forward and input gradient, a group of tiles at a time:
 *
 *   V[e][c][t] = (B' d_ct)[e]                          the windows of all channels, once
 *   M[e][a][t] = sum over c of U[e][c][a] V[e][c][t]   a matrix product for each element e
 *   y_at       = A' M[.][a][t] + bias
 *
 * The last two are done for a few outputs a at a time. V stays in the second cache while all
 * outputs pass over it. A sum runs over c in order, so the bits do not depend on how tiles are
 * grouped or sliced. */
#include "framework/kernels/thresholds.h"
#include "framework/kernels/tile.h"
#include "framework/kernels/winograd_store.h"

/* What a job computes: outputs from channels, one group of tiles after another. */
struct correlation {
	struct winograd_grid grid;
	int64_t channels, outputs;
	int64_t groups, width; /* a group has at most `width` tiles */
	/* The step from one element to the next, in values. In lane vectors it is odd, so that
	 * elements fall into different sets of the cache. */
	int64_t v_element, m_element;
};

static struct correlation correlation_of(const lam_conv_geometry *g, lam_job job)
{
	bool forward = job == LAM_FORWARD;
	struct correlation c = {
		.grid = winograd_grid_of(g, job),
		.channels = forward ? g->in : g->out,
		.outputs = forward ? g->out : g->in,
	};

	c.width = WINOGRAD_GROUP_BYTES
		/ (c.grid.elements * c.channels * LAM_LANES * (int64_t)sizeof(lam_real));
	c.width = least(most(c.width, WINOGRAD_GROUP_LEAST),
		c.grid.high ? WINOGRAD_GROUP_MOST : WINOGRAD_IN * WINOGRAD_GROUP_MOST);
	c.groups = ceil_divide(c.grid.tiles, c.width);
	c.width = ceil_divide(c.grid.tiles, c.groups);
	c.v_element = (c.channels * c.width | 1) * LAM_LANES;
	c.m_element = (TILE_OUTPUTS * c.width | 1) * LAM_LANES;
	return c;
}

bool winograd_serves(const lam_conv_geometry *g)
{
	bool across = (g->kw == 3 || g->kw == 5) && g->sw == 1;
	bool high = g->kh == g->kw && g->sh == 1, flat = g->kh == 1 && g->h == 1 && g->oh == 1;

	return g->groups == 1 && across && (high || flat);
}

static struct lam_conv_count count(const lam_conv_geometry *g, lam_job job)
{
	struct winograd_grid grid = winograd_grid_of(g, job);
	double elements = (double)(grid.elements * grid.tiles),
	       pairs = (double)g->in * (double)g->out;

	return (struct lam_conv_count){.products = pairs * elements,
		.transformed = ((double)g->in + (double)g->out) * elements};
}

bool winograd_pays(const lam_conv_geometry *g, lam_job job)
{
	struct lam_conv_count ours = count(g, job);
	double direct = (double)g->in * (double)g->out * (double)(g->kh * g->kw) * (double)g->oh
		* (double)g->ow;

	return WINOGRAD_PRODUCT_COST * ours.products + WINOGRAD_TRANSFORM_COST * ours.transformed
		< WINOGRAD_GAIN * direct;
}

static int64_t packed_size(const lam_conv_geometry *g)
{
	return g->in * g->out * winograd_grid_of(g, LAM_FORWARD).elements;
}

static size_t scratch_size(const lam_conv_geometry *g, lam_job job)
{
	if (job == LAM_GRADIENT)
		return winograd_weight_scratch(g);
	struct correlation c = correlation_of(g, job);

	return (size_t)(c.grid.elements * (c.v_element + c.m_element)) * sizeof(lam_real);
}

/* packed[tile of outputs][element][channel][output of the tile]. For the input gradient the taps
 * are in reverse order. */
static void pack(const lam_conv_geometry *g, lam_job job, const lam_real *w, lam_real *packed,
	struct lam_slices slices)
{
	struct correlation c = correlation_of(g, job);
	int64_t taps = g->kh * g->kw, tiles = tile_count(c.outputs);
	int64_t a_step = job == LAM_FORWARD ? g->in * taps : taps,
		c_step = job == LAM_FORWARD ? taps : g->in * taps;

	for (int64_t tile = slices_begin(slices, tiles); tile < slices_end(slices, tiles); tile++) {
		int64_t first = tile_begin(c.outputs, tile),
			outputs = tile_begin(c.outputs, tile + 1) - first;
		lam_real *to = packed + first * c.channels * c.grid.elements;

		for (int64_t channel = 0; channel < c.channels; channel++, to += outputs)
			for (int64_t done = 0; done < outputs; done += VEC) {
				int64_t here = least(outputs - done, VEC);
				const lam_real *from = w + (first + done) * a_step
					+ channel * c_step;
				vec tap[WINOGRAD_TAPS * WINOGRAD_TAPS], element[WINOGRAD_MOST];

				for (int64_t t = 0; t < taps; t++) {
					int64_t source = job == LAM_FORWARD ? t : taps - 1 - t;

					tap[t] = (vec){0};
					for (int64_t a = 0; a < here; a++)
						tap[t][a] = from[a * a_step + source];
				}
				WINOGRAD_CONSTANTS(&c.grid, winograd_taps_tile, tap, element);
				for (int64_t e = 0; e < c.grid.elements; e++)
					for (int64_t a = 0; a < here; a++)
						to[e * c.channels * outputs + done + a] =
							element[e][a];
			}
	}
}

/* Computes M for `outputs` outputs and `tiles` tiles. */
static void multiply(const struct correlation *c, const lam_real *packed, int64_t outputs,
	int64_t tiles, const lam_real *v, lam_real *m)
{
	struct tile tile = {
		.channels = 1,
		.rows = 1,
		.columns = c->channels,
		.x_column = c->width * LAM_LANES,
		.x_pixel = LAM_LANES,
		.w_column = outputs,
		.y_output = c->width * LAM_LANES,
		.y_pixel = LAM_LANES,
	};

	for (int64_t e = 0; e < c->grid.elements; e++)
		tile_lines(&tile, outputs, 1, tiles, v + e * c->v_element,
			packed + e * c->channels * outputs, m + e * c->m_element);
}

/* Computes y from M, for `outputs` outputs from `first` on and for the tiles [begin, end). Its loop
 * needs all registers, so it is not inlined. */
static __attribute__((noinline)) void transform_outputs(const struct correlation *c,
	const struct lam_conv_call *call, const lam_real *m, int64_t first, int64_t outputs,
	int64_t begin, int64_t end)
{
	const struct finish all = finish_of(call->finish, call->epilogue, call->to);
	const lam_real none = 0;

	for (int64_t a = 0; a < outputs; a++) {
		const struct winograd_end ending = {
			.bias = call->bias ? call->bias + first + a : &none,
			.finish = finish_from(all, first + a),
		};
		lam_real *plane = call->to + (first + a) * c->grid.oh * c->grid.ow * LAM_LANES;

		for (int64_t tile = begin; tile < end; tile++) {
			const lam_real *products = m + (a * c->width + tile - begin) * LAM_LANES;
			int64_t row, column;

			winograd_tile(&c->grid, tile, &row, &column);
			WINOGRAD_STORE(&c->grid, products, c->m_element, &ending, row, column,
				plane, false);
		}
	}
}

/* Applies the function of a finish to `outputs` outputs from `first` on, in the tiles [begin, end).
 */
static void apply(const struct correlation *c, const struct finish *finish, lam_real *to,
	int64_t first, int64_t outputs, int64_t begin, int64_t end)
{
	for (int64_t a = first; a < first + outputs; a++)
		for (int64_t tile = begin; tile < end; tile++) {
			int64_t row, column;

			winograd_tile(&c->grid, tile, &row, &column);
			winograd_apply(&c->grid, finish, row, column,
				to + a * c->grid.oh * c->grid.ow * LAM_LANES);
		}
}

/* Computes the tiles [begin, end) directly where they have outliers, for `outputs` outputs from
 * `first` on. */
static void compute_directly(const struct correlation *c, lam_job job,
	const struct lam_conv_call *call, const vec_mask *direct, int64_t first, int64_t outputs,
	int64_t begin, int64_t end)
{
	const bool forward = job == LAM_FORWARD;
	const int64_t taps = c->grid.taps * (c->grid.high ? c->grid.taps : 1);
	const int64_t a_step = forward ? c->channels * taps : taps;
	const struct finish all = finish_of(call->finish, call->epilogue, call->to);

	for (int64_t a = first; a < first + outputs; a++) {
		const struct finish finish = finish_from(all, a);

		for (int64_t tile = begin; tile < end; tile++)
			winograd_direct_tile(&c->grid,
				&(struct winograd_weight){.first = call->weight + a * a_step,
					.channel = forward ? taps : c->outputs * taps,
					.reversed = !forward},
				c->channels, call->from, tile, direct + (tile - begin) * PARTS,
				call->bias ? call->bias[a] : 0, &finish,
				call->to + a * c->grid.oh * c->grid.ow * LAM_LANES);
	}
}

static void run(const lam_conv_geometry *g, lam_job job, const struct lam_conv_call *call)
{
	struct correlation c = correlation_of(g, job);
	vec_mask direct[WINOGRAD_GROUP * PARTS];
	int64_t output_tiles = tile_count(c.outputs);
	const struct finish finish = finish_of(call->finish, call->epilogue, call->to);
	lam_real *v = call->scratch, *m = v + c.grid.elements * c.v_element;

	for (int64_t group = slices_begin(call->slices, c.groups);
		group < slices_end(call->slices, c.groups); group++) {
		int64_t begin = piece_begin(c.grid.tiles, group, c.groups),
			end = piece_begin(c.grid.tiles, group + 1, c.groups);

		winograd_windows(&c.grid, call->from, c.channels, begin, end, v,
			c.width * LAM_LANES, c.v_element);
		bool outliers = call->weight
			&& winograd_outliers(&c.grid, call->from, c.channels, begin, end, v,
				&(struct winograd_elements){c.width * LAM_LANES, c.v_element},
				direct);
		for (int64_t o = 0; o < output_tiles; o++) {
			int64_t first = tile_begin(c.outputs, o),
				outputs = tile_begin(c.outputs, o + 1) - first;

			multiply(&c, call->packed + first * c.channels * c.grid.elements, outputs,
				end - begin, v, m);
			transform_outputs(&c, call, m, first, outputs, begin, end);
			if (outliers)
				compute_directly(&c, job, call, direct, first, outputs, begin, end);
			if (finish.apply)
				apply(&c, &finish, call->to, first, outputs, begin, end);
		}
	}
}

const struct lam_conv_algorithm winograd_algorithm = {
	.packed_size = packed_size,
	.pack = pack,
	.scratch_size = scratch_size,
	.run = run,
	.gradient_slices = winograd_weight_slices,
	.gradient_shared = winograd_weight_shared,
	.gradient = winograd_weight_gradient,
	.count = count,
};
