/* SPDX-License-Identifier: MIT */
/* Batch norm for one sample at a time, with channels in the lanes; the formulas stand in
 * batch_norm.c. A row of features has that layout, too.
 *
 * Sums are vertical: each lane has its own. Training and backward have three phases: the sums of
 * each sample, sixteen channels and a band of places; what follows from all sums of these channels,
 * in the order of samples and bands; and the values. */
#include "layers/batch_norm_state.h"
#include "layers/channels.h"

#include "framework/kernels/kernels.h"

#include <math.h>

enum { BAND = 512, BAND_UNITS = 8 }; /* places of a band at least; bands x groups at most, about */

/* The bands that a plane is cut into, so that few groups make enough units. */
static int64_t bands_of(int64_t channels, int64_t places)
{
	return limit(places / BAND, 1, ceil_divide(BAND_UNITS, lane_blocks(channels)));
}

/* The sums of a band: of moments in forward, of dy and dy (x - mean) in backward. */
union band_sums {
	struct lam_moments moments[LAM_LANES];
	struct {
		double dy[LAM_LANES], dyx[LAM_LANES];
	} products;
};

void lam_batch_norm_sample_plan(const lam_shape *in, lam_plan *plan)
{
	const int64_t groups = lane_blocks(in->dim[0]),
		      bands = bands_of(in->dim[0], lam_shape_count(in) / in->dim[0]);
	for (lam_job job = LAM_FORWARD; job <= LAM_BACKWARD; job++)
		lam_plan_shared(plan, job, 3 * groups * LAM_LANES * (int64_t)sizeof(lam_real),
			groups * bands * (int64_t)sizeof(union band_sums));
}

/* Sixteen channels, and a band of their places. */
struct range {
	int64_t group, first, used; /* its channels, and how many lanes they are */
	int64_t band, bands, begin, places;
};

static struct range range_of(const struct batch_norm *state, int64_t slice)
{
	const int64_t bands = bands_of(state->channels, state->places);
	struct range range = {.group = slice / bands, .band = slice % bands, .bands = bands};
	range.first = range.group * LAM_LANES;
	range.used = lanes_used(state->channels, range.group);
	range.begin = piece_begin(state->places, range.band, bands);
	range.places = piece_begin(state->places, range.band + 1, bands) - range.begin;
	return range;
}

static lam_real *range_data(
	const struct batch_norm *state, const lam_view *view, const struct range *range)
{
	return view->data + (range->group * state->places + range->begin) * LAM_LANES;
}

/* The factors of all groups [groups][3][16], and behind them the sums [sample][group][band]. */
static lam_real *factors_of(const lam_pass *pass, int64_t group)
{
	return (lam_real *)pass->shared + group * 3 * LAM_LANES;
}

static union band_sums *sums_of(const struct batch_norm *state, const lam_pass *pass,
	int64_t sample, const struct range *range)
{
	const int64_t groups = lane_blocks(state->channels);
	union band_sums *sums = (void *)factors_of(pass, groups);
	return sums + (sample * groups + range->group) * range->bands + range->band;
}

/* The layer's output and what it has absorbed: numbers of a range's channels in `lanes`. */
struct lanes {
	lam_real center[LAM_LANES], a[LAM_LANES], b[LAM_LANES];
} __attribute__((aligned(LAM_ALIGN)));

static void finish_range(const struct batch_norm *state, const lam_pass *pass,
	const struct range *range, const struct lanes *lanes)
{
	lam_real *out = range_data(state, pass->out, range);
	lam_kernel()->map.channel_finish_lanes(out, range_data(state, pass->x, range),
		lanes->center, lanes->a, lanes->b, lam_batch_norm_added(pass, out),
		lam_batch_norm_rectifies(pass), (size_t)range->places);
}

/* y = a (x - center) + b with the running statistics, or dx = a dy. */
static void apply_running(const struct batch_norm *state, const lam_pass *pass,
	const struct range *range, bool forward)
{
	const lam_real *mean = pass->state[BATCH_NORM_RUNNING_MEAN],
		       *var = pass->state[BATCH_NORM_RUNNING_VAR];
	struct lanes lanes = {{0}, {0}, {0}};
	for (int64_t k = 0, c = range->first; k < range->used; k++, c++) {
		lanes.a[k] = lam_batch_norm_running_factor(
			state, pass->w[BATCH_NORM_WEIGHT][c], var[c]);
		lanes.center[k] = forward ? mean[c] : 0;
		lanes.b[k] = forward ? pass->w[BATCH_NORM_BIAS][c] : 0;
	}
	if (forward)
		finish_range(state, pass, range, &lanes);
	else
		lam_kernel()->map.channel_affine_lanes(range_data(state, pass->dx, range),
			range_data(state, pass->dy, range), lanes.center, lanes.a, lanes.b, 1,
			(size_t)range->places);
}

/* The moments of the group's channels in all samples, and the statistics that follow. */
static void merge_moments(const struct batch_norm *state, const lam_pass *pass, struct range *range)
{
	struct lam_moments all[LAM_LANES] = {{0}};
	double before = 0;
	for (int64_t i = 0; i < pass->n; i++)
		for (int64_t band = 0; band < range->bands; band++) {
			*range = range_of(state, range->group * range->bands + band);
			const struct lam_moments *m = sums_of(state, pass, i, range)->moments;
			const double count = (double)range->places;
			for (int64_t k = 0; k < range->used; k++)
				lam_kernel()->reduce.merge_moments(&all[k], before, m[k].origin,
					m[k].mean * count,
					m[k].squares + m[k].mean * m[k].mean * count, count);
			before += count;
		}
	for (int64_t k = 0; k < range->used; k++)
		lam_batch_norm_note(state, pass, range->first + k, &all[k], before);
}

static void normalise(
	const struct batch_norm *state, const lam_pass *pass, const struct range *range)
{
	const struct statistics batch = statistics_of(state, pass);
	struct lanes lanes = {{0}, {0}, {0}};
	for (int64_t k = 0, c = range->first; k < range->used; k++, c++) {
		lanes.center[k] = batch.mean[c];
		lam_batch_norm_line(pass, batch, c, &lanes.a[k], &lanes.b[k]);
	}
	finish_range(state, pass, range, &lanes);
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct batch_norm *state = lam_layer_state(self);
	const bool merges = pass->mode == LAM_TRAIN && pass->phase == MERGE;
	if (pass->mode == LAM_TRAIN && pass->n * state->places == 1)
		return lam_batch_norm_too_few();
	if (pass->again && pass->mode == LAM_TRAIN && pass->phase != VALUES)
		return LAM_OK;
	for (int64_t slice = pass->slice; slice < pass->slice_end; slice++) {
		struct range range = range_of(
			state, merges ? slice * bands_of(state->channels, state->places) : slice);
		if (pass->mode == LAM_EVAL)
			apply_running(state, pass, &range, true);
		else if (merges)
			merge_moments(state, pass, &range);
		else if (pass->phase == VALUES)
			normalise(state, pass, &range);
		else
			lam_kernel()->reduce.lane_moments(
				sums_of(state, pass, pass->block, &range)->moments, 0,
				range_data(state, pass->x, &range), (size_t)range.places);
	}
	return LAM_OK;
}

/* What the group's values are compared with: the batch's statistics, or the running ones. */
static void centers_of(const struct batch_norm *state, const lam_pass *pass,
	const struct range *range, lam_real *mean, lam_real *r)
{
	const struct statistics batch = statistics_of(state, pass);
	const bool trains = pass->mode == LAM_TRAIN;
	for (int64_t k = 0, c = range->first; k < range->used; k++, c++) {
		mean[k] = trains ? batch.mean[c] : pass->state[BATCH_NORM_RUNNING_MEAN][c];
		r[k] = trains ? batch.r[c]
			      : (lam_real)(1
				      / sqrt((double)pass->state[BATCH_NORM_RUNNING_VAR][c]
					      + (double)state->options.eps));
	}
}

/* The gate of an absorbed ReLU: numbers of the range's channels in its lanes. */
struct range_gate {
	lam_real factor[LAM_LANES], term[LAM_LANES];
	struct lam_gate gate;
} __attribute__((aligned(LAM_ALIGN)));

static void make_gate(const struct batch_norm *state, const lam_pass *pass,
	const struct range *range, struct range_gate *lanes)
{
	const struct statistics batch = statistics_of(state, pass);
	*lanes = (struct range_gate){.gate = {lanes->factor, lanes->term, NULL, NULL}};
	for (int64_t k = 0, c = range->first; k < range->used; k++, c++)
		lam_batch_norm_line(pass, batch, c, &lanes->factor[k], &lanes->term[k]);
	if (pass->finish) {
		lanes->gate.y = range_data(state, pass->y, range);
		lanes->gate.dy = range_data(state, pass->dy, range);
	}
}

static void sum_products(
	const struct batch_norm *state, const lam_pass *pass, const struct range *range)
{
	union band_sums *sums = sums_of(state, pass, pass->block, range);
	lam_real mean[LAM_LANES] __attribute__((aligned(LAM_ALIGN))) = {0}, r[LAM_LANES];
	struct range_gate lanes;
	const bool gated = lam_batch_norm_rectifies(pass);
	centers_of(state, pass, range, mean, r);
	if (gated)
		make_gate(state, pass, range, &lanes);
	*sums = (union band_sums){.products = {{0}, {0}}};
	lam_kernel()->reduce.lane_products(sums->products.dy, sums->products.dyx,
		range_data(state, pass->dy, range), range_data(state, pass->x, range), mean,
		gated ? &lanes.gate : NULL, (size_t)range->places);
}

/* Adds the sums of all samples, writes dw, and the factors of dx. */
static void merge_products(
	const struct batch_norm *state, const lam_pass *pass, struct range *range)
{
	const struct statistics batch = statistics_of(state, pass);
	const double values = (double)pass->n * (double)state->places;
	const bool trains = pass->mode == LAM_TRAIN;
	lam_real *factors = factors_of(pass, range->group), mean[LAM_LANES], r[LAM_LANES];
	double dy[LAM_LANES] = {0}, dyx[LAM_LANES] = {0};
	for (int64_t i = 0; i < pass->n; i++)
		for (range->band = 0; range->band < range->bands; range->band++) {
			const union band_sums *sums = sums_of(state, pass, i, range);
			for (int lane = 0; lane < LAM_LANES; lane++) {
				dy[lane] += sums->products.dy[lane];
				dyx[lane] += sums->products.dyx[lane];
			}
		}
	centers_of(state, pass, range, mean, r);
	for (int64_t k = 0, c = range->first; k < range->used; k++, c++) {
		dyx[k] = (dyx[k] - (trains ? (double)batch.rest[c] : 0) * dy[k]) * (double)r[k];
		if (pass->dw[BATCH_NORM_WEIGHT])
			pass->dw[BATCH_NORM_WEIGHT][c] = (lam_real)dyx[k];
		if (pass->dw[BATCH_NORM_BIAS])
			pass->dw[BATCH_NORM_BIAS][c] = (lam_real)dy[k];
		if (!trains)
			continue;
		const struct batch_norm_factors f = lam_batch_norm_factors(
			pass, c, batch, dy[k], dyx[k], values);
		factors[k] = f.a;
		factors[LAM_LANES + k] = f.b;
		factors[2 * LAM_LANES + k] = f.c;
	}
	for (int64_t k = range->used; k < LAM_LANES; k++)
		factors[k] = factors[LAM_LANES + k] = factors[2 * LAM_LANES + k] = 0;
}

static void write_dx(
	const struct batch_norm *state, const lam_pass *pass, const struct range *range)
{
	const lam_real *factors = factors_of(pass, range->group);
	lam_real mean[LAM_LANES] __attribute__((aligned(LAM_ALIGN))) = {0}, r[LAM_LANES];
	const lam_real *a = factors, *b = a + LAM_LANES, *c = b + LAM_LANES,
		       *dy = range_data(state, pass->dy, range),
		       *x = range_data(state, pass->x, range);
	lam_real *dx = range_data(state, pass->dx, range);
	struct range_gate lanes;
	centers_of(state, pass, range, mean, r);
	if (lam_batch_norm_rectifies(pass) && !pass->finish) {
		make_gate(state, pass, range, &lanes);
		lam_kernel()->map.channel_combine_gated_lanes(
			dx, dy, x, mean, a, b, c, &lanes.gate, (size_t)range->places);
	} else {
		lam_kernel()->map.channel_combine_lanes(
			dx, dy, x, mean, a, b, c, (size_t)range->places);
	}
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct batch_norm *state = lam_layer_state(self);
	for (int64_t slice = pass->slice; slice < pass->slice_end; slice++) {
		struct range range = range_of(state,
			pass->phase == MERGE ? slice * bands_of(state->channels, state->places)
					     : slice);
		if (pass->phase == SUMS)
			sum_products(state, pass, &range);
		else if (pass->phase == MERGE)
			merge_products(state, pass, &range);
		else if (pass->dx->data && pass->mode == LAM_TRAIN)
			write_dx(state, pass, &range);
		else if (pass->dx->data)
			apply_running(state, pass, &range, false);
	}
	return LAM_OK;
}

static int phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct batch_norm *state = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lane_blocks(state->channels) * bands_of(state->channels, state->places)};
	return 1;
}

static int training_phases(const lam_layer *self, lam_job job, lam_mode mode, lam_layout x,
	int64_t samples, lam_phase *phase)
{
	const struct batch_norm *state = lam_layer_state(self);
	phases(self, x, samples, phase);
	if (job == LAM_FORWARD && mode == LAM_EVAL)
		return 1;
	phase[MERGE] = (lam_phase){.per_block = false, .slices = lane_blocks(state->channels)};
	phase[VALUES] = phase[SUMS];
	return 3;
}

static const lam_sample_training training = {
	.phases = training_phases,
	.backward = backward,
};

const lam_sample_form lam_batch_norm_sample_form = {
	.phases = phases,
	.forward = forward,
	.training = &training,
};
