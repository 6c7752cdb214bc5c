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

/* The fields of each record that are read: the offset in the record, and the length, in bytes. */
#define ZIP_FIELD(at, bytes) ((at) << 4 | (bytes))
enum {
	ZIP_SIGNATURE = ZIP_FIELD(0, 4), /* of all records */

	ZIP_LOCAL_FLAGS = ZIP_FIELD(6, 2),
	ZIP_LOCAL_METHOD = ZIP_FIELD(8, 2),
	ZIP_LOCAL_CRC = ZIP_FIELD(14, 4),
	ZIP_LOCAL_STORED = ZIP_FIELD(18, 4),
	ZIP_LOCAL_BYTES = ZIP_FIELD(22, 4),
	ZIP_LOCAL_NAME = ZIP_FIELD(26, 2), /* the name's length; so for extra field and comment */
	ZIP_LOCAL_EXTRA = ZIP_FIELD(28, 2),

	ZIP_CENTRAL_FLAGS = ZIP_FIELD(8, 2),
	ZIP_CENTRAL_METHOD = ZIP_FIELD(10, 2),
	ZIP_CENTRAL_CRC = ZIP_FIELD(16, 4),
	ZIP_CENTRAL_STORED = ZIP_FIELD(20, 4),
	ZIP_CENTRAL_BYTES = ZIP_FIELD(24, 4),
	ZIP_CENTRAL_NAME = ZIP_FIELD(28, 2),
	ZIP_CENTRAL_EXTRA = ZIP_FIELD(30, 2),
	ZIP_CENTRAL_COMMENT = ZIP_FIELD(32, 2),
	ZIP_CENTRAL_DISK = ZIP_FIELD(34, 2),
	ZIP_CENTRAL_OFFSET = ZIP_FIELD(42, 4),

	ZIP_END_DISKS = ZIP_FIELD(4, 4), /* this disk and the directory's, two bytes each */
	ZIP_END_COUNT_HERE = ZIP_FIELD(8, 2),
	ZIP_END_COUNT = ZIP_FIELD(10, 2),
	ZIP_END_BYTES = ZIP_FIELD(12, 4), /* the directory's length, then its offset */
	ZIP_END_START = ZIP_FIELD(16, 4),
	ZIP_END_COMMENT = ZIP_FIELD(20, 2),

	ZIP_END64_LENGTH = ZIP_FIELD(4, 8), /* of the record behind this field */
	ZIP_END64_DISKS = ZIP_FIELD(16, 8), /* four bytes each */
	ZIP_END64_COUNT_HERE = ZIP_FIELD(24, 8),
	ZIP_END64_COUNT = ZIP_FIELD(32, 8),
	ZIP_END64_BYTES = ZIP_FIELD(40, 8),
	ZIP_END64_START = ZIP_FIELD(48, 8),

	ZIP_LOCATOR_DISK = ZIP_FIELD(4, 4),
	ZIP_LOCATOR_PLACE = ZIP_FIELD(8, 8), /* the offset of the zip64 record */

	ZIP_END64_BEFORE = 4 + 8, /* bytes that ZIP_END64_LENGTH does not count */
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

/* The value of one of the fields above, in the record that begins at `record`. */
static inline uint64_t zip_field(const unsigned char *record, int field)
{
	return zip_get(record + (field >> 4), field & 15);
}

/* Writes a field, and returns the address after it. */
static inline unsigned char *zip_put(unsigned char *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * i);
	return at + bytes;
}

/* What the directory says of an entry that is being written. */
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

/* Writes the records that follow a directory of `count` entries and `bytes` bytes at offset
 * `start`. Returns their length. */
size_t zip_put_end(
	uint64_t count, uint64_t start, uint64_t bytes, bool wide, unsigned char end[ZIP_END_ROOM]);

#pragma GCC visibility pop
#endif
