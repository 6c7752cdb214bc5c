/* SPDX-License-Identifier: MIT */
/* Writes the records of an archive field by field. Every date is the first day of the format, so
 * that equal contents give equal bytes. */
#include "framework/files/zip_format.h"

#include "framework/base/shown.h"
#include "framework/files/zip.h"

#include <string.h>

enum {
	FIRST_DAY = 1 << 5 | 1, /* 1980-01-01: year - 1980, month, day in 7, 4 and 5 bits */
	MADE_BY = 3 << 8 | ZIP_VERSION_64, /* Unix */
};

bool lam_zip_name_valid(const char *name, size_t length)
{
	if (length < 1 || length > LAM_ZIP_LONGEST_NAME || name[0] == '/'
		|| (length > 1 && name[1] == ':'))
		return false;
	for (size_t i = 0, bytes; i < length; i += bytes) {
		bytes = lam_printable(name + i, length - i);
		if (bytes == 0 || name[i] == '\\')
			return false;
	}
	/* No part between slashes is "..". */
	for (size_t start = 0; start < length;) {
		const char *slash = memchr(name + start, '/', length - start);
		size_t part = slash ? (size_t)(slash - name) - start : length - start;
		if (part == 2 && name[start] == '.' && name[start + 1] == '.')
			return false;
		start += part + 1;
	}
	return true;
}

/* Writes the 24 bytes that the local and the central header have in common, from "version needed"
 * to "file name length". */
static unsigned char *put_common(unsigned char *at, const zip_record *r, bool wide, bool wide_sizes)
{
	at = zip_put(at, wide ? ZIP_VERSION_64 : ZIP_VERSION, 2);
	at = zip_put(at, r->flags, 2);
	at = zip_put(at, r->method, 2);
	at = zip_put(at, 0, 2); /* time */
	at = zip_put(at, FIRST_DAY, 2);
	at = zip_put(at, r->crc, 4);
	at = zip_put(at, wide_sizes ? ZIP_IN_64 : r->stored, 4);
	at = zip_put(at, wide_sizes ? ZIP_IN_64 : r->size, 4);
	return zip_put(at, strlen(r->name), 2);
}

/* Writes the zip64 extra field (4.5.3), which holds only the values that do not fit the header. */
static size_t put_extra(
	const zip_record *r, bool sizes, bool offset, unsigned char extra[ZIP_EXTRA_ROOM])
{
	if (!sizes && !offset)
		return 0;
	unsigned char *at = zip_put(extra, ZIP_EXTRA_64, 2);
	at = zip_put(at, (sizes ? 16 : 0) + (offset ? 8 : 0), 2);
	if (sizes) {
		at = zip_put(at, r->size, 8);
		at = zip_put(at, r->stored, 8);
	}
	if (offset)
		at = zip_put(at, r->offset, 8);
	return (size_t)(at - extra);
}

size_t zip_put_local(const zip_record *r, bool wide, unsigned char header[ZIP_LOCAL_SIZE],
	unsigned char extra[ZIP_EXTRA_ROOM])
{
	size_t length = put_extra(r, wide, false, extra);
	unsigned char *at = zip_put(header, ZIP_LOCAL, 4);
	at = put_common(at, r, wide, wide);
	zip_put(at, length, 2);
	return length;
}

size_t zip_put_central(const zip_record *r, bool wide, unsigned char header[ZIP_CENTRAL_SIZE],
	unsigned char extra[ZIP_EXTRA_ROOM])
{
	bool sizes = wide || r->size >= ZIP_IN_64 || r->stored >= ZIP_IN_64;
	bool offset = wide || r->offset >= ZIP_IN_64;
	size_t length = put_extra(r, sizes, offset, extra);
	unsigned char *at = zip_put(header, ZIP_CENTRAL, 4);
	at = zip_put(at, MADE_BY, 2);
	at = put_common(at, r, sizes || offset, sizes);
	at = zip_put(at, length, 2);
	at = zip_put(at, 0, 2 + 2 + 2);               /* comment, disk, internal attributes */
	at = zip_put(at, UINT32_C(0100644) << 16, 4); /* a regular file, rw-r--r-- */
	zip_put(at, offset ? ZIP_IN_64 : r->offset, 4);
	return length;
}

size_t zip_put_end(
	uint64_t count, uint64_t start, uint64_t bytes, bool wide, unsigned char end[ZIP_END_ROOM])
{
	unsigned char *at = end;
	wide = wide || count >= ZIP_IN_64_SHORT || start >= ZIP_IN_64 || bytes >= ZIP_IN_64;
	if (wide) {
		at = zip_put(at, ZIP_END64, 4);
		at = zip_put(at, ZIP_END64_SIZE - ZIP_END64_BEFORE, 8);
		at = zip_put(at, MADE_BY, 2);
		at = zip_put(at, ZIP_VERSION_64, 2);
		at = zip_put(at, 0, 4 + 4); /* disks */
		at = zip_put(at, count, 8);
		at = zip_put(at, count, 8);
		at = zip_put(at, bytes, 8);
		at = zip_put(at, start, 8);
		at = zip_put(at, ZIP_LOCATOR, 4);
		at = zip_put(at, 0, 4);
		at = zip_put(at, start + bytes, 8);
		at = zip_put(at, 1, 4);
	}
	at = zip_put(at, ZIP_END, 4);
	at = zip_put(at, 0, 2 + 2);
	at = zip_put(at, wide ? ZIP_IN_64_SHORT : count, 2);
	at = zip_put(at, wide ? ZIP_IN_64_SHORT : count, 2);
	at = zip_put(at, wide ? ZIP_IN_64 : bytes, 4);
	at = zip_put(at, wide ? ZIP_IN_64 : start, 4);
	at = zip_put(at, 0, 2);
	return (size_t)(at - end);
}
