/* SPDX-License-Identifier: MIT */
/* A picture in memory: tiles of pixels, lines, and a PNG file at the end. Coordinates are pixels
 * from the top left; what lies outside of the picture is not drawn. */
#ifndef EXAMPLE_PICTURE_H
#define EXAMPLE_PICTURE_H

#include "png.h"

#include <errno.h>
#include <lamina.h>
#include <stdlib.h>

struct picture {
	int width, height;
	unsigned char *rgb; /* [height][width][3] */
};

/* A white picture; rgb is NULL if there is no memory for it. */
static inline struct picture picture_new(int width, int height)
{
	const size_t bytes = 3 * (size_t)width * (size_t)height;
	struct picture p = {width, height, malloc(bytes)};
	if (p.rgb)
		memset(p.rgb, 255, bytes);
	return p;
}

/* Fills a rectangle with a colour, 0xrrggbb. */
static inline void picture_fill(
	struct picture *p, int top, int left, int height, int width, unsigned colour)
{
	for (int y = top < 0 ? 0 : top; y < top + height && y < p->height; y++)
		for (int x = left < 0 ? 0 : left; x < left + width && x < p->width; x++) {
			unsigned char *pixel = p->rgb + 3 * (y * p->width + x);
			pixel[0] = (unsigned char)(colour >> 16);
			pixel[1] = (unsigned char)(colour >> 8);
			pixel[2] = (unsigned char)colour;
		}
}

/* A grey of 0 (black) to 1 (white), as a colour. */
static inline unsigned picture_grey(lam_real value)
{
	const unsigned g = value < 0 ? 0 : value > 1 ? 255 : (unsigned)(255 * value);
	return g << 16 | g << 8 | g;
}

/* Draws an image [height][width] of greys, each pixel as a square of `zoom`. */
static inline void picture_image(struct picture *p, int top, int left, const lam_real *image,
	int height, int width, int zoom)
{
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			picture_fill(p, top + zoom * y, left + zoom * x, zoom, zoom,
				picture_grey(image[y * width + x]));
}

/* Draws `count` values as a line from left to right: `low` is at the bottom of the box, `high` at
 * its top. */
static inline void picture_line(struct picture *p, int top, int left, int height, int width,
	const lam_real *values, int count, double low, double high, unsigned colour)
{
	int before = 0;
	for (int x = 0; x < width && count > 1; x++) {
		const double at = (double)x * (count - 1) / width, part = at - (int)at;
		const double value = (1 - part) * (double)values[(int)at]
			+ part * (double)values[(int)at + 1];
		const int y = top + (int)((high - value) / (high - low) * (height - 1));
		const int from = x == 0 || before == y ? y : before < y ? before + 1 : y;
		const int to = x == 0 || before <= y ? y : before - 1;
		picture_fill(p, from, left + x, to - from + 2, 2, colour);
		before = y;
	}
}

/* Writes the picture to `path` and frees it. */
static inline lam_status picture_save(struct picture *p, const char *path)
{
	const bool written = p->rgb
		&& png_write(path, p->rgb, (unsigned)p->width, (unsigned)p->height);
	const int error = p->rgb ? errno : ENOMEM;
	free(p->rgb);
	p->rgb = NULL;
	return written ? LAM_OK : lam_fail(LAM_ERR_IO, "%s: %s", path, strerror(error));
}

#endif
