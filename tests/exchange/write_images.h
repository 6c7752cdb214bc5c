/* SPDX-License-Identifier: MIT */
/* Image files in memory, written by libpng and libjpeg. An error ends the program. */
#ifndef LAM_TEST_WRITE_IMAGES_H
#define LAM_TEST_WRITE_IMAGES_H

#include "tests/files/files.h"

#ifdef LAM_HAVE_PNG
#include <png.h>
#include <zlib.h>
#endif
#ifdef LAM_HAVE_JPEG
#include <jpeglib.h>
#endif

/* An EXIF block whose first directory has two entries, the second of them the orientation. */
KIT_UNUSED static size_t write_exif(unsigned char *to, int orientation, bool big)
{
	static const unsigned char little_block[] = "II*\0\10\0\0\0\2\0"
						    "\17\1\2\0\1\0\0\0a\0\0\0"
						    "\22\1\3\0\1\0\0\0?\0\0\0\0\0\0\0",
				   big_block[] = "MM\0*\0\0\0\10\0\2"
						 "\1\17\0\2\0\0\0\1a\0\0\0"
						 "\1\22\0\3\0\0\0\1\0?\0\0\0\0\0\0";
	const size_t size = sizeof little_block - 1;
	memcpy(to, big ? big_block : little_block, size);
	to[30 + big] = (unsigned char)orientation;
	return size;
}

#ifdef LAM_HAVE_PNG

struct png_written {
	int type, depth;   /* PNG_COLOR_TYPE_…, bits */
	int width, height; /* rows are packed as libpng has them, 16 bits big-endian */
	bool interlaced;
	int orientation; /* 0: none */
	const png_color *palette;
	int colours;
	const unsigned char *alphas; /* of the palette */
	int alpha_count;
};

static void png_append(png_structp png, png_bytep data, size_t count)
{
	struct bytes *b = png_get_io_ptr(png);
	b->data = realloc(b->data, b->count + count);
	memcpy(b->data + b->count, data, count);
	b->count += count;
}

static void png_flush_nothing(png_structp png)
{
	(void)png;
}

/* The caller frees .data. */
KIT_UNUSED static struct bytes write_png(const struct png_written *w, const unsigned char *rows)
{
	struct bytes b = {0};
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	png_set_write_fn(png, &b, png_append, png_flush_nothing);
	png_set_IHDR(png, info, (png_uint_32)w->width, (png_uint_32)w->height, w->depth, w->type,
		w->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
		PNG_FILTER_TYPE_BASE);
	if (w->palette)
		png_set_PLTE(png, info, w->palette, w->colours);
	if (w->alphas)
		png_set_tRNS(png, info, w->alphas, w->alpha_count, NULL);
	unsigned char exif[64];
	if (w->orientation)
		png_set_eXIf_1(
			png, info, (png_uint_32)write_exif(exif, w->orientation, true), exif);
	png_write_info(png, info);
	const size_t length = png_get_rowbytes(png, info);
	png_bytepp list = malloc((size_t)w->height * sizeof *list);
	for (int y = 0; y < w->height; y++)
		list[y] = (png_bytep)rows + (size_t)y * length;
	png_write_image(png, list);
	png_write_end(png, info);
	free(list);
	png_destroy_write_struct(&png, &info);
	return b;
}

/* Grey for 1 channel, RGB for 3. */
KIT_UNUSED static struct bytes write_plain_png(
	const unsigned char *pixels, int width, int height, int channels)
{
	return write_png(&(struct png_written){.type = channels == 1 ? PNG_COLOR_TYPE_GRAY
								     : PNG_COLOR_TYPE_RGB,
				 .depth = 8,
				 .width = width,
				 .height = height},
		pixels);
}

#endif
#ifdef LAM_HAVE_JPEG

struct jpeg_written {
	int width, height, channels; /* 1: grey, 3: RGB, 4: CMYK as it is stored */
	bool progressive, rgb;       /* rgb: not as YCbCr */
	int orientation;             /* 0: none; above 8: a mark of the big-endian form is added */
};

/* Without subsampling, of quality 100. The caller frees .data. */
KIT_UNUSED static struct bytes write_jpeg(const struct jpeg_written *w, const unsigned char *rows)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct bytes b = {0};
	unsigned long size = 0;
	unsigned char exif[64] = "Exif\0";
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &b.data, &size);
	jpeg.image_width = (JDIMENSION)w->width;
	jpeg.image_height = (JDIMENSION)w->height;
	jpeg.input_components = w->channels;
	jpeg.in_color_space = w->channels == 1 ? JCS_GRAYSCALE
		: w->channels == 3             ? JCS_RGB
					       : JCS_CMYK;
	jpeg_set_defaults(&jpeg);
	if (w->rgb)
		jpeg_set_colorspace(&jpeg, JCS_RGB);
	jpeg_set_quality(&jpeg, 100, TRUE);
	for (int i = 0; i < w->channels; i++)
		jpeg.comp_info[i].h_samp_factor = jpeg.comp_info[i].v_samp_factor = 1;
	if (w->progressive)
		jpeg_simple_progression(&jpeg);
	jpeg_start_compress(&jpeg, TRUE);
	if (w->orientation)
		jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif,
			6
				+ (unsigned)write_exif(
					exif + 6, w->orientation % 16, w->orientation > 15));
	while (jpeg.next_scanline < jpeg.image_height) {
		JSAMPROW row = (JSAMPROW)rows
			+ (size_t)jpeg.next_scanline * (size_t)w->width * (size_t)w->channels;
		jpeg_write_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	b.count = size;
	return b;
}

#endif
#endif
