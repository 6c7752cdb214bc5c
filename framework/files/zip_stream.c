/* SPDX-License-Identifier: MIT */
/* Reads one entry of an archive from its first byte to its last. */
#include "framework/files/zip.h"
#include "framework/files/zip_format.h"

#include "framework/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { LARGEST_CALL = 1 << 30 }; /* bytes; zlib counts in unsigned int */

struct lam_zip_stream {
	const lam_zip_entry *entry;
	lam_stream *data;
	uint64_t left;
	uint32_t crc;
	char what[320]; /* "'model.npz': entry '0.weight.npy'" */
};

/* Whether a field of the local header equals the directory's, or refers to another record for its
 * value. */
static bool agrees(uint64_t local, uint64_t central, bool late)
{
	return local == central || local == ZIP_IN_64 || (late && local == 0);
}

/* Checks the local header; *start is the offset of the data. */
static lam_status check_local(
	const lam_zip *zip, const lam_zip_entry *entry, const char *what, uint64_t *start)
{
	const lam_file_reader *file = lam_zip_file(zip);
	unsigned char header[ZIP_LOCAL_SIZE], name[256];
	lam_status status = lam_file_read(file, entry->offset, header, sizeof header);
	if (status != LAM_OK)
		return status;
	size_t length = strlen(entry->name);
	uint64_t flags = zip_field(header, ZIP_LOCAL_FLAGS),
		 method = entry->coding == LAM_CODING_STORED ? ZIP_STORED : ZIP_DEFLATED;
	bool late = flags & ZIP_FLAG_LATE_SIZES;
	bool same = zip_field(header, ZIP_SIGNATURE) == ZIP_LOCAL && !(flags & ZIP_FLAG_ENCRYPTED)
		&& zip_field(header, ZIP_LOCAL_METHOD) == method
		&& zip_field(header, ZIP_LOCAL_NAME) == length
		&& (zip_field(header, ZIP_LOCAL_CRC) == entry->crc || late)
		&& agrees(zip_field(header, ZIP_LOCAL_STORED), entry->stored, late)
		&& agrees(zip_field(header, ZIP_LOCAL_BYTES), entry->size, late);
	for (size_t at = 0; same && at < length; at += sizeof name) {
		size_t part = length - at < sizeof name ? length - at : sizeof name;
		status = lam_file_read(file, entry->offset + ZIP_LOCAL_SIZE + at, name, part);
		if (status != LAM_OK)
			return status;
		same = memcmp(name, entry->name + at, part) == 0;
	}
	if (!same)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: its local header is damaged or contradicts the directory", what);
	*start = entry->offset + ZIP_LOCAL_SIZE + length + zip_field(header, ZIP_LOCAL_EXTRA);
	if (*start > entry->limit || entry->stored > entry->limit - *start)
		return lam_fail(LAM_ERR_FORMAT, "%s: its %" PRIu64 " bytes reach into %s", what,
			entry->stored,
			entry->limit == lam_zip_directory(zip) ? "the directory"
							       : "the next entry");
	return LAM_OK;
}

lam_zip_stream *lam_zip_stream_open(const lam_zip *zip, int64_t index, lam_status *status)
{
	*status = LAM_ERR_MEMORY;
	lam_zip_stream *stream = lam_alloc(1, sizeof *stream);
	if (!stream)
		return NULL;
	const lam_zip_entry *entry = stream->entry = lam_zip_entry_at(zip, index);
	snprintf(stream->what, sizeof stream->what, "'%s': entry '%s'",
		lam_path_text(lam_file_path(lam_zip_file(zip))).text, lam_show(entry->name).text);
	stream->left = entry->size;
	stream->crc = (uint32_t)crc32(0, NULL, 0);
	uint64_t start = 0;
	*status = check_local(zip, entry, stream->what, &start);
	if (*status == LAM_OK)
		stream->data = lam_stream_open(lam_zip_file(zip), start, entry->stored,
			entry->coding, stream->what, status);
	if (stream->data)
		return stream;
	lam_zip_stream_close(stream);
	return NULL;
}

lam_status lam_zip_stream_read(lam_zip_stream *stream, void *bytes, size_t count)
{
	if (count > stream->left)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: holds %" PRIu64 " bytes, expected %" PRIu64 " more", stream->what,
			stream->entry->size, (uint64_t)count - stream->left);
	lam_status status = lam_stream_read(stream->data, bytes, count);
	if (status != LAM_OK)
		return status;
	stream->left -= count;
	for (const unsigned char *at = bytes; count > 0;) {
		unsigned part = count < LARGEST_CALL ? (unsigned)count : LARGEST_CALL;
		stream->crc = (uint32_t)crc32(stream->crc, at, part);
		at += part;
		count -= part;
	}
	return LAM_OK;
}

lam_status lam_zip_stream_end(lam_zip_stream *stream)
{
	if (stream->left > 0)
		return lam_fail(LAM_ERR_FORMAT, "%s: %" PRIu64 " bytes follow what was expected",
			stream->what, stream->left);
	lam_status status = lam_stream_end(stream->data);
	if (status != LAM_OK)
		return status;
	if (stream->crc != stream->entry->crc)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: damaged: its checksum is %08" PRIx32 ", expected %08" PRIx32,
			stream->what, stream->crc, stream->entry->crc);
	return LAM_OK;
}

const char *lam_zip_stream_what(const lam_zip_stream *stream)
{
	return stream->what;
}

void lam_zip_stream_close(lam_zip_stream *stream)
{
	if (!stream)
		return;
	lam_stream_close(stream->data);
	lam_free(stream);
}
