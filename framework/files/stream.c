/* SPDX-License-Identifier: MIT */
#include "framework/files/stream.h"

#include "framework/files/zlib_memory.h"
#include "framework/memory.h"

#include <inttypes.h>

enum {
	INPUT = 1 << 15,
	GZIP_MAGIC = 0x1f,      /* the first byte of a member */
	LARGEST_CALL = 1 << 30, /* bytes; zlib counts in unsigned int */
};

struct lam_stream {
	const lam_file_reader *file;
	const char *what;
	uint64_t at, left; /* place and number of the bytes still to be read from the file */
	uint64_t expected; /* bytes that the caller will still read */
	lam_coding coding;
	bool begun, ended; /* zlib has reached the end of its stream */
	z_stream z;
	unsigned char input[]; /* INPUT bytes; none for LAM_CODING_STORED */
};

bool lam_coding_can_hold(lam_coding coding, uint64_t stored, uint64_t bytes)
{
	return coding == LAM_CODING_STORED ? bytes <= stored : bytes / LAM_DEFLATE_RATIO <= stored;
}

lam_stream *lam_stream_open(const lam_file_reader *file, uint64_t at, uint64_t length,
	lam_coding coding, const char *what, lam_status *status)
{
	if (at > lam_file_size(file) || length > lam_file_size(file) - at) {
		*status = lam_fail(LAM_ERR_FORMAT,
			"%s: %" PRIu64 " bytes at %" PRIu64 " lie outside of the file's %" PRIu64,
			what, length, at, lam_file_size(file));
		return NULL;
	}
	*status = LAM_ERR_MEMORY;
	lam_stream *stream = lam_alloc(
		1, sizeof *stream + (coding == LAM_CODING_STORED ? 0 : INPUT));
	if (!stream)
		return NULL;
	*status = LAM_OK;
	stream->file = file;
	stream->what = what;
	stream->at = at;
	stream->left = length;
	stream->coding = coding;
	if (coding == LAM_CODING_STORED)
		return stream;
	lam_zlib_memory(&stream->z);
	/* zlib's window bits are negated for raw deflate, and 16 is added for gzip. */
	if (inflateInit2(&stream->z, coding == LAM_CODING_GZIP ? MAX_WBITS + 16 : -MAX_WBITS)
		!= Z_OK) {
		*status = lam_fail(
			LAM_ERR_MEMORY, "out of memory: zlib could not begin to inflate %s", what);
		lam_stream_close(stream);
		return NULL;
	}
	stream->begun = true;
	return stream;
}

/* Reads more input for zlib, if the file has any left. */
static lam_status fill(lam_stream *stream)
{
	z_stream *z = &stream->z;
	if (z->avail_in > 0 || stream->left == 0)
		return LAM_OK;
	const size_t count = stream->left < INPUT ? (size_t)stream->left : INPUT;
	lam_status status = lam_file_read(stream->file, stream->at, stream->input, count);
	if (status != LAM_OK)
		return status;
	stream->at += count;
	stream->left -= count;
	z->next_in = stream->input;
	z->avail_in = (unsigned)count;
	return LAM_OK;
}

/* Goes on after the end of a member of a gzip file, which may have several (RFC 1952, 2.2). Skips
 * zeros, with which some writers fill the last block. Then begins the next member, if there is
 * one. */
static lam_status next_member(lam_stream *stream)
{
	z_stream *z = &stream->z;
	for (;;) {
		lam_status status = fill(stream);
		if (status != LAM_OK || z->avail_in == 0)
			return status;
		if (*z->next_in != 0)
			break;
		z->next_in++;
		z->avail_in--;
	}
	stream->ended = *z->next_in != GZIP_MAGIC || inflateReset(z) != Z_OK;
	return LAM_OK;
}

/* Inflates until next_out is full or the stream ends. */
static lam_status inflate_some(lam_stream *stream)
{
	z_stream *z = &stream->z;
	while (z->avail_out > 0 && !stream->ended) {
		lam_status status = fill(stream);
		if (status != LAM_OK)
			return status;
		int result = inflate(z, Z_NO_FLUSH);
		stream->ended = result == Z_STREAM_END;
		if (result == Z_MEM_ERROR)
			return lam_fail(LAM_ERR_MEMORY, "out of memory: zlib could not inflate %s",
				stream->what);
		if (result == Z_BUF_ERROR && z->avail_in == 0 && stream->left == 0)
			return lam_fail(LAM_ERR_FORMAT, "%s: its compressed data ends too early",
				stream->what);
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return lam_fail(LAM_ERR_FORMAT, "%s: its compressed data is damaged (%s)",
				stream->what, z->msg ? z->msg : "it needs a dictionary");
		if (stream->ended && stream->coding == LAM_CODING_GZIP)
			status = next_member(stream);
		if (status != LAM_OK)
			return status;
	}
	return LAM_OK;
}

void lam_stream_expect(lam_stream *stream, uint64_t bytes)
{
	stream->expected = bytes;
}

/* Fails with a sentence: `missing` bytes of the current read are not there, nor any that are
 * expected after it. */
static lam_status ends_early(const lam_stream *stream, uint64_t missing)
{
	return lam_fail(LAM_ERR_FORMAT, "%s: ends %" PRIu64 " bytes too early", stream->what,
		missing + stream->expected);
}

lam_status lam_stream_read(lam_stream *stream, void *bytes, size_t count)
{
	stream->expected -= stream->expected < count ? stream->expected : count;
	if (stream->coding == LAM_CODING_STORED) {
		if (count > stream->left)
			return ends_early(stream, count - stream->left);
		lam_status status = lam_file_read(stream->file, stream->at, bytes, count);
		stream->at += count;
		stream->left -= count;
		return status;
	}
	for (unsigned char *to = bytes; count > 0;) {
		unsigned part = count < LARGEST_CALL ? (unsigned)count : LARGEST_CALL;
		stream->z.next_out = to;
		stream->z.avail_out = part;
		lam_status status = inflate_some(stream);
		if (status != LAM_OK)
			return status;
		if (stream->z.avail_out > 0)
			return ends_early(stream, count - part + stream->z.avail_out);
		to += part;
		count -= part;
	}
	return LAM_OK;
}

lam_status lam_stream_end(lam_stream *stream)
{
	if (stream->coding != LAM_CODING_STORED) {
		/* The end mark (and gzip's checksum) may still be unread. Inflating one more byte
		 * reaches it, or finds excess data. */
		unsigned char more;
		stream->z.next_out = &more;
		stream->z.avail_out = 1;
		lam_status status = inflate_some(stream);
		if (status != LAM_OK)
			return status;
		if (!stream->ended || stream->z.avail_out == 0)
			return lam_fail(LAM_ERR_FORMAT,
				"%s: its compressed data holds more than it declares",
				stream->what);
	}
	uint64_t rest = stream->left
		+ (stream->coding == LAM_CODING_STORED ? 0 : stream->z.avail_in);
	if (rest > 0)
		return lam_fail(
			LAM_ERR_FORMAT, "%s: %" PRIu64 " bytes follow its end", stream->what, rest);
	return LAM_OK;
}

void lam_stream_close(lam_stream *stream)
{
	if (stream && stream->begun)
		inflateEnd(&stream->z);
	lam_free(stream);
}
