/* SPDX-License-Identifier: MIT */
#include "exchange/pictures/image.h"

#include <math.h>

bool lam_image_size_of(lam_shape shape, lam_image_size *size)
{
	if (!lam_shape_valid(&shape) || shape.rank < 2 || shape.rank > 3)
		return false;
	const int64_t *dim = shape.dim + shape.rank - 2;
	*size = (lam_image_size){shape.rank == 3 ? shape.dim[0] : 1, dim[0], dim[1]};
	return size->channels == 1 || size->channels == 3;
}

void lam_range_add(lam_range *range, const lam_real *x, int64_t count)
{
	for (int64_t i = 0; i < count; i++) {
		const double value = (double)x[i];
		if (!isfinite(value))
			continue;
		range->least = fmin(range->least, value);
		range->most = fmax(range->most, value);
	}
}

double lam_strongest(const lam_real *x, int64_t count)
{
	lam_range range = {0, 0};
	lam_range_add(&range, x, count);
	return fmax(-range.least, range.most);
}

double lam_range_part(lam_range range, double value)
{
	if (isnan(value))
		return value;
	if (range.most == range.least || !isfinite(range.least))
		return 0.5; /* one value, or none */
	/* Halves, as the difference of two large numbers may be infinite. */
	const double part = (value / 2 - range.least / 2) / (range.most / 2 - range.least / 2);
	return part < 0 ? 0 : part > 1 ? 1 : part;
}

static unsigned byte(double part)
{
	return part <= 0 ? 0 : part >= 1 ? 255 : (unsigned)(255 * part + 0.5);
}

static lam_colour rgb(unsigned red, unsigned green, unsigned blue)
{
	return red << 24 | green << 16 | blue << 8 | 0xff;
}

lam_colour lam_grey(double part)
{
	return rgb(byte(part), byte(part), byte(part));
}

lam_colour lam_mix(lam_colour a, lam_colour b, double part)
{
	lam_colour mixed = 0;
	for (int shift = 8; shift < 32; shift += 8)
		mixed |= byte(((a >> shift & 255) * (1 - part) + (b >> shift & 255) * part) / 255)
			<< shift;
	return mixed | 0xff;
}

lam_colour lam_image_colour(
	const lam_real *x, lam_image_size size, int64_t row, int64_t column, lam_range range)
{
	unsigned value[3] = {0};
	for (int64_t k = 0; k < size.channels; k++) {
		const double v = (double)x[(k * size.height + row) * size.width + column];
		if (!isfinite(v))
			return LAM_NOT_FINITE;
		value[k] = byte(lam_range_part(range, v));
	}
	return size.channels == 1 ? rgb(value[0], value[0], value[0])
				  : rgb(value[0], value[1], value[2]);
}

void lam_draw_image(lam_canvas *canvas, int64_t left, int64_t top, int scale, const lam_real *x,
	lam_image_size size, lam_range range)
{
	for (int64_t row = 0; row < size.height; row++)
		for (int64_t column = 0; column < size.width; column++)
			lam_canvas_fill(canvas, left + column * scale, top + row * scale, scale,
				scale, lam_image_colour(x, size, row, column, range));
}
