/* SPDX-License-Identifier: MIT */
/* What the targets of images share. */
#ifndef LAM_TESTS_FUZZ_IMAGE_H
#define LAM_TESTS_FUZZ_IMAGE_H

#include "exchange/images/decode.h"
#include "tests/fuzz/fuzz.h"

/* A picture takes at most 8 bytes a pixel, and libpng's row and zlib's window some more. */
enum { IMAGE_PIXELS = 1 << 16, IMAGE_FLOOR = 8 * IMAGE_PIXELS + (24 << 20) };

/* Decodes a file in memory in grey and in colour, into a smaller, a larger and a flat sample. */
static void fuzz_decode(const uint8_t *data, size_t size)
{
	static const lam_sample_size sizes[] = {{1, 5, 7}, {3, 40, 30}, {3, 1, 90}};
	static uint8_t sample[3 * 40 * 30];
	fuzz_begin(IMAGE_FLOOR, 16, size);
	lam_image_reader reader = {.pixel_limit = IMAGE_PIXELS};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const lam_status status = lam_image_load_bytes(
			&reader, data, size, &sizes[i], sample);
		if (status && status != LAM_ERR_FORMAT && status != LAM_ERR_UNSUPPORTED)
			fuzz_wrong("another failure than that of the file");
	}
	lam_image_reader_free(&reader);
	fuzz_end();
}

#endif
