/* SPDX-License-Identifier: MIT */
/* Product of values: y [C, P] with P places, and inputs x_k [C, P], [C] or [1, P]. An input of
 * another shape than y spreads over the places, or over the channels.
 *
 *   y[c][p]         = x_0[c][p] x_1[c][p] …
 *   dL/dx_k[c][p]   = dL/dy[c][p] q_k[c][p], q_k the product of all inputs but x_k
 *   dL/dx_k[c]      = sum over p of dL/dy[c][p] q_k[c][p]    if x_k spreads over places
 *   dL/dx_k[p]      = sum over c of dL/dy[c][p] q_k[c][p]    if x_k spreads over channels
 *
 * Nothing is divided: q_k is multiplied anew for each k. Some input has the shape of y; in a sum it
 * is the last factor, so that with two inputs no product but that of the sum is computed. */
#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "layers/channels.h"
#include "layers/classes.h"
#include "layers/composition.h"
#include "layers/join.h"

#include <string.h>

struct multiply {
	struct composition options;
	int64_t channels, places;        /* of y, by .check, as the next line */
	int whole;                       /* the first input with y's shape */
	bool over_places, over_channels; /* whether some input spreads */
};

/* The places whose products, or sums, stay in the first cache. */
enum { CHUNK = 64 };

/* What a thread needs for a sum. */
struct sums {
	lam_real product[CHUNK * LAM_LANES], sum[CHUNK * LAM_LANES];
	double total[CHUNK * LAM_LANES];
};

enum spread { WHOLE, OVER_PLACES, OVER_CHANNELS, NOT };

/* How an input of shape `x` spreads over `y`. */
static enum spread spread_of(const lam_shape *x, const lam_shape *y)
{
	bool places = x->rank == y->rank; /* whether x has y's places */
	for (int d = 1; places && d < y->rank; d++)
		places = x->dim[d] == y->dim[d];
	const bool channel_numbers = lam_shape_count(x) == x->dim[0] && x->dim[0] == y->dim[0]
		&& (x->rank == 1 || x->rank == y->rank);
	if ((places && x->dim[0] == y->dim[0])
		|| (channel_numbers && lam_shape_count(y) == y->dim[0]))
		return WHOLE;
	return channel_numbers ? OVER_PLACES : places && x->dim[0] == 1 ? OVER_CHANNELS : NOT;
}

/* Whether `a` is larger than `b`: it has more values, or as many and more dimensions. */
static bool is_larger(const lam_shape *a, const lam_shape *b)
{
	const int64_t values = lam_shape_count(a), others = lam_shape_count(b);
	return values > others || (values == others && a->rank > b->rank);
}

static lam_status refuse(const lam_shape *in, int k, const lam_shape *y)
{
	if (y->rank == 1)
		return lam_fail(LAM_ERR_SHAPE,
			"input %d is %s; expected %s, as the largest input, or 1", k,
			lam_shape_text(in[k]).text, lam_shape_text(*y).text);
	lam_shape channel = *y, place = *y;
	place.dim[0] = 1;
	for (int d = 1; d < y->rank; d++)
		channel.dim[d] = 1;
	return lam_fail(LAM_ERR_SHAPE,
		"input %d is %s; expected %s, as the largest input, or a shape that spreads over "
		"it: %lld, %s or %s",
		k, lam_shape_text(in[k]).text, lam_shape_text(*y).text, (long long)y->dim[0],
		lam_shape_text(channel).text, lam_shape_text(place).text);
}

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	struct multiply *multiply = lam_layer_state(self);
	*out = in[0];
	for (int k = 1; k < inputs; k++)
		if (is_larger(&in[k], out))
			*out = in[k];
	multiply->channels = out->dim[0];
	multiply->places = lam_shape_count(out) / out->dim[0];
	multiply->over_places = multiply->over_channels = false;
	multiply->whole = -1;
	for (int k = 0; k < inputs; k++) {
		const enum spread spread = spread_of(&in[k], out);
		if (spread == NOT)
			return refuse(in, k, out);
		if (spread == WHOLE && multiply->whole < 0)
			multiply->whole = k;
		multiply->over_places |= spread == OVER_PLACES;
		multiply->over_channels |= spread == OVER_CHANNELS;
	}
	return LAM_OK;
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)in;
	const struct multiply *multiply = lam_layer_state(self);
	if (multiply->over_places || multiply->over_channels)
		lam_plan_scratch(plan, LAM_BACKWARD, sizeof(struct sums));
	return LAM_OK;
}

/* Backward has a second phase, cut by places, for the inputs that spread over channels. */
static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)mode, (void)blocks;
	const struct multiply *multiply = lam_layer_state(self);
	const int64_t features = multiply->channels * multiply->places;
	phase[0] = (lam_phase){
		.per_block = true, .slices = lam_channel_slices(multiply->channels, features)};
	phase[1] = (lam_phase){
		.per_block = true, .slices = lam_channel_slices(multiply->places, features)};
	return job == LAM_BACKWARD && multiply->over_channels ? 2 : 1;
}

/* A part of y: places of one channel, or several channels with all their places. With channels in
 * the lanes a "channel" is sixteen of them. */
struct part {
	int64_t channel, channels, place, places;
};

/* to = from times an input, in this part of a y that has `plane` places. */
static void multiply_by(lam_real *to, const lam_real *from, const lam_view *x, enum spread spread,
	struct part part, int64_t plane)
{
	const struct lam_map_kernels *map = &lam_kernel()->map;
	const size_t channels = (size_t)part.channels, places = (size_t)part.places,
		     step = places * LAM_LANES;
	const lam_real *places_at = x->data + part.place * LAM_LANES;
	if (spread == WHOLE)
		map->multiply(
			to, from, places_at + part.channel * plane * LAM_LANES, channels * step);
	else if (spread == OVER_PLACES)
		map->multiply_channels(
			to, from, x->data + part.channel * LAM_LANES, channels, places);
	else if (x->layout == LAM_CHANNEL_LANES)
		map->multiply_places(to, from, places_at, channels, places);
	else
		for (size_t c = 0; c < channels; c++)
			map->multiply(to + c * step, from + c * step, places_at, step);
}

/* The channels of y, or of dy, and the places of each. In rows all inputs have y's shape; each
 * vector is a channel. */
static int64_t channels_of(const struct multiply *multiply, const lam_view *y, int64_t *plane)
{
	const bool rows = lam_is_rows(y);
	*plane = rows ? 1 : multiply->places;
	return rows ? lane_blocks(y->features) : lam_channel_groups(y, multiply->channels);
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct multiply *multiply = lam_layer_state(self);
	const lam_view *out = pass->out;
	int64_t plane;
	const struct channels run = lam_channels_of(pass, channels_of(multiply, out, &plane));
	const struct part part = {run.first, run.count, 0, plane};
	const int64_t at = run.first * plane * LAM_LANES;
	const lam_real *product = pass->x[multiply->whole].data + at;
	for (int k = 0; k < pass->inputs; k++) {
		if (k == multiply->whole)
			continue;
		multiply_by(out->data + at, product, &pass->x[k],
			spread_of(&pass->x[k].shape, &out->shape), part, plane);
		product = out->data + at;
	}
	return LAM_OK;
}

/* dy times all inputs but `k` and `last` (-1: none), in this part of y. The result is in `to`, or
 * is dy itself. */
static const lam_real *product_of(
	lam_real *to, const lam_pass *pass, int k, int last, struct part part, int64_t plane)
{
	const lam_real *product = pass->dy->data + (part.channel * plane + part.place) * LAM_LANES;
	for (int j = 0; j < pass->inputs; j++) {
		if (j == k || j == last)
			continue;
		multiply_by(to, product, &pass->x[j],
			spread_of(&pass->x[j].shape, &pass->dy->shape), part, plane);
		product = to;
	}
	return product;
}

/* dx_k of these channels, for an input that spreads over places. */
static void sum_places(
	const struct multiply *multiply, const lam_pass *pass, int k, struct channels run)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	struct sums *sums = pass->scratch;
	const int64_t plane = multiply->places, step = pass->inputs == 2 ? plane : CHUNK;
	for (int64_t c = run.first; c < run.first + run.count; c++) {
		const lam_real *last = lam_channel_at(&pass->x[multiply->whole], c);
		memset(sums->total, 0, LAM_LANES * sizeof *sums->total);
		for (int64_t p = 0; p < plane; p += step) {
			const int64_t places = least(step, plane - p);
			const lam_real *product = product_of(sums->product, pass, k,
				multiply->whole, (struct part){c, 1, p, places}, plane);
			reduce->sum_products(
				sums->total, product, last + p * LAM_LANES, 1, (size_t)places);
		}
		reduce->take_totals(pass->dx[k].data + c * LAM_LANES, sums->total, LAM_LANES);
	}
}

/* dx_k of these places, at most CHUNK, for an input that spreads over channels. */
static void sum_channels(
	const struct multiply *multiply, const lam_pass *pass, int k, int64_t place, int64_t places)
{
	const struct lam_kernels *kernels = lam_kernel();
	struct sums *sums = pass->scratch;
	const size_t values = (size_t)places * LAM_LANES;
	memset(sums->total, 0, values * sizeof *sums->total);
	for (int64_t first = 0, end; first < multiply->channels; first = end) {
		end = least(first + SUM_TERMS, multiply->channels);
		kernels->map.fill(sums->sum, 0, values);
		for (int64_t c = first; c < end; c++)
			kernels->map.add_product(sums->sum,
				product_of(sums->product, pass, k, multiply->whole,
					(struct part){c, 1, place, places}, multiply->places),
				lam_channel_at(&pass->x[multiply->whole], c) + place * LAM_LANES,
				values);
		kernels->reduce.add_totals(sums->total, sums->sum, values);
	}
	kernels->reduce.take_totals(pass->dx[k].data + place * LAM_LANES, sums->total, values);
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct multiply *multiply = lam_layer_state(self);
	int64_t plane;
	const int64_t channels = channels_of(multiply, pass->dy, &plane);
	const bool by_place = pass->phase == 1;
	/* Channels, or places. */
	const struct channels run = lam_channels_of(pass, by_place ? plane : channels);
	for (int k = 0; k < pass->inputs; k++) {
		const enum spread spread = spread_of(&pass->x[k].shape, &pass->dy->shape);
		if (!pass->dx[k].data || (spread == OVER_CHANNELS) != by_place)
			continue;
		if (spread == WHOLE)
			product_of(pass->dx[k].data + run.first * plane * LAM_LANES, pass, k, -1,
				(struct part){run.first, run.count, 0, plane}, plane);
		else if (spread == OVER_PLACES)
			sum_places(multiply, pass, k, run);
		for (int64_t p = 0; by_place && p < run.count; p += CHUNK)
			sum_channels(multiply, pass, k, run.first + p, least(CHUNK, run.count - p));
	}
	return LAM_OK;
}

/* Inputs of y's shape may lie in any layout. Others spread over sixteen channels in the lanes. */
static lam_layout sample_layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)in;
	const struct multiply *multiply = lam_layer_state(self);
	const bool spreads = multiply->over_places || multiply->over_channels;
	return *out = given == LAM_BATCH_LANES ? given
		: spreads                      ? LAM_CHANNEL_LANES
		: given == LAM_CALLER_ROWS     ? LAM_ROWS
					       : given;
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)samples;
	const struct multiply *multiply = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_sample_slices(x, multiply->channels, multiply->places)};
	return 1;
}

/* A sum over channels would cross the lanes. */
static lam_layout training_layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	const struct multiply *multiply = lam_layer_state(self);
	return sample_layouts(self, in, multiply->over_channels ? LAM_BATCH_LANES : given, out);
}

static const lam_sample_training training = {
	.layouts = training_layouts,
	.backward = backward,
};

static const lam_sample_form sample_form = {
	.layouts = sample_layouts,
	.phases = sample_phases,
	.forward = forward,
	.training = &training,
};

const lam_layer_class lam_multiply_class = {
	LAM_LAYER_ABI,
	.kind = "multiply",
	.flags = LAM_LIGHT | LAM_KEEP_X | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct multiply),
	.min_inputs = 2,
	.max_inputs = INT_MAX,
	.max_children = LAM_MOST_CHILDREN,
	.check = check,
	.plan = plan,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_multiply_new(const lam_join_options *given)
{
	return lam_composition_new(&lam_multiply_class, given);
}

lam_layer *lam_multiply_of(lam_layer *const *list)
{
	return lam_composition_of(&lam_multiply_class, list);
}
