/* SPDX-License-Identifier: MIT */
/* PNG, as RFC 2083 has it: 8 bits for red, green, blue, and for alpha where it is needed. Each row
 * holds its differences to the row above (filter 2), deflated by zlib. */
#include "exchange/pictures/canvas.h"

#include "framework/files/zlib_memory.h"

#include <string.h>

enum { RGB = 2, RGBA = 6, UP = 2, OUTPUT = 1 << 14 };

static void number(unsigned char *to, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(n >> (24 - 8 * i));
}

/* Closes the chunk whose length field is at `at`. */
static void end_chunk(lam_text *text, size_t at)
{
	if (text->status)
		return;
	const size_t length = text->count - at - 8;
	unsigned char sum[4];
	number((unsigned char *)text->bytes + at, (uint32_t)length);
	number(sum,
		(uint32_t)crc32(crc32(0, NULL, 0), (const Bytef *)text->bytes + at + 4,
			(uInt)(length + 4)));
	lam_text_bytes(text, sum, sizeof sum);
}

static size_t begin_chunk(lam_text *text, const char *type)
{
	const size_t at = text->count;
	lam_text_bytes(text, "\0\0\0", 4);
	lam_text_bytes(text, type, 4);
	return at;
}

static bool is_opaque(const lam_canvas *canvas)
{
	for (int64_t i = 0; i < canvas->width * canvas->height; i++)
		if (canvas->pixels[4 * i + 3] != 255)
			return false;
	return true;
}

/* The row with its filter before it: 1 + width * channels bytes. */
static void filter_row(const lam_canvas *canvas, int64_t y, int channels, unsigned char *row)
{
	const int64_t step = 4 * canvas->width;
	const unsigned char *now = canvas->pixels + y * step, *above = y ? now - step : NULL;
	*row++ = UP;
	for (int64_t x = 0; x < canvas->width; x++)
		for (int k = 0; k < channels; k++)
			*row++ = (unsigned char)(now[4 * x + k] - (above ? above[4 * x + k] : 0));
}

/* Feeds the row to zlib; `flush` is Z_FINISH after the last one. */
static void deflate_row(z_stream *z, int flush, unsigned char *output, lam_text *text)
{
	do {
		z->next_out = output;
		z->avail_out = OUTPUT;
		deflate(z, flush);
		lam_text_bytes(text, output, OUTPUT - z->avail_out);
	} while (z->avail_out == 0 && !text->status);
}

static void write_pixels(const lam_canvas *canvas, int channels, lam_text *text)
{
	const size_t bytes = 1 + (size_t)(canvas->width * channels);
	unsigned char *row = lam_alloc_blank(bytes + OUTPUT, 1);
	z_stream z = {0};
	lam_zlib_memory(&z);
	if (!row || deflateInit(&z, 9) != Z_OK) {
		text->status = row ? lam_fail(LAM_ERR_MEMORY,
				       "out of memory: zlib could not begin to deflate a picture")
				   : LAM_ERR_MEMORY;
		lam_free(row);
		return;
	}
	for (int64_t y = 0; y < canvas->height && !text->status; y++) {
		filter_row(canvas, y, channels, row);
		z.next_in = row;
		z.avail_in = (uInt)bytes;
		deflate_row(&z, y + 1 < canvas->height ? Z_NO_FLUSH : Z_FINISH, row + bytes, text);
	}
	deflateEnd(&z);
	lam_free(row);
}

void lam_canvas_png(const lam_canvas *canvas, lam_text *text)
{
	const bool opaque = is_opaque(canvas);
	unsigned char header[13] = {0};
	number(header, (uint32_t)canvas->width);
	number(header + 4, (uint32_t)canvas->height);
	header[8] = 8;
	header[9] = opaque ? RGB : RGBA;
	lam_text_bytes(text, "\x89PNG\r\n\x1a\n", 8);
	size_t at = begin_chunk(text, "IHDR");
	lam_text_bytes(text, header, sizeof header);
	end_chunk(text, at);
	at = begin_chunk(text, "IDAT");
	if (!text->status)
		write_pixels(canvas, opaque ? 3 : 4, text);
	end_chunk(text, at);
	at = begin_chunk(text, "IEND");
	end_chunk(text, at);
}
