/* SPDX-License-Identifier: MIT */
/* From the bytes of a file to the bytes of a sample. Private to exchange/images/. */
#ifndef LAM_IMAGES_DECODE_H
#define LAM_IMAGES_DECODE_H

#include "framework/shape.h"
#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum {
	LAM_IMAGE_PIXELS = 1 << 26, /* the default of .pixel_limit */
	LAM_IMAGE_SIDE = 1000000,   /* the most rows and columns of a picture, as libpng has it */
};

/* A sample's shape. */
typedef struct lam_sample_size {
	int channels, height, width; /* channels: 1 or 3 */
} lam_sample_size;

/* Memory that is kept from file to file. */
typedef struct lam_image_buffer {
	void *at;
	size_t room;
} lam_image_buffer;

/* A decoded picture, [height][width][channels]. */
typedef struct lam_picture {
	const uint8_t *pixels;
	int width, height;
	int channels;    /* 1 or 3 */
	int orientation; /* EXIF's, 1 to 8 */
} lam_picture;

/* What reading a file takes; one for each thread, zeroed at first. */
typedef struct lam_image_reader {
	const char *name; /* for sentences, as it is shown */
	const uint8_t *bytes;
	size_t size;
	int64_t pixel_limit;
	lam_image_buffer file, pixels, axes, sums;
	lam_picture picture;
} lam_image_reader;

/* Makes room for `count` x `size` bytes, contents undefined; NULL and a sentence on failure. */
void *lam_image_room(lam_image_buffer *buffer, size_t count, size_t size);

void lam_image_reader_free(lam_image_reader *reader);

/* LAM_ERR_FORMAT when a picture is empty or larger than the limit. */
lam_status lam_image_check_size(const lam_image_reader *reader, int64_t width, int64_t height);

/* LAM_ERR_SHAPE and a sentence that begins with `what` unless the shape is that of an image. */
lam_status lam_sample_size_of(const char *what, const lam_shape *shape, lam_sample_size *size);

/* Reads a whole file, or the bytes of one in memory, into `sample`, [channels][height][width]. A
 * file that is broken, too large or of another kind is LAM_ERR_FORMAT. */
lam_status lam_image_load_file(
	lam_image_reader *reader, const char *path, const lam_sample_size *size, uint8_t *sample);
lam_status lam_image_load_bytes(lam_image_reader *reader, const void *bytes, size_t count,
	const lam_sample_size *size, uint8_t *sample);

/* Decodes reader->bytes into reader->picture. `grey`: one channel is wanted. */
lam_status lam_png_decode(lam_image_reader *reader, bool grey);
lam_status lam_jpeg_decode(lam_image_reader *reader, bool grey);

/* Converts `count` pixels of `from` channels in place, and returns their channels after that, 1 or
 * 3. 2 and 4 channels end with alpha, which is laid over white. */
int lam_image_convert(uint8_t *pixels, int64_t count, int from, bool grey);

/* As lam_image_convert(), for inverted cyan, magenta, yellow and black. */
int lam_image_convert_cmyk(uint8_t *pixels, int64_t count, bool grey);

/* The orientation, 1 to 8, that EXIF data say; 1 if they do not, or are damaged. They begin with
 * TIFF's header. */
int lam_exif_orientation(const uint8_t *exif, size_t size);

/* Resizes and turns reader->picture into a sample. */
lam_status lam_image_resize(lam_image_reader *reader, const lam_sample_size *size, uint8_t *sample);

#pragma GCC visibility pop
#endif
