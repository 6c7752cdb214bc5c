/* SPDX-License-Identifier: MIT */
/* A 1x1 convolution together with the depthwise one before it, its front, whose output nothing else
 * reads: the separable convolution of MobileNet. A band of the front is computed for all channels,
 * pixel by pixel with the channels side by side, which is the copy that sweep_packed() would have
 * made (conv_sweep.c), and read from the second cache at once. With finite weights no bit changes:
 * of infinite ones a padding of zeros makes NaN. */
#include "framework/kernels/conv_front.h"

#include "framework/kernels/conv_direct.h"
#include "framework/kernels/sweep_shape.h"

/* The most bytes of a band, unless a pixel has more: some half of a Zen 5's second cache. MobileNet
 * of 64 samples on a Zen 5, beside no fronts: 128 KiB: 0.93 of the speed, 256 KiB: 1.00, 512
 * KiB: 1.02, 1 MiB: 1.00; two cores that are far apart: 512 KiB: 1.06. Four rows, and not three, of
 * 128 channels of 16x16, of 256 of 8x8 and of 512 of 4x4 take 516 KiB to 514: these layers at 544
 * KiB beside 512: 1.01. */
enum { FRONT_BYTES = 544 * 1024 };

/* The most slices of a block, as of channel_front.c. A front pays if a few threads have work,
 * unless there is little; and if the 1x1 has so many outputs that its x had better be copied side
 * by side. */
enum { FRONT_SLICES_MOST = 8, FRONT_SLICES_LEAST = 4 };

/* Rows and columns of the front's plane; those of a signal count as rows of one pixel. */
struct plane {
	int64_t rows, columns;
};

static struct plane plane_of(const lam_conv_geometry *front)
{
	return front->oh > 1 ? (struct plane){front->oh, front->ow} : (struct plane){front->ow, 1};
}

/* The most rows and columns of a band. */
static NOT_INLINE struct plane band_of(const lam_conv_geometry *front)
{
	const struct plane plane = plane_of(front);
	const int64_t pixel = sweep_pixel_step(front->out) * LAM_LANES * (int64_t)sizeof(lam_real),
		      pixels = most(1, FRONT_BYTES / pixel);

	return (struct plane){
		limit(pixels / plane.columns, 1, plane.rows), least(pixels, plane.columns)};
}

static int64_t band_values(const lam_conv_geometry *front, struct plane band)
{
	return band.rows * band.columns * sweep_pixel_step(front->out) * LAM_LANES;
}

/* The front's sweep over `count` rows and columns from `first` on, which writes a band from its
 * beginning on. */
static NOT_INLINE struct sweep front_sweep(
	const lam_conv_geometry *front, struct plane first, struct plane count)
{
	struct sweep s = lam_conv_forward_sweep(front);

	if (front->oh > 1) {
		s.rows = axis_part(&s.rows, first.rows, first.rows + count.rows);
		s.columns = axis_part(&s.columns, first.columns, first.columns + count.columns);
	} else {
		s.columns = axis_part(&s.columns, first.rows, first.rows + count.rows);
	}
	s.rows.first = s.columns.first = 0;
	s.columns.step = sweep_pixel_step(front->out);
	s.y_row = s.columns.outputs * sweep_pixel_step(front->out) * LAM_LANES;
	s.y_channel = LAM_LANES;
	return s;
}

/* The bytes of scratch that the sweep takes behind a band: those of the largest band. Where that
 * takes none, a smaller one must not either. */
static int64_t sweep_bytes(const lam_conv_geometry *front, struct plane band)
{
	const struct sweep s = front_sweep(front, (struct plane){0, 0}, band);

	return sweep_scratch(&s);
}

COLD struct lam_front_needs conv_front_needs(
	const lam_conv_geometry *g, const lam_conv_geometry *front)
{
	if (!lam_conv_separable(g, front) || g->out < SWEEP_PACK_LEAST)
		return (struct lam_front_needs){0};
	const struct plane band = band_of(front);
	const int64_t wanted = conv_direct_slices(g, 1),
		      slices = least(least(wanted, FRONT_SLICES_MOST), plane_of(front).rows);

	if (slices < least(wanted, FRONT_SLICES_LEAST))
		return (struct lam_front_needs){0};
	return (struct lam_front_needs){
		.scratch = (size_t)(band_values(front, band) * (int64_t)sizeof(lam_real)
			+ sweep_bytes(front, band)),
		.slices = slices,
	};
}

/* Computes `count` rows and columns of the front. `rest` is the sweep's own scratch. */
static void run_front(const lam_conv_geometry *front, const struct lam_conv_call *call,
	struct plane first, struct plane count, lam_real *band, lam_real *rest)
{
	const struct finish finish = finish_of(call->finish, call->epilogue, NULL);
	struct sweep s = front_sweep(front, first, count);

	s.packed = call->packed;
	s.bias = call->bias;
	s.finish = finish;
	s.finish.apply = NULL; /* a pixel has more values at once than a line of a channel */
	sweep_run(&s, call->from, band, rest, (struct lam_slices){0, 1, 1});
	if (finish.apply)
		finish_apply(&finish, band, count.rows * count.columns,
			sweep_pixel_step(front->out) * LAM_LANES, front->out * LAM_LANES);
}

void conv_front_run(const lam_conv_geometry *g, const struct lam_conv_call *call,
	const lam_conv_geometry *front, const struct lam_conv_call *front_call)
{
	const struct plane plane = plane_of(front), band = band_of(front);
	const int64_t end = slices_end(call->slices, plane.rows);
	lam_real *values = call->scratch,
		 *rest = sweep_bytes(front, band) ? values + band_values(front, band) : NULL;
	struct sweep dot = lam_conv_forward_sweep(g);
	struct plane at, count;

	dot.packed = call->packed;
	dot.bias = call->bias;
	dot.finish = finish_of(call->finish, call->epilogue, call->to);
	dot.x_channel = LAM_LANES;
	dot.x_row = 0;
	dot.columns.stride = sweep_pixel_step(front->out);
	for (at.rows = slices_begin(call->slices, plane.rows); at.rows < end;
		at.rows += count.rows) {
		count.rows = least(band.rows, end - at.rows);
		for (at.columns = 0; at.columns < plane.columns; at.columns += count.columns) {
			count.columns = least(band.columns, plane.columns - at.columns);
			run_front(front, front_call, at, count, values, rest);
			dot.columns.outputs = count.rows * count.columns;
			dot.columns.size = dot.columns.outputs * dot.columns.stride;
			sweep_run(&dot, values,
				call->to + (at.rows * plane.columns + at.columns) * LAM_LANES, NULL,
				(struct lam_slices){0, 1, 1});
		}
	}
}
