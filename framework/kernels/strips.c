/* SPDX-License-Identifier: MIT */
/* Cuts planes into strips, and counts what that takes. One sample, one thread of a Zen 3 with AVX2,
 * beside vectors that held, in each output's lane, a channel of its group: two layers 3x3 of 8
 * groups, 64 channels of 32x32: 1.66 of the speed, of 7x7: 1.33, of 4x4: 1.28, a signal of 500:
 * 1.67; 256 channels in 32 groups, 28x28: 1.56; 128 in 32, 56x56: 1.19; but 32 in 16, 32x32:
 * 0.89. */
#include "framework/kernels/strips.h"
#include "framework/kernels/conv_shape.h"
#include "framework/kernels/thresholds.h"

/* What it takes to bring a vector of 16 lanes to its place, in multiply-adds of such vectors. */
enum { STRIP_COPY = 8 };

/* The most values of an item, 256 KiB of floats in the second cache; but no smaller bands than of
 * so many outputs a strip. And the items of a sweep, if it is worth them: for a few threads. With
 * eight, two threads of a Zen 3 compute 8 groups of 8 channels, 32x32, at 0.9 of the speed. */
enum { STRIP_VALUES = 65536, STRIP_OUTPUTS = 16, STRIP_ITEMS = 4 };

static struct pieces cut_axis(const struct axis *all, int64_t count)
{
	const int64_t outputs = ceil_divide(all->outputs, count), used = all->outputs - outputs,
		      last = all->origin + round_up(most(used, 0), outputs) * all->stride;
	struct pieces pieces = {.of = *all, .low = most(0, -last)};
	struct axis *of = &pieces.of;

	of->outputs = outputs;
	of->first = 0;
	of->step = 1;
	of->origin = -pieces.low;
	of->size = most(0, least(axis_reached(of), all->size - all->origin) - pieces.low);
	return pieces;
}

/* The least number of groups whose channels and outputs fill lane blocks, or all. */
static int64_t unit_groups(const struct sweep *s)
{
	const int64_t together = greatest_common_divisor(s->channels, s->outputs);

	return least(s->groups, LAM_LANES / greatest_common_divisor(LAM_LANES, together));
}

/* Cuts the band that a cut is at into its strips. */
static void cut_strips(struct strips *cut)
{
	const struct sweep *s = cut->whole;

	cut->down = cut_axis(&cut->rows, LAM_LANES / cut->across);
	cut->along = cut_axis(&cut->columns, cut->across);
	const int64_t in = cut->down.of.size * cut->along.of.size,
		      out = cut->down.of.outputs * cut->along.of.outputs;
	const double products = (double)(s->channels * s->rows.taps * s->columns.taps);

	cut->x_plane = (in | 1) * LAM_LANES;
	cut->y_plane = (out | 1) * LAM_LANES;
	cut->work = (double)cut->groups
		* ((double)(s->outputs * out) * (products + STRIP_COPY)
			+ (double)(s->channels * in) * STRIP_COPY);
}

/* Moves to the outputs [begin, end) of the longer axis. */
static void move_to(struct strips *cut, int64_t begin, int64_t end)
{
	const struct sweep *s = cut->whole;
	const bool wide = s->columns.outputs > s->rows.outputs;

	cut->rows = s->rows;
	cut->columns = s->columns;
	if (wide)
		cut->columns = axis_part(&s->columns, begin, end);
	else
		cut->rows = axis_part(&s->rows, begin, end);
	cut_strips(cut);
}

static int64_t longer_outputs(const struct sweep *s)
{
	return most(s->rows.outputs, s->columns.outputs);
}

void lam_strips_move(struct strips *cut, int64_t band)
{
	const int64_t outputs = longer_outputs(cut->whole);

	if (cut->bands > 1)
		move_to(cut, piece_begin(outputs, band, cut->bands),
			piece_begin(outputs, band + 1, cut->bands));
}

/* Cuts a sweep into bands, and these so that they take the least work. */
static struct strips cut_bands(const struct sweep *s, int64_t bands)
{
	struct strips cut = {.whole = s, .groups = unit_groups(s), .bands = bands, .across = 1};

	move_to(&cut, 0, ceil_divide(longer_outputs(s), bands));
	for (struct strips other = cut; other.across < LAM_LANES;) {
		other.across++;
		cut_strips(&other);
		if (other.work < cut.work)
			cut = other;
	}
	return cut;
}

static int64_t item_values(const struct strips *cut)
{
	return strips_values(cut)
		+ round_up(cut->groups * cut->whole->outputs, LAM_LANES) * cut->y_plane;
}

struct strips lam_strips_cut(const struct sweep *s)
{
	const struct strips whole = cut_bands(s, 1);
	const int64_t units = strips_units(&whole),
		      items = slices_worth(
			      whole.work * (double)units, CHANNEL_SLICE_PRODUCTS, STRIP_ITEMS),
		      useful = most(ceil_divide(items, units),
			      ceil_divide(item_values(&whole), STRIP_VALUES)),
		      worth = s->rows.outputs * s->columns.outputs / (LAM_LANES * STRIP_OUTPUTS),
		      bands = limit(most(least(useful, worth), ceil_divide(least(items, 2), units)),
			      1, longer_outputs(s));

	return bands == 1 ? whole : cut_bands(s, bands);
}

bool lam_strips_pay(const lam_conv_geometry *g, lam_job job)
{
	return (job == LAM_FORWARD ? g->out : g->in) / g->groups < CHANNEL_OWN_LEAST;
}

double lam_strips_work(const lam_conv_geometry *g, lam_job job)
{
	double work = 0;

	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++) {
		const struct sweep s = lam_conv_sweep(g, job, index);
		const struct strips cut = lam_strips_cut(&s);

		work += cut.work * (double)(cut.bands * strips_units(&cut));
	}
	return work;
}

int64_t lam_strips_slices(const lam_conv_geometry *g, lam_job job)
{
	return slices_worth(lam_strips_work(g, job), CHANNEL_SLICE_PRODUCTS, CHANNEL_SLICES);
}

/* Bands differ by one row at most, but the strips of a smaller one may reach more. */
size_t lam_strips_scratch(const lam_conv_geometry *g, lam_job job)
{
	int64_t values = 0;

	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++) {
		const struct sweep s = lam_conv_sweep(g, job, index);
		struct strips cut = lam_strips_cut(&s);

		for (int64_t band = 0; band < cut.bands; band++) {
			lam_strips_move(&cut, band);
			values = most(values, item_values(&cut));
		}
	}
	return (size_t)values * sizeof(lam_real);
}
