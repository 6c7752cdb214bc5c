/* SPDX-License-Identifier: MIT */
/* The filters of a convolution. */
#include "exchange/pictures/image.h"

#include <math.h>

enum { MOST = 64, GAP = 4, SIDE = 40 };

struct filters {
	const lam_real *w;
	int64_t out, in, height, width; /* of the whole array */
	double strongest;
	int scale;
};

/* Blue for positive, red for negative, white for 0. */
static lam_colour weight_colour(double value, double strongest)
{
	if (!isfinite(value))
		return LAM_NOT_FINITE;
	const double part = strongest > 0 ? value / strongest : 0;
	return lam_mix(LAM_PAPER, part < 0 ? 0xb2182bff : 0x2166acff, sqrt(fabs(part)));
}

static void draw_filter(const struct filters *f, const lam_real *w, lam_canvas *canvas,
	int64_t left, int64_t top, bool colour)
{
	const lam_image_size size = {3, f->height, f->width};
	const lam_range range = {-f->strongest, f->strongest};
	lam_canvas_fill(canvas, left - 1, top - 1, f->width * f->scale + 2,
		f->height * f->scale + 2, 0xafb8c1ff);
	if (colour) {
		lam_draw_image(canvas, left, top, f->scale, w, size, range);
		return;
	}
	for (int64_t y = 0; y < f->height; y++)
		for (int64_t x = 0; x < f->width; x++)
			lam_canvas_fill(canvas, left + x * f->scale, top + y * f->scale, f->scale,
				f->scale, weight_colour((double)w[y * f->width + x], f->strongest));
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static lam_status draw(const struct filters *f, const char *path)
{
	const bool colour = f->in == 3 && f->height > 1;
	const int64_t planes = colour ? 1 : least(f->in, MOST), filters = least(f->out, MOST);
	/* One plane for each filter: a grid; several: a row for each filter. */
	const int64_t columns = planes > 1
		? planes
		: least(filters, (int64_t)ceil(sqrt((double)filters * 2)));
	const int64_t rows = (filters * planes + columns - 1) / columns;
	const int64_t step_x = f->width * f->scale + GAP, step_y = f->height * f->scale + GAP;
	lam_canvas canvas;
	lam_text text = {0};
	lam_status status = lam_canvas_open(&canvas, columns * step_x + GAP, rows * step_y + GAP,
		LAM_PAPER, "lam_picture_filters");
	if (status)
		return status;
	for (int64_t i = 0; i < filters * planes; i++)
		draw_filter(f, f->w + (i / planes * f->in + i % planes) * f->height * f->width,
			&canvas, GAP + i % columns * step_x, GAP + i / columns * step_y, colour);
	lam_canvas_png(&canvas, &text);
	lam_canvas_close(&canvas);
	return lam_text_save(&text, path);
}

lam_status lam_picture_filters(const char *path, const lam_param *weight)
{
	if (!path || !weight)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_picture_filters: the %s is NULL",
			path ? "parameter" : "path");
	const lam_shape shape = lam_param_shape(weight);
	if (shape.rank < 3)
		return lam_fail(LAM_ERR_SHAPE,
			"lam_picture_filters: parameter '%s' is %s; expected a convolution's "
			"weight, of rank 3 or 4",
			lam_param_name(weight), lam_shape_text(shape).text);
	struct filters f = {.w = lam_param_value(weight),
		.out = shape.dim[0],
		.in = shape.dim[1],
		.height = shape.rank == 4 ? shape.dim[2] : 1,
		.width = shape.dim[shape.rank - 1]};
	f.strongest = lam_strongest(f.w, lam_shape_count(&shape));
	f.scale = (int)(SIDE / least(f.height > f.width ? f.height : f.width, SIDE));
	return draw(&f, path);
}
