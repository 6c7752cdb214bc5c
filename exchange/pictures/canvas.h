/* SPDX-License-Identifier: MIT */
/* Pixels to draw on, and the PNG file that they become. */
#ifndef LAM_PICTURE_CANVAS_H
#define LAM_PICTURE_CANVAS_H

#include "exchange/pictures/text.h"

#pragma GCC visibility push(hidden)

/* Red, green, blue, and how opaque: 0xRRGGBBAA. */
typedef uint32_t lam_colour;

typedef struct lam_canvas {
	int64_t width, height;
	unsigned char *pixels; /* [height][width][4] */
} lam_canvas;

enum { LAM_GLYPH_WIDTH = 6, LAM_GLYPH_HEIGHT = 9 }; /* pixels of a character, at scale 1 */

/* A canvas of one colour, at most 2^26 pixels. `what` begins the sentences. */
lam_status lam_canvas_open(
	lam_canvas *canvas, int64_t width, int64_t height, lam_colour colour, const char *what);
void lam_canvas_close(lam_canvas *canvas);

/* Sets a pixel; outside of the canvas nothing happens. */
void lam_canvas_set(lam_canvas *canvas, int64_t x, int64_t y, lam_colour colour);
void lam_canvas_fill(
	lam_canvas *canvas, int64_t x, int64_t y, int64_t width, int64_t height, lam_colour colour);

/* Draws at most `most` characters of a string, of which (x, y) is the top left corner. If there are
 * more, they end with "..". What is not ASCII is a box. */
void lam_canvas_text(lam_canvas *canvas, int64_t x, int64_t y, int scale, lam_colour colour,
	const char *string, int64_t most);

/* Appends the PNG file: with an alpha channel if a pixel is not opaque. */
void lam_canvas_png(const lam_canvas *canvas, lam_text *text);

/* The rows of a character from ' ' to '~', the leftmost dot in bit 4; others: a box. */
const unsigned char *lam_glyph(char c);

#pragma GCC visibility pop
#endif
