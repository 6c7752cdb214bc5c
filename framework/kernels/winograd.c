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
#include "framework/kernels/vector.h"
#include "framework/kernels/winograd_map.h"
#include "framework/kernels/winograd_store.h"

/* What a job computes: outputs from channels, one group of tiles after another. The channels are
 * the planes that it reads, once for each source. The input gradient with stride 2 is one for each
 * residue of its outputs. */
struct correlation {
	struct winograd_grid grid;
	int64_t planes, channels, outputs;
	int64_t groups, width; /* a group has at most `width` tiles */
	/* The step from one element to the next, in values. In lane vectors it is odd, so that
	 * elements fall into different sets of the cache. */
	int64_t v_element, m_element;
};

/* A call, and which of its job's correlations is meant. */
struct job_call {
	lam_job job;
	int residue;
	const struct lam_conv_call *call;
};

COLD static struct correlation correlation_of(const lam_conv_geometry *g, lam_job job, int residue)
{
	bool forward = job == LAM_FORWARD;
	struct correlation c = {
		.grid = lam_winograd_grid(g, job, residue),
		.planes = forward ? g->in : g->out,
		.outputs = forward ? g->out : g->in,
	};

	c.channels = c.grid.sources * c.planes;
	c.width = WINOGRAD_GROUP_BYTES
		/ (c.grid.elements * c.channels * LAM_LANES * (int64_t)sizeof(lam_real));
	c.width = least(most(c.width, WINOGRAD_GROUP_LEAST),
		c.grid.high ? WINOGRAD_GROUP_MOST : WINOGRAD_IN * WINOGRAD_GROUP_MOST);
	c.groups = ceil_divide(c.grid.tiles, c.width);
	c.width = ceil_divide(c.grid.tiles, most(c.groups, 1));
	c.v_element = (c.channels * c.width | 1) * LAM_LANES;
	c.m_element = (TILE_OUTPUTS * c.width | 1) * LAM_LANES;
	return c;
}

/* Whether there are at most `sets` sets of taps; with stride 2, whether each residue is one. */
static bool serves_side(int64_t kernel, int64_t stride, int64_t dilation, int64_t sets)
{
	if (stride == 1)
		return kernel > 1 && winograd_set_count(kernel) <= sets;
	return stride == WINOGRAD_STRIDE && kernel > stride && dilation == 1
		&& winograd_set_count(ceil_divide(kernel, stride)) == 1;
}

COLD bool winograd_serves(const lam_conv_geometry *g)
{
	const bool high = g->kh == g->kw && g->sh == g->sw
		&& serves_side(g->kh, g->sh, g->dh, WINOGRAD_MOST_SETS),
		   flat = g->kh == 1 && g->h == 1 && g->oh == 1;

	return g->groups == 1 && (high || flat)
		&& serves_side(g->kw, g->sw, g->dw, flat ? WINOGRAD_SOURCES : WINOGRAD_MOST_SETS);
}

/* The weight gradient transforms dy once for each chunk of channels; with several sources there are
 * more of these. */
static struct lam_conv_count count(const lam_conv_geometry *g, lam_job job)
{
	struct lam_conv_count count = {0};
	const double again = (double)ceil_divide(winograd_sources(g) * g->in, WINOGRAD_CHUNK)
		/ (double)ceil_divide(g->in, WINOGRAD_CHUNK);

	for (int residue = 0; residue < winograd_grids(g, job); residue++) {
		struct winograd_grid grid = lam_winograd_grid(g, job, residue);
		const bool back = job == LAM_BACKWARD;
		double elements = (double)(grid.elements * grid.tiles),
		       read = (double)(back ? g->out : g->in) * grid.sources,
		       written = (double)(back ? g->in : g->out);

		count.products += read * written * elements;
		if (job == LAM_GRADIENT)
			written *= again;
		count.transformed += (read + written) * elements;
	}
	return count;
}

COLD bool winograd_pays(const lam_conv_geometry *g, lam_job job)
{
	struct lam_conv_count ours = count(g, job);
	double direct = (double)g->in * (double)g->out * (double)(g->kh * g->kw) * (double)g->oh
		* (double)g->ow;

	return WINOGRAD_PRODUCT_COST * ours.products + winograd_transform_cost(g) * ours.transformed
		< WINOGRAD_GAIN * direct;
}

static int64_t packed_size(const lam_conv_geometry *g)
{
	return g->in * g->out * winograd_sources(g) * lam_winograd_grid(g, LAM_FORWARD, 0).elements;
}

COLD static size_t scratch_size(const lam_conv_geometry *g, lam_job job)
{
	size_t size = 0;

	if (job == LAM_GRADIENT)
		return winograd_weight_scratch(g);
	for (int residue = 0; residue < winograd_grids(g, job); residue++) {
		struct correlation c = correlation_of(g, job, residue);
		size_t needed = (size_t)(c.grid.elements * (c.v_element + c.m_element))
			* sizeof(lam_real);

		size = needed > size ? needed : size;
	}
	return size;
}

/* The taps of VEC outputs, or fewer, from `w` on: those that `source` reads. */
static void transform_taps(const struct correlation *c, const struct winograd_source *source,
	const lam_real *w, int64_t a_step, int64_t outputs, vec *element)
{
	const int64_t across = c->grid.taps, down = c->grid.high ? across : 1;
	vec tap[WINOGRAD_TAPS * WINOGRAD_TAPS];

	for (int64_t t = 0; t < down * across; t++) {
		const int64_t i = t / across, j = t % across;
		const lam_real *from = w + winograd_tap_at(source, i, j);

		tap[t] = (vec){0};
		for (int64_t a = 0; a < outputs && i < source->down && j < source->across; a++)
			tap[t][a] = from[a * a_step];
	}
	winograd_map_taps(&c->grid, tap, element);
}

/* Stores the first `count` elements of a vector, and more of them if `room` values may be
 * overwritten. */
ALWAYS_INLINE void store_some(lam_real *to, vec value, int64_t count, int64_t room)
{
	if (room >= VEC)
		*(vec_unaligned *)to = value;
	else
		for (int64_t a = 0; a < count; a++)
			to[a] = value[a];
}

/* packed[tile of outputs][element][channel][output of the tile]. A vector of few outputs runs into
 * those of the next channels, which are written later. */
static void pack_residue(const lam_conv_geometry *g, lam_job job, int residue, const lam_real *w,
	lam_real *packed, struct lam_slices slices)
{
	struct correlation c = correlation_of(g, job, residue);
	int64_t taps = g->kh * g->kw, tiles = tile_count(c.outputs);
	int64_t a_step = job == LAM_FORWARD ? g->in * taps : taps,
		c_step = job == LAM_FORWARD ? taps : g->in * taps;

	for (int64_t tile = slices_begin(slices, tiles); tile < slices_end(slices, tiles); tile++) {
		int64_t first = tile_begin(c.outputs, tile),
			outputs = tile_begin(c.outputs, tile + 1) - first;
		lam_real *to = packed + first * c.channels * c.grid.elements;

		for (int64_t channel = 0; channel < c.channels; channel++, to += outputs) {
			const struct winograd_source *source = &c.grid.source[channel / c.planes];

			for (int64_t done = 0; done < outputs; done += VEC) {
				int64_t here = least(outputs - done, VEC);
				vec element[WINOGRAD_MOST];

				transform_taps(&c, source,
					w + (first + done) * a_step + channel % c.planes * c_step,
					a_step, here, element);
				for (int64_t e = 0; e < c.grid.elements; e++)
					store_some(to + e * c.channels * outputs + done, element[e],
						here, (c.channels - channel) * outputs - done);
			}
		}
	}
}

/* The values of one residue's copy. */
static int64_t residue_size(const struct correlation *c)
{
	return c->channels * c->outputs * c->grid.elements;
}

static void pack(const lam_conv_geometry *g, lam_job job, const lam_real *w, lam_real *packed,
	struct lam_slices slices)
{
	for (int residue = 0; residue < winograd_grids(g, job); residue++) {
		const struct correlation c = correlation_of(g, job, residue);

		pack_residue(g, job, residue, w, packed + residue * residue_size(&c), slices);
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

/* What output `a` ends with. */
static struct winograd_end end_of(
	const struct correlation *c, const struct lam_conv_call *call, int64_t a)
{
	static const lam_real none = 0;

	return (struct winograd_end){
		.next = c->grid.y_plane,
		.bias = call->bias ? call->bias + a : &none,
		.finish = finish_from(finish_of(call->finish, call->epilogue, call->to), a),
	};
}

static bool any_lane(const vec_mask *parts)
{
	bool any = false;

	for (int part = 0; part < PARTS; part++)
		any = any || vec_any(parts[part]);
	return any;
}

/* Computes y from M, for `outputs` outputs from `first` on and for the tiles [begin, end). */
static void transform_outputs(const struct correlation *c, const struct lam_conv_call *call,
	const lam_real *m, int64_t first, int64_t outputs, int64_t begin, int64_t end)
{
	for (int64_t a = 0; a < outputs; a++) {
		const struct winograd_end ending = end_of(c, call, first + a);

		winograd_store(&c->grid, m + a * c->width * LAM_LANES, c->m_element, &ending, begin,
			end, call->to + (first + a) * c->grid.y_plane);
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
			winograd_apply(&c->grid, finish, row, column, to + a * c->grid.y_plane);
		}
}

/* Computes the tiles [begin, end) directly where they have outliers, for `outputs` outputs from
 * `first` on. `sum` has the room of M. */
COLD static void compute_directly(const struct correlation *c, const lam_conv_geometry *g,
	const struct job_call *of, const vec_mask *direct, int64_t first, int64_t outputs,
	int64_t begin, int64_t end, lam_real *sum)
{
	const struct lam_conv_call *call = of->call;
	const bool forward = of->job == LAM_FORWARD;
	const int64_t taps = g->kh * g->kw, a_step = forward ? c->planes * taps : taps,
		      c_step = forward ? taps : c->outputs * taps,
		      sums = WINOGRAD_PIXELS(&c->grid) * LAM_LANES;
	const struct winograd_weight weight = {call->weight + first * a_step, a_step, c_step};

	for (int64_t tile = begin; tile < end; tile++, direct += PARTS) {
		if (!any_lane(direct))
			continue;
		winograd_direct_tile(
			&c->grid, &weight, outputs, c->planes, call->from, tile, direct, sum);
		for (int64_t a = first; a < first + outputs; a++) {
			const struct winograd_end ending = end_of(c, call, a);

			winograd_store_sums(&c->grid, sum + (a - first) * sums, &ending, tile,
				direct, call->to + a * c->grid.y_plane);
		}
	}
}

/* Computes the tiles [begin, end), one group. */
static void run_group(const struct correlation *c, const lam_conv_geometry *g,
	const struct job_call *of, int64_t begin, int64_t end)
{
	const struct lam_conv_call *call = of->call;
	const struct finish finish = finish_of(call->finish, call->epilogue, call->to);
	const int64_t output_tiles = tile_count(c->outputs), v_channel = c->width * LAM_LANES;
	const lam_real *packed = call->packed + of->residue * residue_size(c);
	lam_real *v = call->scratch, *m = v + c->grid.elements * c->v_element;
	vec_mask direct[WINOGRAD_GROUP * PARTS];

	for (int source = 0; source < c->grid.sources; source++)
		winograd_windows(&c->grid, source, call->from, c->planes, begin, end,
			v + source * c->planes * v_channel, v_channel, c->v_element);
	bool outliers = call->weight
		&& winograd_outliers(&c->grid, call->from, c->planes, begin, end, v,
			&(struct winograd_elements){v_channel, c->v_element}, direct);
	for (int64_t o = 0; o < output_tiles; o++) {
		int64_t first = tile_begin(c->outputs, o),
			outputs = tile_begin(c->outputs, o + 1) - first;

		multiply(c, packed + first * c->channels * c->grid.elements, outputs, end - begin,
			v, m);
		transform_outputs(c, call, m, first, outputs, begin, end);
		if (outliers)
			compute_directly(c, g, of, direct, first, outputs, begin, end, m);
		if (finish.apply)
			apply(c, &finish, call->to, first, outputs, begin, end);
	}
}

static void run(const lam_conv_geometry *g, lam_job job, const struct lam_conv_call *call)
{
	for (int residue = 0; residue < winograd_grids(g, job); residue++) {
		const struct correlation c = correlation_of(g, job, residue);
		const struct job_call of = {job, residue, call};

		for (int64_t group = slices_begin(call->slices, c.groups);
			group < slices_end(call->slices, c.groups); group++)
			run_group(&c, g, &of, piece_begin(c.grid.tiles, group, c.groups),
				piece_begin(c.grid.tiles, group + 1, c.groups));
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
