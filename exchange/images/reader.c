/* SPDX-License-Identifier: MIT */
/* What both kinds of files have in common: memory, sizes, colours. */
#include "exchange/images/decode.h"

#include "framework/memory.h"

#include <inttypes.h>

void *lam_image_room(lam_image_buffer *buffer, size_t count, size_t size)
{
	size_t bytes;
	if (!lam_size_multiply(count, size, &bytes)) {
		lam_fail(LAM_ERR_MEMORY, "out of memory: a picture's size overflows");
		return NULL;
	}
	if (bytes <= buffer->room && buffer->at)
		return buffer->at;
	lam_free(buffer->at);
	buffer->room = 0;
	buffer->at = lam_alloc_blank(count, size);
	if (buffer->at)
		buffer->room = bytes;
	return buffer->at;
}

void lam_image_reader_free(lam_image_reader *r)
{
	lam_free(r->file.at);
	lam_free(r->pixels.at);
	lam_free(r->axes.at);
	lam_free(r->sums.at);
}

lam_status lam_image_check_size(const lam_image_reader *r, int64_t width, int64_t height)
{
	if (width < 1 || height < 1)
		return lam_fail(LAM_ERR_FORMAT, "%s: has no pixels", r->name);
	if (width > LAM_IMAGE_SIDE || height > LAM_IMAGE_SIDE || width * height > r->pixel_limit)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: is a picture of %" PRId64 " x %" PRId64
			" pixels; expected at most %" PRId64 " pixels",
			r->name, width, height, r->pixel_limit);
	return LAM_OK;
}

lam_status lam_sample_size_of(const char *what, const lam_shape *shape, lam_sample_size *size)
{
	if (shape->rank != 3 || (shape->dim[0] != 1 && shape->dim[0] != 3) || shape->dim[1] < 1
		|| shape->dim[2] < 1 || shape->dim[1] > UINT16_MAX || shape->dim[2] > UINT16_MAX)
		return lam_fail(LAM_ERR_SHAPE,
			"%s: the shape is %s; expected 1 or 3 x height x width, at most 65535 each",
			what, shape->rank ? lam_shape_text(*shape).text : "not given");
	*size = (lam_sample_size){(int)shape->dim[0], (int)shape->dim[1], (int)shape->dim[2]};
	return LAM_OK;
}

static uint8_t grey_of(int red, int green, int blue)
{
	return (uint8_t)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

static uint8_t over_white(int value, int alpha)
{
	return (uint8_t)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

int lam_image_convert(uint8_t *pixels, int64_t count, int from, bool grey)
{
	const bool alpha = from == 2 || from == 4;
	const int colours = from - alpha, to = grey ? 1 : colours;
	if (from == to)
		return to;
	uint8_t *out = pixels;
	for (int64_t i = 0; i < count; i++, pixels += from, out += to) {
		uint8_t p[3] = {0};
		for (int c = 0; c < colours; c++)
			p[c] = alpha ? over_white(pixels[c], pixels[colours]) : pixels[c];
		if (grey && colours == 3)
			p[0] = grey_of(p[0], p[1], p[2]);
		for (int c = 0; c < to; c++)
			out[c] = p[c];
	}
	return to;
}

int lam_image_convert_cmyk(uint8_t *pixels, int64_t count, bool grey)
{
	const int to = grey ? 1 : 3;
	uint8_t *out = pixels;
	for (int64_t i = 0; i < count; i++, pixels += 4, out += to) {
		uint8_t p[3];
		for (int c = 0; c < 3; c++)
			p[c] = (uint8_t)((pixels[c] * pixels[3] + 127) / 255);
		if (grey)
			p[0] = grey_of(p[0], p[1], p[2]);
		for (int c = 0; c < to; c++)
			out[c] = p[c];
	}
	return to;
}
