/* SPDX-License-Identifier: MIT */
/* A 1x1 convolution together with the depthwise one before it, its front, whose output nothing else
 * reads: the separable convolution of MobileNet. A thread computes a band of the front and reads it
 * at once, so the threads meet once instead of twice, and no core waits for what another has
 * written. With finite weights no bit changes: of infinite ones a padding of zeros makes NaN.
 * MobileNet of one sample, on two cores of a Zen 5 that are far apart: 2630 samples a second
 * without it, 3550 with it; near ones: 3850, 4650. */
#include "framework/kernels/channel_front.h"

#include "framework/kernels/channel_conv.h"
#include "framework/kernels/channel_sweep.h"

/* The most bands, and the most parts of the outputs. MobileNet of one sample, one thread and two:
 * 4 bands: 3200, 3500 samples a second; 8: 3150, 3800; 16: 3000, 3500. 8 parts and 4 take as long
 * on two threads, and more threads can share 8. */
enum { FRONT_BANDS = 8, FRONT_PARTS = 8 };

/* A front pays if a few threads have work, unless there is little; if its values stay in the second
 * cache; and where each thread computes all of it, if the 1x1 has so many times its work. 512
 * channels of 14x14, two threads, processor time beside both apart: 3x3, 57 times the work: 1.0;
 * 5x5, 20 times: 1.07; 7x7, 10: 1.09; 15x15, 2: 1.74. */
enum { FRONT_SLICES_LEAST = 4, FRONT_BYTES = 256 * 1024, FRONT_WORK = 24 };

/* The front's outputs along the axis that is cut, its rows or those of a signal; and the pixels of
 * one of them. */
static int64_t front_rows(const lam_conv_geometry *front)
{
	return front->oh > 1 ? front->oh : front->ow;
}

static int64_t row_pixels(const lam_conv_geometry *front)
{
	return front->oh > 1 ? front->ow : 1;
}

/* How the pair is cut: into bands of the front, along the axis above, and into parts of the 1x1
 * convolution's outputs. */
struct cut {
	int64_t bands, parts;
};

/* A band of fewer pixels than there are outputs reads more weights than it has products for them.
 * So of small planes threads share the outputs, and each computes the whole front. */
static struct cut cut_of(const lam_conv_geometry *g, const lam_conv_geometry *front)
{
	const int64_t units = lane_blocks(g->out),
		      tiles = channel_tile_count(units, CHANNEL_CONV_UNITS);

	if (g->out > g->w)
		return (struct cut){1, limit(FRONT_PARTS, 1, tiles)};
	const int64_t slices = channel_conv_slices(g, LAM_FORWARD, LAM_CHANNEL_DENSE);

	return (struct cut){limit(least(FRONT_BANDS, slices), 1, front_rows(front)), 1};
}

/* The most values of a lane block of a band. */
static int64_t block_values(const lam_conv_geometry *front, int64_t bands)
{
	return ceil_divide(front_rows(front), bands) * row_pixels(front) * LAM_LANES;
}

/* The front's sweep for outputs [begin, end) of the axis that is cut. */
static struct channel_sweep front_sweep(
	const lam_conv_geometry *front, int64_t bands, int64_t begin, int64_t end)
{
	struct channel_sweep s = channel_conv_sweep(front, LAM_FORWARD, LAM_CHANNEL_DEPTHWISE, 0);

	s.long_axis.axis = axis_part(&s.long_axis.axis, begin, end);
	s.long_axis.axis.first = 0;
	s.y_unit = block_values(front, bands);
	return s;
}

static int64_t band_values(const lam_conv_geometry *front, int64_t bands)
{
	return lane_blocks(front->out) * block_values(front, bands);
}

/* The values of scratch that the sweep takes behind a band: those of the largest band. Where that
 * takes none, a smaller one must not either. */
static int64_t sweep_values(const lam_conv_geometry *front, int64_t bands)
{
	const struct channel_sweep s = front_sweep(
		front, bands, 0, ceil_divide(front_rows(front), bands));

	return channel_sweep_values(&s, 1);
}

COLD static bool pays(
	const lam_conv_geometry *g, const lam_conv_geometry *front, struct cut cut, int64_t bytes)
{
	const int64_t wanted = channel_conv_slices(g, LAM_FORWARD, LAM_CHANNEL_DENSE);
	const double work = channel_conv_work(g, LAM_FORWARD, LAM_CHANNEL_DENSE, 0),
		     front_work = channel_conv_work(front, LAM_FORWARD, LAM_CHANNEL_DEPTHWISE, 0);

	return bytes <= FRONT_BYTES && cut.bands * cut.parts >= least(wanted, FRONT_SLICES_LEAST)
		&& (cut.parts == 1 || work >= FRONT_WORK * front_work);
}

COLD struct lam_front_needs channel_front_needs(
	const lam_conv_geometry *g, const lam_conv_geometry *front)
{
	if (!lam_conv_separable(g, front))
		return (struct lam_front_needs){0};
	const struct cut cut = cut_of(g, front);
	const int64_t values = band_values(front, cut.bands) + sweep_values(front, cut.bands),
		      bytes = values * (int64_t)sizeof(lam_real);

	if (!pays(g, front, cut, bytes))
		return (struct lam_front_needs){0};
	return (struct lam_front_needs){
		.scratch = (size_t)bytes,
		.slices = cut.bands * cut.parts,
		.whole = cut.parts > 1,
	};
}

/* Computes outputs [begin, end) of the front into `band`. `rest` is the sweep's own scratch. */
static void run_front(const lam_conv_geometry *front, const struct lam_conv_call *call,
	int64_t bands, int64_t begin, int64_t end, lam_real *band, lam_real *rest)
{
	struct channel_sweep s = front_sweep(front, bands, begin, end);

	s.packed = call->packed;
	s.bias = call->bias;
	s.finish = finish_of(call->finish, call->epilogue, NULL);
	s.scratch = rest;
	channel_sweep_run(&s, call->from, band, 1, (struct lam_slices){0, 1, 1});
}

void channel_front_run(const lam_conv_geometry *g, const struct lam_conv_call *call,
	const lam_conv_geometry *front, const struct lam_conv_call *front_call)
{
	const struct cut cut = cut_of(g, front);
	const int64_t rows = front_rows(front), pixels = row_pixels(front),
		      items = cut.bands * cut.parts, first = slices_begin(call->slices, items);
	lam_real *values = call->scratch,
		 *rest = sweep_values(front, cut.bands) ? values + band_values(front, cut.bands)
							: NULL;
	struct channel_sweep s = channel_conv_sweep(g, LAM_FORWARD, LAM_CHANNEL_DENSE, 0);

	s.packed = call->packed;
	s.bias = call->bias;
	s.finish = finish_of(call->finish, call->epilogue, call->to);
	s.x_block = block_values(front, cut.bands);
	for (int64_t i = first; i < slices_end(call->slices, items); i++) {
		const int64_t part = i % cut.parts, band = i / cut.parts,
			      begin = piece_begin(rows, band, cut.bands),
			      end = piece_begin(rows, band + 1, cut.bands);

		if (i == first || part == 0)
			run_front(front, front_call, cut.bands, begin, end, values, rest);
		s.long_axis.axis.outputs = s.long_axis.axis.size = (end - begin) * pixels;
		channel_sweep_run(&s, values, call->to + begin * pixels * LAM_LANES, 1,
			(struct lam_slices){part, part + 1, cut.parts});
	}
}
