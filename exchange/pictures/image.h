/* SPDX-License-Identifier: MIT */
/* Arrays of numbers as images: their size, the range of their values, and the colour of a pixel. */
#ifndef LAM_PICTURE_IMAGE_H
#define LAM_PICTURE_IMAGE_H

#include "exchange/pictures/canvas.h"
#include "exchange/pictures/pictures.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* The colours of paper, ink, verdicts, and of what is not finite. */
#define LAM_PAPER 0xffffffff
#define LAM_INK 0x1f2328ff
#define LAM_GOOD 0x1a7f37ff
#define LAM_BAD 0xcf222eff
#define LAM_NOT_FINITE 0xff00ffff

typedef struct lam_image_size {
	int64_t channels, height, width;
} lam_image_size;

/* [H, W], [1, H, W], [3, H, W]; false for other shapes. */
bool lam_image_size_of(lam_shape shape, lam_image_size *size);

typedef struct lam_range {
	double least, most;
} lam_range;

/* Of no values: least is infinite, most is -infinite. */
#define LAM_RANGE_NONE \
	(lam_range) \
	{ \
		INFINITY, -INFINITY \
	}

/* The largest absolute value of the finite ones; 0 if there is none. */
double lam_strongest(const lam_real *x, int64_t count);

/* Widens the range to the finite ones of the values. */
void lam_range_add(lam_range *range, const lam_real *x, int64_t count);

/* Where a value is in the range, 0 to 1; 1/2 if all are equal, or there are none; NaN for NaN. */
double lam_range_part(lam_range range, double value);

/* The colour of a pixel: grey, or of three channels. */
lam_colour lam_image_colour(
	const lam_real *x, lam_image_size size, int64_t row, int64_t column, lam_range range);

/* Grey of 0 to 1; what is outside is cut. */
lam_colour lam_grey(double part);

/* A colour between `a` (part 0) and `b` (part 1), which is opaque. */
lam_colour lam_mix(lam_colour a, lam_colour b, double part);

/* Draws the image with `scale` pixels for each of its own. */
void lam_draw_image(lam_canvas *canvas, int64_t left, int64_t top, int scale, const lam_real *x,
	lam_image_size size, lam_range range);

/* Appends the file that lam_picture_images() writes; `.path` is not read. */
lam_status lam_images_png(const lam_picture_images_options *options, lam_text *png);

#pragma GCC visibility pop
#endif
