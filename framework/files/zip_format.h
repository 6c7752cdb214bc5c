/* What the two halves of the zip code share: signatures, sizes and little-endian fields, named as
 * in PKWARE's APPNOTE.TXT. */
#ifndef LAM_ZIP_FORMAT_H
#define LAM_ZIP_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* 4.3.7, 4.3.12, 4.3.14, 4.3.15, 4.3.16: how each record begins, and its length without names,
 * extras and comments. */
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

	ZIP_EXTRA_ROOM = 28, /* the longest extra field that we write */
	ZIP_END_ROOM = ZIP_END64_SIZE + ZIP_LOCATOR_SIZE + ZIP_END_SIZE,
};

/* 4.4.4 and 4.5.3: flags, methods, versions, the extra field that holds 64-bit sizes. */
enum {
	ZIP_FLAG_ENCRYPTED = 1 | 1 << 6 | 1 << 13,
	ZIP_FLAG_LATE_SIZES =
		1 << 3, /* sizes and checksum follow the data; the local header has zeros */
	ZIP_FLAG_UTF8 = 1 << 11,
	ZIP_STORED = 0,
	ZIP_DEFLATED = 8,
	ZIP_VERSION = 20,
	ZIP_VERSION_64 = 45,
	ZIP_EXTRA_64 = 1,
};

/* A field that holds this has its true value in a zip64 record. */
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

/* Returns the place behind the field. */
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

/* Writes the records that end in front of a name, and the extra field behind it, whose length is
 * returned. `wide`: with zip64 sizes (local), with all of zip64 even where nothing needs it
 * (central). */
size_t zip_put_local(const zip_record *r, bool wide, unsigned char header[ZIP_LOCAL_SIZE],
	unsigned char extra[ZIP_EXTRA_ROOM]);
size_t zip_put_central(const zip_record *r, bool wide, unsigned char header[ZIP_CENTRAL_SIZE],
	unsigned char extra[ZIP_EXTRA_ROOM]);

/* Writes what follows a directory of `count` entries, `bytes` long, at `start`; returns its length.
 */
size_t zip_put_end(
	uint64_t count, uint64_t start, uint64_t bytes, bool wide, unsigned char end[ZIP_END_ROOM]);

#pragma GCC visibility pop
#endif
