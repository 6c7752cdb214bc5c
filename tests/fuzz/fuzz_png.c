/* SPDX-License-Identifier: MIT */
/* PNG files. The checksums of their chunks are put right, unless the last byte is odd: a fuzzer
 * does not find them by itself. */
#include "tests/fuzz/fuzz_image.h"

#include <zlib.h>

enum { SIGNATURE = 8, AROUND = 12 }; /* of a chunk: its length, its name, its checksum */

static uint32_t big_endian(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

FUZZ_TARGET(png)
{
	uint8_t *copy = malloc(size + 1);
	memcpy(copy, data, size);
	const bool right = size && data[size - 1] % 2 == 0;
	for (size_t at = SIGNATURE; right && at < size && size - at >= AROUND;) {
		const uint32_t length = big_endian(copy + at);
		if (length > size - at - AROUND)
			break;
		const uint32_t sum = (uint32_t)crc32(0, copy + at + 4, length + 4);
		for (int i = 0; i < 4; i++)
			copy[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
		at += AROUND + length;
	}
	fuzz_decode(copy, size);
	free(copy);
	return 0;
}
