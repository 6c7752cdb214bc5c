/* SPDX-License-Identifier: MIT */
/* The sweeps of a geometry, by shapes alone. */
#include "framework/kernels/sweep_shape.h"

struct sweep lam_conv_forward_sweep(const lam_conv_geometry *g)
{
	return (struct sweep){
		.groups = g->groups,
		.grouped = g->groups > 1,
		.channels = g->in / g->groups,
		.outputs = g->out / g->groups,
		.rows = forward_axis(g->oh, g->h, g->kh, g->sh, g->ph, g->dh),
		.columns = forward_axis(g->ow, g->w, g->kw, g->sw, g->pw, g->dw),
		.x_row = g->w * LAM_LANES,
		.y_row = g->ow * LAM_LANES,
		.x_channel = g->h * g->w * LAM_LANES,
		.y_channel = g->oh * g->ow * LAM_LANES,
	};
}

struct sweep lam_conv_sweep(const lam_conv_geometry *g, lam_job job, int64_t index)
{
	int64_t columns = least(g->sw, g->w);

	if (job == LAM_FORWARD)
		return lam_conv_forward_sweep(g);
	return (struct sweep){
		.groups = g->groups,
		.grouped = g->groups > 1,
		.channels = g->out / g->groups,
		.outputs = g->in / g->groups,
		.rows = residue_axis(index / columns, g->h, g->oh, g->kh, g->sh, g->ph, g->dh),
		.columns = residue_axis(index % columns, g->w, g->ow, g->kw, g->sw, g->pw, g->dw),
		.x_row = g->ow * LAM_LANES,
		.y_row = g->w * LAM_LANES,
		.x_channel = g->oh * g->ow * LAM_LANES,
		.y_channel = g->h * g->w * LAM_LANES,
	};
}

/* Fills in what follows from one group's channels: all but the planes and the axes. */
static struct channel_sweep shape_of(const lam_conv_geometry *g, lam_job job, lam_channel_form form)
{
	int64_t in = (job == LAM_FORWARD ? g->in : g->out) / g->groups,
		out = (job == LAM_FORWARD ? g->out : g->in) / g->groups;
	const bool own = form == LAM_CHANNEL_GROUPED;

	form = own ? LAM_CHANNEL_DENSE : form;
	struct channel_sweep s = {
		.form = form,
		.own_blocks = own,
		.groups = g->groups,
		.channels = in,
		.outputs = out,
		.units = lane_blocks(out),
		.blocks = lane_blocks(in),
		.inner = LAM_LANES,
		.most_units = 1,
	};

	s.last = in - (s.blocks - 1) * LAM_LANES;
	if (form == LAM_CHANNEL_DENSE_PLANES) {
		s.blocks = in;
		s.inner = s.last = 1;
	} else if (form == LAM_CHANNEL_DEPTHWISE) {
		s.groups = lane_blocks(g->groups);
		s.channels = s.outputs = g->groups;
	} else if (form == LAM_CHANNEL_FEW_PLANES) {
		s.units = out;
	}
	return s;
}

struct channel_sweep lam_channel_sweep(
	const lam_conv_geometry *g, lam_job job, lam_channel_form form, int64_t index)
{
	struct channel_sweep s = shape_of(g, job, form);
	const struct sweep batch = lam_conv_sweep(g, job, index);
	const bool forward = job == LAM_FORWARD;
	const int64_t x_pixel = form == LAM_CHANNEL_DENSE_PLANES ? 1 : LAM_LANES,
		      y_pixel = form == LAM_CHANNEL_FEW_PLANES ? 1 : LAM_LANES,
		      x_width = forward ? g->w : g->ow, y_width = forward ? g->ow : g->w;
	const struct channel_axis row = {.axis = batch.rows,
					  .x_step = x_width * x_pixel,
					  .y_step = y_width * y_pixel,
					  .weight_step = g->kw},
				  column = {.axis = batch.columns,
					  .x_step = x_pixel,
					  .y_step = y_pixel,
					  .weight_step = 1};

	s.x_block = (forward ? g->h : g->oh) * row.x_step;
	s.y_unit = (forward ? g->oh : g->h) * row.y_step;
	/* A signal has one row, so its length is cut into bands. */
	s.long_axis = row.axis.outputs > 1 ? row : column;
	s.axis = row.axis.outputs > 1 ? column : row;
	return s;
}

/* The pixels of a tile; with fewer products it takes as long as with so many, because they wait for
 * each other. The input gradient of 12->36 5x5 on 14x14, of which two thirds lie at borders, takes
 * 0.33 ms for 5 samples as products, 0.08 by Winograd (one core of a Zen 5). */
enum { COUNTED_PIXELS = 6, LEAST_PRODUCTS = 6 };

/* The products of one channel and tap for `units` units of a rectangle. */
static int64_t rectangle_work(int64_t height, int64_t width, int64_t units)
{
	const int64_t along = height * ceil_divide(width, COUNTED_PIXELS),
		      down = width * ceil_divide(height, COUNTED_PIXELS);

	return most(height * width * units, least(along, down) * LEAST_PRODUCTS);
}

double lam_sweep_products(const lam_conv_geometry *g, lam_job job, int64_t index)
{
	const struct sweep s = lam_conv_sweep(g, job, index);
	double work = 0;

	for (struct run row = {.end = 0}; row.end < s.rows.outputs;) {
		row = find_run(&s.rows, row.end, s.rows.outputs);
		for (struct run column = {.end = 0}; column.end < s.columns.outputs;) {
			column = find_run(&s.columns, column.end, s.columns.outputs);
			work += (double)((row.tap_end - row.tap_begin)
					* (column.tap_end - column.tap_begin))
				* (double)rectangle_work(row.end - row.begin,
					column.end - column.begin, lane_blocks(s.outputs));
		}
	}
	return work * (double)s.channels;
}
