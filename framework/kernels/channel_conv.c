/* SPDX-License-Identifier: MIT */
/* Convolution with channels in the lanes, as sweeps. A convolution is one sweep. A transposed
 * convolution is one for each residue of the output's position by the stride (conv_axis.h). */
#include "framework/kernels/channel_conv.h"
#include "framework/kernels/channel_pack.h"
#include "framework/kernels/channel_spread.h"
#include "framework/kernels/channel_sweep.h"
#include "framework/kernels/channel_winograd.h"
#include "framework/kernels/thresholds.h"

static int64_t sweep_count(const lam_conv_geometry *g, lam_job job)
{
	return job == LAM_FORWARD ? 1 : limit(g->sh, 1, g->h) * limit(g->sw, 1, g->w);
}

/* Fills in what follows from one group's channels: all but the planes and the axes. */
static struct channel_sweep shape_of(const lam_conv_geometry *g, lam_job job, lam_channel_form form)
{
	int64_t in = (job == LAM_FORWARD ? g->in : g->out) / g->groups,
		out = (job == LAM_FORWARD ? g->out : g->in) / g->groups;
	const bool pads = form == LAM_CHANNEL_GROUPED && out >= CHANNEL_PAD_LEAST;

	form = pads ? LAM_CHANNEL_DENSE : form;
	struct channel_sweep s = {
		.form = form,
		.own_blocks = pads,
		.groups = g->groups,
		.channels = in,
		.outputs = out,
		.units = lane_blocks(out),
		.blocks = lane_blocks(in),
		.inner = LAM_LANES,
		.most_units = 1,
	};

	s.last = in - (s.blocks - 1) * LAM_LANES;
	if (form == LAM_CHANNEL_DENSE || form == LAM_CHANNEL_DENSE_PLANES)
		s.most_units = CHANNEL_CONV_UNITS;
	if (form == LAM_CHANNEL_DENSE_PLANES) {
		s.blocks = in;
		s.inner = s.last = 1;
	} else if (form == LAM_CHANNEL_DEPTHWISE) {
		s.groups = lane_blocks(g->groups);
		s.channels = s.outputs = g->groups;
	} else if (form == LAM_CHANNEL_GROUPED) {
		s.outputs = out * g->groups;
		s.group_outputs = out;
		s.groups = lane_blocks(s.outputs);
		s.units = 1;
		s.blocks = in;
		s.inner = s.last = 1;
	} else if (form == LAM_CHANNEL_FEW_PLANES) {
		s.units = out;
	}
	return s;
}

struct channel_sweep channel_conv_sweep(
	const lam_conv_geometry *g, lam_job job, lam_channel_form form, int64_t index)
{
	struct channel_sweep s = shape_of(g, job, form);
	bool forward = job == LAM_FORWARD;
	int64_t columns = limit(g->sw, 1, g->w);
	int64_t x_pixel = form == LAM_CHANNEL_DENSE_PLANES ? 1 : LAM_LANES,
		y_pixel = form == LAM_CHANNEL_FEW_PLANES ? 1 : LAM_LANES;
	int64_t x_width = forward ? g->w : g->ow, y_width = forward ? g->ow : g->w;
	struct channel_axis row = {
		.x_step = x_width * x_pixel, .y_step = y_width * y_pixel, .weight_step = g->kw};
	struct channel_axis column = {.x_step = x_pixel, .y_step = y_pixel, .weight_step = 1};

	if (forward) {
		row.axis = forward_axis(g->oh, g->h, g->kh, g->sh, g->ph, g->dh);
		column.axis = forward_axis(g->ow, g->w, g->kw, g->sw, g->pw, g->dw);
	} else {
		row.axis = residue_axis(index / columns, g->h, g->oh, g->kh, g->sh, g->ph, g->dh);
		column.axis = residue_axis(
			index % columns, g->w, g->ow, g->kw, g->sw, g->pw, g->dw);
	}
	s.x_block = (forward ? g->h : g->oh) * row.x_step;
	s.y_unit = (forward ? g->oh : g->h) * row.y_step;
	/* A signal has one row, so its length is cut into bands. */
	s.long_axis = row.axis.outputs > 1 ? row : column;
	s.axis = row.axis.outputs > 1 ? column : row;
	return s;
}

static int64_t sweep_weights(const struct channel_sweep *s)
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
	for (int64_t index = 0; index < sweep_count(g, job); index++) {
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
		packed += sweep_weights(&s);
	}
}

COLD int64_t channel_conv_packed_size(
	const lam_conv_geometry *g, lam_job job, lam_channel_form form)
{
	int64_t size = 0;

	if (form == LAM_CHANNEL_WINOGRAD)
		return channel_winograd_packed_size(g, job);

	for (int64_t index = 0; index < sweep_count(g, job); index++) {
		struct channel_sweep s = channel_conv_sweep(g, job, form, index);

		size += sweep_weights(&s);
	}
	return size;
}

/* In double, because the number of products may exceed 64 bits. */
int64_t channel_conv_slices(const lam_conv_geometry *g, lam_job job, lam_channel_form form)
{
	struct channel_sweep s = shape_of(g, job, form);
	double products = (double)(s.groups * s.units * s.blocks
				  * (s.form == LAM_CHANNEL_DENSE ? s.inner : 1))
		* (double)(g->kh * g->kw) * (double)(g->oh * g->ow);

	if (form == LAM_CHANNEL_WINOGRAD)
		return channel_winograd_slices(g, job);
	return slices_worth(products, CHANNEL_SLICE_PRODUCTS, CHANNEL_SLICES);
}

/* Of the last block of channels, products of real ones alone. */
COLD double channel_conv_work(
	const lam_conv_geometry *g, lam_job job, lam_channel_form form, int64_t samples)
{
	struct channel_sweep s = shape_of(g, job, form);

	if (form == LAM_CHANNEL_WINOGRAD)
		return channel_winograd_work(g, job, samples);
	const double taps = (double)(g->kh * g->kw) * (double)(g->oh * g->ow),
		     x = (double)(job == LAM_FORWARD ? g->h * g->w : g->oh * g->ow),
		     y = (double)(job == LAM_FORWARD ? g->oh * g->ow : g->h * g->w);
	const double products = (double)(s.groups * s.units)
		* (double)(s.form == LAM_CHANNEL_DENSE ? s.channels : s.blocks) * taps;

	if (s.own_blocks)
		return products
			+ CHANNEL_PAD_COST * (double)s.groups
			* ((double)s.blocks * x + (double)s.units * y);
	if (s.form == LAM_CHANNEL_GROUPED)
		return CHANNEL_SPREAD_PRODUCT * products
			+ CHANNEL_SPREAD_COST * (double)(s.groups * s.blocks) * x;
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
	const int64_t slices = channel_conv_slices(g, job, form);
	int64_t values = 0;

	for (int64_t index = 0; index < sweep_count(g, job); index++) {
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
	const int64_t wanted = channel_conv_slices(g, job, form);

	for (int64_t index = 0; index < sweep_count(g, job); index++) {
		struct channel_sweep s = channel_conv_sweep(g, job, form, index);

		s.packed = packed;
		s.scratch = call->scratch;
		s.bias = call->bias;
		s.finish = finish_of(call->finish, call->epilogue, call->to);
		channel_sweep_run(&s, call->from, call->to, bands_of(&s, wanted), call->slices);
		packed += sweep_weights(&s);
	}
}
