/* SPDX-License-Identifier: MIT */
/* Corrects the checksums of archives for fuzz targets, so that a changed byte reaches the code
 * behind the checksum tests. */
#ifndef LAM_TESTS_FUZZ_ZIP_H
#define LAM_TESTS_FUZZ_ZIP_H

#include "framework/files/zip_format.h"
#include "tests/fuzz/fuzz.h"

#include <zlib.h>

/* Writes the checksum of a stored entry, whose central header is at `central`, into both of its
 * headers. */
static void fuzz_repair_entry(uint8_t *bytes, size_t size, size_t central)
{
	uint64_t offset = zip_get(bytes + central + 42, 4),
		 stored = zip_get(bytes + central + 20, 4);
	if (zip_get(bytes + central + 10, 2) != ZIP_STORED || offset > size
		|| size - offset < ZIP_LOCAL_SIZE || stored > size)
		return;
	uint64_t data = offset + ZIP_LOCAL_SIZE + zip_get(bytes + offset + 26, 2)
		+ zip_get(bytes + offset + 28, 2);
	if (data > size || stored > size - data)
		return;
	uint32_t crc = (uint32_t)crc32(crc32(0, NULL, 0), bytes + data, (unsigned)stored);
	zip_put(bytes + central + 16, crc, 4);
	zip_put(bytes + offset + 14, crc, 4);
}

/* A copy of the archive with right checksums; the caller frees it with free(). */
__attribute__((unused)) static uint8_t *fuzz_repaired(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size + 1);
	if (!bytes)
		fuzz_wrong("no memory for the archive");
	memcpy(bytes, data, size);
	for (size_t at = 0; at + ZIP_CENTRAL_SIZE <= size; at++)
		if (bytes[at] == 'P' && zip_get(bytes + at, 4) == ZIP_CENTRAL)
			fuzz_repair_entry(bytes, size, at);
	return bytes;
}

#endif
