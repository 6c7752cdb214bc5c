/* SPDX-License-Identifier: MIT */
/* EXIF's orientation: an entry of the first directory of a TIFF file (TIFF 6.0, section 2; tag 274
 * of EXIF 2.3). */
#include "exchange/images/decode.h"

enum { HEADER = 8, ENTRY = 12, TAG = 0x112, SHORT = 3 };

typedef struct tiff {
	const uint8_t *at;
	size_t size;
	bool big; /* big-endian */
} tiff;

static uint32_t number(const tiff *t, size_t at, int bytes)
{
	uint32_t value = 0;
	for (int i = 0; i < bytes; i++)
		value = value << 8 | t->at[at + (size_t)(t->big ? i : bytes - 1 - i)];
	return value;
}

int lam_exif_orientation(const uint8_t *exif, size_t size)
{
	if (size < HEADER + 2 || exif[0] != exif[1] || (exif[0] != 'I' && exif[0] != 'M'))
		return 1;
	const tiff t = {exif, size, exif[0] == 'M'};
	const size_t directory = number(&t, 4, 4);
	if (number(&t, 2, 2) != 42 || directory > size - 2)
		return 1;
	const uint32_t entries = number(&t, directory, 2);
	size_t at = directory + 2;
	for (uint32_t i = 0; i < entries && size - at >= ENTRY; i++, at += ENTRY) {
		if (number(&t, at, 2) != TAG)
			continue;
		const uint32_t value = number(&t, at + 8, 2);
		const bool known = number(&t, at + 2, 2) == SHORT && number(&t, at + 4, 4) == 1;
		return known && value >= 1 && value <= 8 ? (int)value : 1;
	}
	return 1;
}
