/* SPDX-License-Identifier: MIT */
#include "exchange/pictures/canvas.h"

#include "framework/memory.h"

#include <inttypes.h>

enum { MOST_PIXELS = 1 << 26, CHANNELS = 4 };

lam_status lam_canvas_open(
	lam_canvas *canvas, int64_t width, int64_t height, lam_colour colour, const char *what)
{
	*canvas = (lam_canvas){.width = width, .height = height};
	if (width < 1 || height < 1 || width > MOST_PIXELS || height > MOST_PIXELS / width)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: a picture of %" PRId64 " x %" PRId64 " pixels; expected at most %d",
			what, width, height, MOST_PIXELS);
	canvas->pixels = lam_alloc_blank((size_t)(width * height), CHANNELS);
	if (!canvas->pixels)
		return LAM_ERR_MEMORY;
	lam_canvas_fill(canvas, 0, 0, width, height, colour);
	return LAM_OK;
}

void lam_canvas_close(lam_canvas *canvas)
{
	lam_free(canvas->pixels);
	*canvas = (lam_canvas){0};
}

void lam_canvas_set(lam_canvas *canvas, int64_t x, int64_t y, lam_colour colour)
{
	if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
		return;
	unsigned char *pixel = canvas->pixels + CHANNELS * (y * canvas->width + x);
	for (int k = 0; k < CHANNELS; k++)
		pixel[k] = (unsigned char)(colour >> (24 - 8 * k));
}

void lam_canvas_fill(
	lam_canvas *canvas, int64_t x, int64_t y, int64_t width, int64_t height, lam_colour colour)
{
	for (int64_t i = y < 0 ? 0 : y; i < y + height && i < canvas->height; i++)
		for (int64_t k = x < 0 ? 0 : x; k < x + width && k < canvas->width; k++)
			lam_canvas_set(canvas, k, i, colour);
}

static void draw_glyph(
	lam_canvas *canvas, int64_t x, int64_t y, int scale, lam_colour colour, char c)
{
	const unsigned char *rows = lam_glyph(c);
	for (int row = 0; row < LAM_GLYPH_HEIGHT - 1; row++)
		for (int column = 0; column < LAM_GLYPH_WIDTH - 1; column++)
			if (rows[row] & 16 >> column)
				lam_canvas_fill(canvas, x + column * scale, y + row * scale, scale,
					scale, colour);
}

void lam_canvas_text(lam_canvas *canvas, int64_t x, int64_t y, int scale, lam_colour colour,
	const char *string, int64_t most)
{
	const int64_t length = (int64_t)lam_text_length(string);
	const int64_t whole = length <= most ? length : most - 2;
	int64_t count = 0;
	bool printable;
	for (const char *c = string; *c && count < whole; c += lam_text_character(c, &printable))
		draw_glyph(canvas, x + count++ * LAM_GLYPH_WIDTH * scale, y, scale, colour, *c);
	for (; count < length && count < most; count++)
		draw_glyph(canvas, x + count * LAM_GLYPH_WIDTH * scale, y, scale, colour, '.');
}
