/* SPDX-License-Identifier: MIT */
/* Reads a whole archive to verify its checksums. */
#include "framework/files/zip.h"

#include "framework/memory.h"

enum { PIECE = 1 << 16 };

static lam_status prove_entry(const lam_zip *zip, int64_t index, unsigned char *piece)
{
	lam_status status;
	lam_zip_stream *stream = lam_zip_stream_open(zip, index, &status);
	if (!stream)
		return status;
	for (uint64_t left = lam_zip_entry_at(zip, index)->size; left > 0 && status == LAM_OK;) {
		size_t count = left < PIECE ? (size_t)left : PIECE;
		status = lam_zip_stream_read(stream, piece, count);
		left -= count;
	}
	if (status == LAM_OK)
		status = lam_zip_stream_end(stream);
	lam_zip_stream_close(stream);
	return status;
}

static lam_status prove(lam_zip *zip, int64_t entries)
{
	if (!zip)
		return lam_error_status();
	unsigned char *piece = lam_alloc(PIECE, 1);
	lam_status status = piece ? LAM_OK : LAM_ERR_MEMORY;
	if (status == LAM_OK && lam_zip_count(zip) != entries)
		status = lam_fail(LAM_ERR_FORMAT, "'%s': holds %lld entries, expected %lld",
			lam_path_text(lam_file_path(lam_zip_file(zip))).text,
			(long long)lam_zip_count(zip), (long long)entries);
	for (int64_t i = 0; i < lam_zip_count(zip) && status == LAM_OK; i++)
		status = prove_entry(zip, i, piece);
	lam_free(piece);
	lam_zip_close(zip);
	return status;
}

lam_status lam_zip_prove(const char *path, int64_t entries)
{
	return prove(lam_zip_open(path), entries);
}

lam_status lam_zip_prove_written(const lam_file_writer *file, int64_t entries)
{
	return prove(lam_zip_open_file(lam_file_read_back(file)), entries);
}
