/* SPDX-License-Identifier: MIT */
/* What the reader and the writer of zip archives share: signatures, sizes and little-endian fields,
 * named as in PKWARE's APPNOTE.TXT. */
#ifndef LAM_ZIP_FORMAT_H
#define LAM_ZIP_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* The signature of each record, and its length in bytes without name, extra field and comment
 * (sections 4.3.7, 4.3.12, 4.3.14, 4.3.15, 4.3.16). */
enum {
	ZIP_LOCAL = 0x04034b50,
	ZIP_CENTRAL = 0x02014b50,
	ZIP_END64 = 0x06064b50,
	ZIP_LOCATOR = 0x07064b50,
	ZIP_END = 0x06054b50,

	ZIP_LOCAL_SIZE = 30,
	ZIP_CENTRAL_SIZE = 46,
	ZIP_END64_SIZE = 56,
	ZIP_LOCATOR_SIZE = 20,
	ZIP_END_SIZE = 22,

	ZIP_EXTRA_ROOM = 28, /* the longest extra field that the library writes */
	ZIP_END_ROOM = ZIP_END64_SIZE + ZIP_LOCATOR_SIZE + ZIP_END_SIZE,
};

/* Flags, methods and versions, and the extra field for 64-bit sizes (sections 4.4.4, 4.5.3). */
enum {
	ZIP_FLAG_ENCRYPTED = 1 | 1 << 6 | 1 << 13,
	ZIP_FLAG_LATE_SIZES = 1 << 3, /* sizes and checksum follow the data; the header has 0 */
	ZIP_FLAG_UTF8 = 1 << 11,
	ZIP_STORED = 0,
	ZIP_DEFLATED = 8,
	ZIP_VERSION = 20,
	ZIP_VERSION_64 = 45,
	ZIP_EXTRA_64 = 1,
};

/* A field with this value has its true value in a zip64 record. */
#define ZIP_IN_64 UINT32_C(0xffffffff)
#define ZIP_IN_64_SHORT UINT16_C(0xffff)

/* Little-endian fields, whatever the machine. */
static inline uint64_t zip_get(const unsigned char *at, int bytes)
{
	uint64_t value = 0;
	for (int i = bytes - 1; i >= 0; i--)
		value = value << 8 | at[i];
	return value;
}

/* Returns the address behind the field. */
static inline unsigned char *zip_put(unsigned char *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * i);
	return at + bytes;
}

/* The directory's data on an entry that is being written. */
typedef struct zip_record {
	char *name;
	uint64_t size, stored, offset;
	uint32_t crc;
	uint16_t method, flags;
} zip_record;

/* Write the header that precedes an entry's name and the extra field that follows the name. Return
 * the extra field's length. `wide` gives a local header zip64 sizes, and a central one all zip64
 * values even where nothing needs them. */
size_t zip_put_local(const zip_record *r, bool wide, unsigned char header[ZIP_LOCAL_SIZE],
	unsigned char extra[ZIP_EXTRA_ROOM]);
size_t zip_put_central(const zip_record *r, bool wide, unsigned char header[ZIP_CENTRAL_SIZE],
	unsigned char extra[ZIP_EXTRA_ROOM]);

/* Writes the records behind a directory of `count` entries and `bytes` bytes at offset `start`.
 * Returns their length. */
size_t zip_put_end(
	uint64_t count, uint64_t start, uint64_t bytes, bool wide, unsigned char end[ZIP_END_ROOM]);

#pragma GCC visibility pop
#endif
