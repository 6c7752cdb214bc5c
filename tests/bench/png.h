/* SPDX-License-Identifier: MIT */
/* Writes a picture as PNG without any library. The pixels are stored, not compressed: deflate
 * allows uncompressed blocks of up to 65535 bytes. Formats: RFC 2083, RFC 1950, RFC 1951. */
#ifndef EXAMPLE_PNG_H
#define EXAMPLE_PNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct png {
	FILE *file;
	uint32_t crc;  /* of the current chunk */
	uint32_t a, b; /* Adler-32 of the pixels so far */
};

static void png_bytes(struct png *png, const unsigned char *bytes, size_t count)
{
	fwrite(bytes, 1, count, png->file);
	for (size_t i = 0; i < count; i++) {
		png->crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			png->crc = png->crc >> 1 ^ (png->crc & 1 ? 0xedb88320u : 0);
	}
}

static void png_number(struct png *png, uint32_t n)
{
	png_bytes(png,
		(const unsigned char[]){(unsigned char)(n >> 24), (unsigned char)(n >> 16),
			(unsigned char)(n >> 8), (unsigned char)n},
		4);
}

static void png_chunk(struct png *png, uint32_t length, const char *type)
{
	png_number(png, length);
	png->crc = ~0u;
	png_bytes(png, (const unsigned char *)type, 4);
}

static void png_chunk_end(struct png *png)
{
	png_number(png, ~png->crc);
}

/* Writes one stored block: a row of pixels after the filter byte 0. */
static void png_row(struct png *png, const unsigned char *row, unsigned width, bool last)
{
	unsigned length = 3 * width + 1;
	png_bytes(png,
		(const unsigned char[]){last, (unsigned char)length, (unsigned char)(length >> 8),
			(unsigned char)~length, (unsigned char)(~length >> 8), 0},
		6);
	png_bytes(png, row, 3 * (size_t)width);
	png->b = (png->b + png->a) % 65521;
	for (unsigned i = 0; i < 3 * width; i++) {
		png->a = (png->a + row[i]) % 65521;
		png->b = (png->b + png->a) % 65521;
	}
}

/* Writes rgb, [height][width][3] bytes with width below 21845, to `path`. False: errno says why. */
static bool png_write(const char *path, const unsigned char *rgb, unsigned width, unsigned height)
{
	struct png png = {.file = fopen(path, "wb"), .a = 1};
	if (!png.file)
		return false;
	fwrite("\x89PNG\r\n\x1a\n", 1, 8, png.file);
	png_chunk(&png, 13, "IHDR");
	png_number(&png, width);
	png_number(&png, height);
	png_bytes(&png, (const unsigned char[]){8, 2, 0, 0, 0}, 5);
	png_chunk_end(&png);
	png_chunk(&png, 2 + height * (6 + 3 * width) + 4, "IDAT");
	png_bytes(&png, (const unsigned char[]){0x78, 0x01}, 2);
	for (unsigned y = 0; y < height; y++)
		png_row(&png, rgb + 3 * (size_t)width * y, width, y + 1 == height);
	png_number(&png, png.b << 16 | png.a);
	png_chunk_end(&png);
	png_chunk(&png, 0, "IEND");
	png_chunk_end(&png);
	bool written = !ferror(png.file);
	return fclose(png.file) == 0 && written;
}

#endif
