/* SPDX-License-Identifier: MIT */
/* Cuts planes into strips, and counts what that takes. One sample, one thread of a Zen 3 with AVX2,
 * beside the code before, which copied, for each channel of a group, a vector of all groups' ones
 * to the lanes of their outputs, and loaded it for each tap: two layers 3x3 of 8 groups, 64
 * channels of 32x32: 1.9 of the speed, of 4x4: 1.4, a signal of 500: 1.7; 256 channels in 32
 * groups, 28x28: 1.6; 128 in 32, 56x56: 1.2; 64 in 8, 33x33, dilation 12: 2.3. Less where there are
 * few products for what is copied and counted: 32 in 16, 32x32, 3x3: 0.9, 8x8: 0.7; 16 in 4, 8x8,
 * 3x3: 0.8, 1x1: 0.55. */
#include "framework/kernels/strips.h"
#include "framework/kernels/sweep_shape.h"
#include "framework/kernels/thresholds.h"

#include <math.h>

/* What it takes to bring a vector of 16 lanes to its place, in multiply-adds of such vectors. On a
 * Zen 3 copies took 0.3 to 0.45 of the products' time for 8 channels, 3x3; by this count 0.28. */
enum { STRIP_COPY = 8 };

/* The values of an item, 256 KiB of floats in the second cache; the items of a sweep, for a few
 * threads: with eight, two threads of a Zen 3 compute 8 groups of 8 channels, 32x32, at 0.9 of the
 * speed; and the least outputs of a strip, as a smaller one has more border than outputs. */
enum { STRIP_VALUES = 65536, STRIP_ITEMS = 4, STRIP_OUTPUTS = 16 };

/* The most positions that a strip may reach for each of its outputs. With a large dilation or
 * stride it holds more of the plane than it reads. */
enum { STRIP_REACH = 16 };

/* Cuts an axis into `count` pieces of ceil(outputs / count) outputs; the last ones may have fewer,
 * or none. All have one shape. Positions that lie before the plane even in the last piece, or
 * behind it even in the first, are left out (`skipped`, `size`). */
static struct pieces cut_axis(const struct axis *all, int64_t count)
{
	const int64_t outputs = ceil_divide(all->outputs, count), others = all->outputs - outputs,
		      last = all->origin + round_up(others, outputs) * all->stride;
	struct pieces pieces = {.axis = *all, .skipped = most(0, -last)};
	struct axis *axis = &pieces.axis;

	axis->outputs = outputs;
	axis->first = 0;
	axis->step = 1;
	axis->origin = -pieces.skipped;
	axis->size = most(0, least(axis_reached(axis), all->size - all->origin) - pieces.skipped);
	return pieces;
}

/* The least number of groups whose channels and outputs fill lane blocks, or all:
 * 16 / gcd(16, channels, outputs). */
static int64_t unit_groups(const struct sweep *s)
{
	const int64_t together = greatest_common_divisor(s->channels, s->outputs);

	return least(s->groups, LAM_LANES / greatest_common_divisor(LAM_LANES, together));
}

/* Pixels of a strip; not more than no memory holds, so that no product of them overflows before the
 * net is refused. */
static int64_t pixels_of(int64_t rows, int64_t columns)
{
	const double most_pixels = 1LL << 40;

	return (int64_t)((double)rows * (double)columns < most_pixels ? (double)(rows * columns)
								      : most_pixels);
}

/* The work of a group, for strips of `in` pixels that have `out` outputs. */
static double work_of(const struct sweep *s, double in, double out)
{
	const double products = (double)s->channels * (double)(s->rows.taps * s->columns.taps);

	return (double)s->outputs * out * (products + STRIP_COPY)
		+ (double)s->channels * in * STRIP_COPY;
}

/* Cuts the band that a cut is at into its strips. */
static void cut_strips(struct strips *cut)
{
	const struct sweep *s = cut->whole;

	cut->down = cut_axis(&cut->rows, LAM_LANES / cut->across);
	cut->along = cut_axis(&cut->columns, cut->across);
	const int64_t in = pixels_of(cut->down.axis.size, cut->along.axis.size),
		      out = pixels_of(cut->down.axis.outputs, cut->along.axis.outputs);

	cut->x_plane = (in | 1) * LAM_LANES;
	cut->y_plane = (out | 1) * LAM_LANES;
	cut->work = (double)cut->groups * work_of(s, (double)in, (double)out);
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
}

static int64_t longer_outputs(const struct sweep *s)
{
	return most(s->rows.outputs, s->columns.outputs);
}

void lam_strips_move(struct strips *cut, int64_t band)
{
	const int64_t outputs = longer_outputs(cut->whole);

	if (cut->bands == 1)
		return;
	move_to(cut, piece_begin(outputs, band, cut->bands),
		piece_begin(outputs, band + 1, cut->bands));
	cut_strips(cut);
}

/* The pieces along the columns that take the least work, but for what is cut off at borders. Every
 * call computes it anew, so it is short. */
static int64_t best_across(const struct strips *cut)
{
	int64_t best = 1;
	double least_work = INFINITY;

	for (int64_t across = 1; across <= least(LAM_LANES, cut->columns.outputs); across++) {
		struct axis down = cut->rows, along = cut->columns;

		down.outputs = ceil_divide(down.outputs, LAM_LANES / across);
		along.outputs = ceil_divide(along.outputs, across);
		const double work = work_of(cut->whole,
			(double)axis_reached(&down) * (double)axis_reached(&along),
			(double)down.outputs * (double)along.outputs);

		if (work < least_work) {
			least_work = work;
			best = across;
		}
	}
	return best;
}

/* Cuts a sweep into bands, and these so that they take the least work. */
static struct strips cut_bands(const struct sweep *s, int64_t bands)
{
	struct strips cut = {.whole = s, .groups = unit_groups(s), .bands = bands};

	move_to(&cut, 0, ceil_divide(longer_outputs(s), bands));
	cut.across = best_across(&cut);
	cut_strips(&cut);
	return cut;
}

/* The most positions that a piece of any band reaches: the first band lies at the border, where
 * strips are cut off, and later ones may reach more. */
static int64_t most_reached(const struct axis *whole, const struct pieces *pieces)
{
	return limit(axis_reached(&pieces->axis), 0, most(0, whole->size - whole->origin));
}

/* The most values of an item, in double, because they may exceed 64 bits. */
static double item_values(const struct strips *cut)
{
	const struct sweep *s = cut->whole;
	const int64_t in = pixels_of(
		most_reached(&s->rows, &cut->down), most_reached(&s->columns, &cut->along));

	return (double)round_up(cut->groups * s->channels, LAM_LANES) * (double)(in | 1) * LAM_LANES
		+ (double)round_up(cut->groups * s->outputs, LAM_LANES) * (double)cut->y_plane;
}

/* There are bands until an item has at most STRIP_VALUES values and a sweep STRIP_ITEMS items, if
 * its work is worth them; but no more than such that a strip has STRIP_OUTPUTS outputs. Two items
 * there are always, if the work is worth them. */
struct strips lam_strips_cut(const struct sweep *s)
{
	const struct strips whole = cut_bands(s, 1);
	const int64_t units = strips_units(&whole),
		      items = slices_worth(
			      whole.work * (double)units, CHANNEL_SLICE_PRODUCTS, STRIP_ITEMS),
		      wanted = most(ceil_divide(items, units),
			      slices_worth(item_values(&whole), STRIP_VALUES, 1LL << 40)),
		      allowed = s->rows.outputs * s->columns.outputs / (LAM_LANES * STRIP_OUTPUTS),
		      for_two = ceil_divide(least(items, 2), units),
		      bands = limit(most(least(wanted, allowed), for_two), 1, longer_outputs(s));

	return bands == 1 ? whole : cut_bands(s, bands);
}

/* How many positions a piece reaches for each output, if an axis has so many pieces. */
static double reached_each(const struct axis *axis, int64_t pieces)
{
	struct axis piece = *axis;

	piece.outputs = ceil_divide(axis->outputs, pieces);
	return (double)axis_reached(&piece) / (double)piece.outputs;
}

bool lam_strips_serve(const lam_conv_geometry *g, lam_job job)
{
	const struct sweep s = lam_conv_sweep(g, job, 0);
	const int64_t down = s.rows.outputs == 1 ? 1 : s.columns.outputs == 1 ? LAM_LANES : 4;

	return s.outputs < CHANNEL_OWN_LEAST && s.rows.outputs * s.columns.outputs >= LAM_LANES
		&& reached_each(&s.rows, down) * reached_each(&s.columns, LAM_LANES / down)
		<= STRIP_REACH;
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

size_t lam_strips_scratch(const lam_conv_geometry *g, lam_job job)
{
	double values = 0;

	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++) {
		const struct sweep s = lam_conv_sweep(g, job, index);
		const struct strips cut = lam_strips_cut(&s);

		values = fmax(values, item_values(&cut));
	}
	/* More than there are addresses: the net is refused. */
	return (size_t)fmin(values, 0x1p58) * sizeof(lam_real);
}
