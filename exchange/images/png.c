/* SPDX-License-Identifier: MIT */
/* PNG files, by libpng. Its errors end in longjmp(), which goes from libpng's functions to
 * run(), and passes through none of ours but the callbacks: run() and what it calls hold nothing
 * that would be lost. */
#include "exchange/images/decode.h"

#ifdef LAM_HAVE_PNG

#include "framework/memory.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

struct decoder {
	lam_image_reader *reader;
	size_t at; /* bytes read */
	png_structp png;
	png_infop info;
	lam_status status; /* a sentence of our own is set; LAM_OK: `text` says what is wrong */
	int channels;      /* of libpng's rows */
	jmp_buf jump;
	char text[100];
};

static void on_error(png_structp png, png_const_charp text)
{
	struct decoder *d = png_get_error_ptr(png);
	snprintf(d->text, sizeof d->text, "%s", text);
	longjmp(d->jump, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static png_voidp allocate(png_structp png, png_alloc_size_t bytes)
{
	struct decoder *d = png_get_mem_ptr(png);
	void *memory = lam_alloc_blank(bytes, 1);
	if (!memory)
		d->status = LAM_ERR_MEMORY;
	return memory;
}

static void release(png_structp png, png_voidp memory)
{
	(void)png;
	lam_free(memory);
}

static void give_bytes(png_structp png, png_bytep to, size_t count)
{
	struct decoder *d = png_get_io_ptr(png);
	if (count > d->reader->size - d->at)
		png_error(png, "it ends early");
	memcpy(to, d->reader->bytes + d->at, count);
	d->at += count;
}

/* Whether the file has all chunks to the last one. libpng takes memory for a chunk by its length,
 * of which a few bytes may say anything. */
static bool is_whole(const lam_image_reader *r)
{
	enum { SIGNATURE = 8, AROUND = 12 }; /* of a chunk: its length, its name, its checksum */
	for (size_t at = SIGNATURE; r->size - at >= AROUND;) {
		const uint32_t length = png_get_uint_32(r->bytes + at);
		if (length > r->size - at - AROUND)
			return false;
		if (memcmp(r->bytes + at + 4, "IEND", 4) == 0)
			return true;
		at += AROUND + length;
	}
	return false;
}

/* Notes a failure that has a sentence of its own, and leaves. */
static void leave(struct decoder *d, lam_status status)
{
	d->status = status;
	longjmp(d->jump, 1);
}

/* Chunks that do not change a pixel are not looked into. */
static void pass_over_chunks(png_structp png)
{
#ifdef PNG_HANDLE_AS_UNKNOWN_SUPPORTED
	static const char names[] = "bKGD\0cHRM\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0"
				    "sCAL\0sPLT\0sRGB\0tEXt\0tIME\0zTXt";
	png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
	png_set_keep_unknown_chunks(
		png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep)names, (int)(sizeof names / 5));
#else
	(void)png;
#endif
}

static void read_header(struct decoder *d)
{
	lam_picture *picture = &d->reader->picture;
	png_set_user_limits(d->png, LAM_IMAGE_SIDE, LAM_IMAGE_SIDE);
	pass_over_chunks(d->png);
	png_read_info(d->png, d->info);
	const png_uint_32 width = png_get_image_width(d->png, d->info),
			  height = png_get_image_height(d->png, d->info);
	lam_status status = lam_image_check_size(d->reader, width, height);
	if (status)
		leave(d, status);
	png_set_expand(d->png);
	if (png_get_bit_depth(d->png, d->info) == 16)
		png_set_scale_16(d->png);
	(void)png_set_interlace_handling(d->png);
	png_read_update_info(d->png, d->info);
	picture->width = (int)width;
	picture->height = (int)height;
	d->channels = png_get_channels(d->png, d->info);
}

static void read_orientation(struct decoder *d)
{
#ifdef PNG_eXIf_SUPPORTED
	png_bytep exif = NULL;
	png_uint_32 size = 0;
	if (png_get_eXIf_1(d->png, d->info, &size, &exif) && exif)
		d->reader->picture.orientation = lam_exif_orientation(exif, size);
#else
	(void)d;
#endif
}

static void read_pixels(struct decoder *d)
{
	lam_image_reader *r = d->reader;
	lam_picture *p = &r->picture;
	const size_t length = png_get_rowbytes(d->png, d->info);
	uint8_t *pixels = lam_image_room(&r->pixels, length, (size_t)p->height);
	if (!pixels)
		leave(d, LAM_ERR_MEMORY);
	const int passes = png_get_interlace_type(d->png, d->info) == PNG_INTERLACE_ADAM7
		? PNG_INTERLACE_ADAM7_PASSES
		: 1;
	for (int pass = 0; pass < passes; pass++)
		for (int y = 0; y < p->height; y++)
			png_read_row(d->png, pixels + (size_t)y * length, NULL);
	png_read_end(d->png, d->info);
	p->pixels = pixels;
}

/* False on failure. */
static bool run(struct decoder *d)
{
	if (setjmp(d->jump))
		return false;
	d->png = png_create_read_struct_2(
		PNG_LIBPNG_VER_STRING, d, on_error, on_warning, d, allocate, release);
	d->info = d->png ? png_create_info_struct(d->png) : NULL;
	if (!d->info)
		return false;
	png_set_read_fn(d->png, d, give_bytes);
	read_header(d);
	read_pixels(d);
	read_orientation(d);
	return true;
}

lam_status lam_png_decode(lam_image_reader *r, bool grey)
{
	struct decoder d = {.reader = r};
	lam_picture *p = &r->picture;
	if (!is_whole(r))
		return lam_fail(LAM_ERR_FORMAT, "%s: is a broken PNG file: it ends early", r->name);
	const bool done = run(&d);
	png_destroy_read_struct(&d.png, &d.info, NULL);
	if (!done && d.status)
		return d.status;
	if (!done)
		return lam_fail(LAM_ERR_FORMAT, "%s: is a broken PNG file: %s", r->name,
			*d.text ? d.text : "libpng does not start");
	p->channels = lam_image_convert(
		r->pixels.at, (int64_t)p->width * p->height, d.channels, grey);
	return LAM_OK;
}

#else

lam_status lam_png_decode(lam_image_reader *r, bool grey)
{
	(void)grey;
	return lam_fail(LAM_ERR_UNSUPPORTED,
		"%s: is a PNG file, and lamina was configured without libpng (Debian's package "
		"libpng-dev)",
		r->name);
}

#endif
