/* SPDX-License-Identifier: MIT */
/* Reads a PNG file of 8 bits per value by zlib and RFC 2083, every check made: of all filters those
 * that pictures use, "none" and "up". */
#ifndef LAM_TESTS_READ_PNG_H
#define LAM_TESTS_READ_PNG_H

#include "tests/files/files.h"

#include <stdint.h>
#include <zlib.h>

struct png {
	uint32_t width, height, channels;
	unsigned char *pixels; /* [height][width][channels]; NULL: the file is no PNG */
};

KIT_UNUSED static uint32_t png_number(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Undoes the filters of inflated rows. */
KIT_UNUSED static bool png_rows(struct png *png, const unsigned char *from)
{
	const size_t step = (size_t)png->width * png->channels;
	for (uint32_t y = 0; y < png->height; y++) {
		const int filter = *from++;
		unsigned char *row = png->pixels + y * step;
		if (!check(filter == 0 || filter == 2, "row %u has filter %d", y, filter))
			return false;
		for (size_t i = 0; i < step; i++)
			row[i] = (unsigned char)(*from++ + (filter && y ? row[i - step] : 0));
	}
	return true;
}

KIT_UNUSED static void png_inflate(struct png *png, const unsigned char *data, size_t count)
{
	const size_t rows = (size_t)png->height * (1 + (size_t)png->width * png->channels);
	uLongf length = rows;
	unsigned char *bytes = malloc(rows + 1);
	png->pixels = malloc(rows + 1);
	const int status = uncompress(bytes, &length, data, count);
	if (!check(status == Z_OK && length == rows, "status %d, %zu bytes of %zu", status,
		    (size_t)length, rows)
		|| !png_rows(png, bytes)) {
		free(png->pixels);
		png->pixels = NULL;
	}
	free(bytes);
}

/* Reads the bytes of a file; the caller frees .pixels. */
KIT_UNUSED static struct png png_of(const unsigned char *bytes, size_t count)
{
	struct png png = {0};
	if (!check(count > 57 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0))
		return png;
	bool ended = false;
	for (size_t at = 8; at < count;) {
		const size_t length = png_number(bytes + at);
		const unsigned char *type = bytes + at + 4, *data = type + 4;
		if (!check(!ended && at + 12 + length <= count, "a chunk of %zu at %zu of %zu",
			    length, at, count)
			|| !check(png_number(data + length)
				== crc32(crc32(0, NULL, 0), type, (uInt)length + 4)))
			return png;
		if (memcmp(type, "IHDR", 4) == 0) {
			png.width = png_number(data);
			png.height = png_number(data + 4);
			png.channels = data[9] == 2 ? 3 : 4;
			check(at == 8 && length == 13 && data[8] == 8 && !data[10] && !data[11]
				&& !data[12] && (data[9] == 2 || data[9] == 6));
		} else if (memcmp(type, "IDAT", 4) == 0) {
			png_inflate(&png, data, length);
		} else {
			ended = check(memcmp(type, "IEND", 4) == 0 && length == 0);
		}
		at += 12 + length;
	}
	check(ended);
	return png;
}

/* Reads a file in base64, up to a quotation mark. */
KIT_UNUSED static struct png png_of_base64(const char *text)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const size_t length = strcspn(text, "\"");
	unsigned char *bytes = malloc(length);
	size_t count = 0;
	uint32_t word = 0;
	for (size_t i = 0; i < length && text[i] != '='; i++) {
		const char *letter = strchr(letters, text[i]);
		if (!check(letter != NULL))
			break;
		word = word << 6 | (uint32_t)(letter - letters);
		if (i % 4)
			bytes[count++] = (unsigned char)(word >> (6 - i % 4 * 2));
	}
	const struct png png = png_of(bytes, count);
	free(bytes);
	return png;
}

KIT_UNUSED static struct png png_read(const char *path)
{
	struct bytes file = file_read(path);
	struct png png = png_of(file.data, file.count);
	free(file.data);
	return png;
}

/* A pixel as 0xRRGGBB. */
KIT_UNUSED static uint32_t png_pixel(const struct png *png, uint32_t x, uint32_t y)
{
	const unsigned char *p = png->pixels + ((size_t)y * png->width + x) * png->channels;
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

#endif
