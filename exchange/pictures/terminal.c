/* SPDX-License-Identifier: MIT */
/* Images and curves in a terminal. An image's character is a half block: two pixels, one above the
 * other, of which the upper one has the text's colour and the lower one the background's. */
#include "exchange/pictures/image.h"

#include "framework/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS = 80, MOST_COLUMNS = 1000, HEIGHTS = 8, MOST_HEIGHT = 4000 };

static const char half_block[] = "\xe2\x96\x80";

static bool is_set(const char *name)
{
	const char *value = getenv(name);
	return value && *value;
}

static bool is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	for (int i = 0; i < 3; i++)
		if (is_set(names[i])) {
			const char *value = getenv(names[i]);
			return strstr(value, "UTF-8") || strstr(value, "utf8")
				|| strstr(value, "UTF8") || strstr(value, "utf-8");
		}
	return false;
}

static lam_colours guess(FILE *out)
{
	const int descriptor = fileno(out);
	const char *term = getenv("TERM"), *colour = getenv("COLORTERM");
	if (descriptor < 0 || !isatty(descriptor) || is_set("NO_COLOR") || !term
		|| strcmp(term, "dumb") == 0 || !is_utf8())
		return LAM_COLOURS_PLAIN;
	const bool full = colour
		&& (strcmp(colour, "truecolor") == 0 || strcmp(colour, "24bit") == 0);
	return full ? LAM_COLOURS_24 : LAM_COLOURS_8;
}

/* The colour of 256 that is next: a grey of 24 and two, or of a cube of 6 x 6 x 6. */
static int of_256(lam_colour colour)
{
	const int red = (int)(colour >> 24), green = (int)(colour >> 16 & 255),
		  blue = (int)(colour >> 8 & 255);
	if (red == green && green == blue)
		return red < 4 ? 16 : red > 242 ? 231 : 232 + (red - 3) / 10;
	const int r = red < 48 ? 0
		: red < 115    ? 1
			       : (red - 35) / 40,
		  g = green < 48 ? 0
		: green < 115    ? 1
				 : (green - 35) / 40,
		  b = blue < 48 ? 0
		: blue < 115    ? 1
				: (blue - 35) / 40;
	return 16 + 36 * r + 6 * g + b;
}

static void set_colour(FILE *out, lam_colours colours, bool background, lam_colour colour)
{
	if (colours == LAM_COLOURS_24)
		fprintf(out, "\033[%d;2;%u;%u;%um", background ? 48 : 38, colour >> 24,
			colour >> 16 & 255, colour >> 8 & 255);
	else
		fprintf(out, "\033[%d;5;%dm", background ? 48 : 38, of_256(colour));
}

static void write_colours(FILE *out, const lam_canvas *canvas, lam_colours colours)
{
	for (int64_t y = 0; y < canvas->height; y += 2) {
		lam_colour above = 0, below = 0; /* no opaque colour is 0 */
		for (int64_t x = 0; x < canvas->width; x++) {
			const unsigned char *p = canvas->pixels + 4 * (y * canvas->width + x),
					    *q = p + 4 * canvas->width;
			const lam_colour upper = (lam_colour)p[0] << 24 | (lam_colour)p[1] << 16
				| (lam_colour)p[2] << 8 | 255;
			if (upper != above)
				set_colour(out, colours, false, above = upper);
			if (y + 1 < canvas->height) {
				const lam_colour lower = (lam_colour)q[0] << 24
					| (lam_colour)q[1] << 16 | (lam_colour)q[2] << 8 | 255;
				if (lower != below)
					set_colour(out, colours, true, below = lower);
			}
			fputs(half_block, out);
		}
		fputs("\033[0m\n", out);
	}
}

static void write_plain(FILE *out, const lam_canvas *canvas)
{
	static const char ramp[] = " .:-=+*#%@";
	for (int64_t y = 0; y < canvas->height; y += 2) {
		for (int64_t x = 0; x < canvas->width; x++) {
			const unsigned char *p = canvas->pixels + 4 * (y * canvas->width + x),
					    *q = y + 1 < canvas->height ? p + 4 * canvas->width : p;
			const bool finite = p[0] != 255 || p[1] != 0 || p[2] != 255;
			const int light = (299 * (p[0] + q[0]) + 587 * (p[1] + q[1])
						  + 114 * (p[2] + q[2]))
				/ 2000;
			fputc(finite ? ramp[light * 9 / 255] : '?', out);
		}
		fputc('\n', out);
	}
}

/* The mean of a channel over the pixels that become one; NaN if one is not finite. */
static lam_real mean_of(
	const lam_real *x, lam_image_size size, int64_t row, int64_t column, lam_image_size small)
{
	const int64_t top = row * size.height / small.height,
		      bottom = (row + 1) * size.height / small.height,
		      left = column * size.width / small.width,
		      right = (column + 1) * size.width / small.width;
	double sum = 0;
	for (int64_t y = top; y < bottom; y++)
		for (int64_t k = left; k < right; k++)
			sum += (double)x[y * size.width + k];
	return isfinite(sum) ? (lam_real)(sum / (double)((bottom - top) * (right - left)))
			     : (lam_real)NAN;
}

/* The image, made smaller: [channels][height][width], which the caller frees. */
static lam_real *shrink(const lam_real *x, lam_image_size size, lam_image_size small)
{
	lam_real *y = lam_alloc_blank(
		(size_t)(small.channels * small.height * small.width), sizeof *y);
	for (int64_t k = 0, i = 0; k < size.channels && y; k++)
		for (int64_t row = 0; row < small.height; row++)
			for (int64_t column = 0; column < small.width; column++)
				y[i++] = mean_of(
					x + k * size.height * size.width, size, row, column, small);
	return y;
}

lam_status lam_terminal_image(
	FILE *out, const lam_real *x, lam_shape shape, int columns, lam_colours colours)
{
	static const char what[] = "lam_terminal_image";
	lam_image_size size;
	if (!out || !x)
		return lam_fail(
			LAM_ERR_ARGUMENT, "%s: the %s is NULL", what, out ? "image" : "stream");
	if (!lam_image_size_of(shape, &size))
		return lam_fail(LAM_ERR_SHAPE, "%s: the shape is %s; expected HxW, 1xHxW or 3xHxW",
			what, lam_shape_text(shape).text);
	if (columns < 0 || columns > MOST_COLUMNS)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: %d columns; expected 1 to %d, or 0 for %d",
			what, columns, MOST_COLUMNS, COLUMNS);
	if (colours < LAM_COLOURS_GUESS || colours > LAM_COLOURS_24)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: the colours are %d; expected a lam_colours",
			what, (int)colours);
	lam_image_size small = size;
	const int64_t room = columns ? columns : COLUMNS;
	if (small.width > room)
		small.width = room;
	small.height = (int64_t)((double)size.height * (double)small.width / (double)size.width
		+ 0.5);
	small.height = small.height < 1      ? 1
		: small.height > MOST_HEIGHT ? MOST_HEIGHT
					     : small.height;
	lam_canvas canvas;
	lam_range range = LAM_RANGE_NONE;
	lam_range_add(&range, x, lam_shape_count(&shape));
	lam_real *y = shrink(x, size, small);
	lam_status status = y ? lam_canvas_open(&canvas, small.width, small.height, LAM_INK, what)
			      : LAM_ERR_MEMORY;
	if (!status) {
		lam_draw_image(&canvas, 0, 0, 1, y, small, range);
		if (colours == LAM_COLOURS_GUESS)
			colours = guess(out);
		if (colours == LAM_COLOURS_PLAIN)
			write_plain(out, &canvas);
		else
			write_colours(out, &canvas, colours);
		lam_canvas_close(&canvas);
		if (ferror(out))
			status = lam_fail(LAM_ERR_IO, "%s: the stream refused the image", what);
	}
	lam_free(y);
	return status;
}

char *lam_sparkline(char *text, int width, const double *values, int64_t count)
{
	double least = INFINITY, most = -INFINITY;
	char *to = text;
	const int64_t bars = count < width ? count : width;
	for (int pass = 0; pass < 2; pass++)
		for (int64_t i = 0; i < bars; i++) {
			const int64_t begin = count * i / bars, end = count * (i + 1) / bars;
			double mean = 0;
			for (int64_t k = begin; k < end; k++)
				mean += values[k] / (double)(end - begin);
			if (pass == 0 && isfinite(mean)) {
				least = fmin(least, mean);
				most = fmax(most, mean);
			} else if (pass == 1 && isfinite(mean)) {
				const double part = most > least
					? (mean / 2 - least / 2) / (most / 2 - least / 2)
					: 0.5;
				memcpy(to, "\xe2\x96\x81", 3);
				to[2] = (char)(to[2] + (int)(part * (HEIGHTS - 1) + 0.5));
				to += 3;
			} else if (pass == 1)
				*to++ = ' ';
		}
	*to = 0;
	return text;
}
