/* SPDX-License-Identifier: MIT */
/* Convolution with channels in the lanes, as sweeps. A convolution is one sweep. A transposed
 * convolution is one for each residue of the output's position by the stride (conv_axis.h). */
#include "framework/kernels/channel_conv.h"
#include "framework/kernels/channel_pack.h"
#include "framework/kernels/channel_strips.h"
#include "framework/kernels/channel_sweep.h"
#include "framework/kernels/channel_winograd.h"
#include "framework/kernels/conv_direct.h"
#include "framework/kernels/strips.h"
#include "framework/kernels/sweep_shape.h"
#include "framework/kernels/thresholds.h"

struct channel_sweep channel_conv_sweep(
	const lam_conv_geometry *g, lam_job job, lam_channel_form form, int64_t index)
{
	struct channel_sweep s = lam_channel_sweep(g, job, form, index);

	if (s.form == LAM_CHANNEL_DENSE || s.form == LAM_CHANNEL_DENSE_PLANES)
		s.most_units = CHANNEL_CONV_UNITS;
	return s;
}

static bool has_strips(const lam_conv_geometry *g, lam_job job, lam_channel_form form)
{
	return form == LAM_CHANNEL_GROUPED && lam_strips_serve(g, job);
}

static int64_t packed_weights(const struct channel_sweep *s)
{
	return s->groups * s->units * channel_unit_weights(s);
}

void channel_conv_pack(const lam_conv_geometry *g, lam_job job, lam_channel_form form,
	const lam_real *w, lam_real *packed, struct lam_slices slices)
{
	if (form == LAM_CHANNEL_WINOGRAD) {
		channel_winograd_pack(g, job, w, packed, slices);
		return;
	}
	if (has_strips(g, job, form)) {
		conv_direct_algorithm.pack(g, job, w, packed, slices);
		return;
	}
	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++) {
		struct channel_sweep s = channel_conv_sweep(g, job, form, index);
		int64_t tiles = channel_tile_count(s.units, s.most_units), items = s.groups * tiles;

		for (int64_t item = slices_begin(slices, items); item < slices_end(slices, items);
			item++) {
			int64_t tile = item % tiles,
				first = channel_tile_begin(s.units, s.most_units, tile);
			struct channel_packing packing = {
				.g = g,
				.job = job,
				.sweep = &s,
				.w = w,
				.group = item / tiles,
				.first = first,
				.units = channel_tile_begin(s.units, s.most_units, tile + 1)
					- first,
			};

			channel_pack_tile(&packing, packed);
		}
		packed += packed_weights(&s);
	}
}

COLD int64_t channel_conv_packed_size(
	const lam_conv_geometry *g, lam_job job, lam_channel_form form)
{
	int64_t size = 0;

	if (form == LAM_CHANNEL_WINOGRAD)
		return channel_winograd_packed_size(g, job);
	if (has_strips(g, job, form))
		return conv_direct_weights(g);

	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++) {
		struct channel_sweep s = channel_conv_sweep(g, job, form, index);

		size += packed_weights(&s);
	}
	return size;
}

/* In double, because the number of products may exceed 64 bits. */
int64_t channel_conv_slices(const lam_conv_geometry *g, lam_job job, lam_channel_form form)
{
	if (form == LAM_CHANNEL_WINOGRAD)
		return channel_winograd_slices(g, job);
	if (has_strips(g, job, form))
		return lam_strips_slices(g, job);
	const struct channel_sweep s = lam_channel_sweep(g, job, form, 0);
	const double products = (double)(s.groups * s.units * s.blocks
					* (s.form == LAM_CHANNEL_DENSE ? s.inner : 1))
		* (double)(g->kh * g->kw) * (double)(g->oh * g->ow);

	return slices_worth(products, CHANNEL_SLICE_PRODUCTS, CHANNEL_SLICES);
}

/* Of the last block of channels, products of real ones alone. */
COLD double channel_conv_work(
	const lam_conv_geometry *g, lam_job job, lam_channel_form form, int64_t samples)
{
	if (form == LAM_CHANNEL_WINOGRAD)
		return channel_winograd_work(g, job, samples);
	if (has_strips(g, job, form))
		return lam_strips_work(g, job);
	const struct channel_sweep s = lam_channel_sweep(g, job, form, 0);
	const double taps = (double)(g->kh * g->kw) * (double)(g->oh * g->ow),
		     x = (double)(job == LAM_FORWARD ? g->h * g->w : g->oh * g->ow),
		     y = (double)(job == LAM_FORWARD ? g->oh * g->ow : g->h * g->w);
	const double products = (double)(s.groups * s.units)
		* (double)(s.form == LAM_CHANNEL_DENSE ? s.channels : s.blocks) * taps;

	if (s.own_blocks)
		return products
			+ CHANNEL_OWN_COST * (double)s.groups
			* ((double)s.blocks * x + (double)s.units * y);
	return products;
}

/* Of a sweep that threads share by bands, if it is worth so many slices: two threads have as much
 * each, and four still do. */
enum { BANDS_LEAST = 4 };

/* The bands of a sweep: enough for the usual number of slices. It does not depend on how many
 * slices a call has. */
static int64_t bands_of(const struct channel_sweep *s, int64_t slices)
{
	const int64_t tiles = s->groups * channel_tile_count(s->units, s->most_units);

	if (s->own_blocks)
		return least(slices, BANDS_LEAST);
	return most(
		ceil_divide(slices, tiles), channel_by_bands(s) ? least(slices, BANDS_LEAST) : 1);
}

COLD size_t channel_conv_scratch(const lam_conv_geometry *g, lam_job job, lam_channel_form form)
{
	if (form == LAM_CHANNEL_WINOGRAD)
		return channel_winograd_scratch(g, job);
	if (has_strips(g, job, form))
		return lam_strips_scratch(g, job);
	const int64_t slices = channel_conv_slices(g, job, form);
	int64_t values = 0;

	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++) {
		struct channel_sweep s = channel_conv_sweep(g, job, form, index);

		values = most(values, channel_sweep_values(&s, bands_of(&s, slices)));
	}
	return (size_t)values * sizeof(lam_real);
}

void channel_conv_run(const lam_conv_geometry *g, lam_job job, lam_channel_form form,
	const struct lam_conv_call *call)
{
	const lam_real *packed = call->packed;

	if (form == LAM_CHANNEL_WINOGRAD) {
		channel_winograd_run(g, job, call);
		return;
	}
	if (has_strips(g, job, form)) {
		channel_strips_run(g, job, call);
		return;
	}
	const int64_t wanted = channel_conv_slices(g, job, form);

	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++) {
		struct channel_sweep s = channel_conv_sweep(g, job, form, index);

		s.packed = packed;
		s.scratch = call->scratch;
		s.bias = call->bias;
		s.finish = finish_of(call->finish, call->epilogue, call->to);
		channel_sweep_run(&s, call->from, call->to, bands_of(&s, wanted), call->slices);
		packed += packed_weights(&s);
	}
}
