/* SPDX-License-Identifier: MIT */
#include "datasets/idx.h"

#include "framework/files/stream.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	UNSIGNED_BYTES = 8,
	USUAL_RATIO = 16, /* values per byte of a gzipped file; scanned digits have 4 to 8 */
};

struct lam_idx {
	lam_file_reader *file;
	lam_stream *stream; /* positioned behind the header */
	int rank;
	int64_t size[LAM_IDX_MAX_RANK];
	int64_t count;
	char what[320];
};

/* Finds whether the file is gzipped, by its first bytes. */
static lam_status find_coding(const lam_file_reader *file, lam_coding *coding)
{
	unsigned char magic[2] = {0};
	if (lam_file_size(file) < sizeof magic)
		return lam_fail(LAM_ERR_FORMAT, "'%s': no IDX file: %" PRIu64 " bytes are too few",
			lam_path_text(lam_file_path(file)).text, lam_file_size(file));
	lam_status status = lam_file_read(file, 0, magic, sizeof magic);
	*coding = magic[0] == 0x1f && magic[1] == 0x8b ? LAM_CODING_GZIP : LAM_CODING_STORED;
	return status;
}

static lam_status read_header(lam_idx *idx, int rank)
{
	unsigned char magic[4], sizes[4 * LAM_IDX_MAX_RANK];
	lam_status status = lam_stream_read(idx->stream, magic, sizeof magic);
	if (status != LAM_OK)
		return status;
	if (magic[0] != 0 || magic[1] != 0 || magic[2] != UNSIGNED_BYTES || magic[3] != rank)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: its magic bytes are %02x %02x %02x %02x, expected 00 00 08 %02x "
			"(bytes in %d dimensions)",
			idx->what, magic[0], magic[1], magic[2], magic[3], rank, rank);
	status = lam_stream_read(idx->stream, sizes, 4 * (size_t)rank);
	if (status != LAM_OK)
		return status;
	idx->rank = rank;
	idx->count = 1;
	for (int i = 0; i < rank; i++) {
		const unsigned char *s = sizes + 4 * i;
		idx->size[i] = (int64_t)s[0] << 24 | (int64_t)s[1] << 16 | (int64_t)s[2] << 8
			| s[3];
		if (idx->size[i] == 0)
			return lam_fail(LAM_ERR_FORMAT,
				"%s: dimension %d is 0, expected at least 1", idx->what, i + 1);
		if (__builtin_mul_overflow(idx->count, idx->size[i], &idx->count)
			|| idx->count > LAM_MAX_COUNT)
			return lam_fail(LAM_ERR_FORMAT,
				"%s: its dimensions make more values than any memory holds",
				idx->what);
	}
	return LAM_OK;
}

/* Checks that a file of this length can hold the values that its header promises. */
static lam_status check_length(const lam_idx *idx, lam_coding coding)
{
	uint64_t whole = 4 + 4 * (uint64_t)idx->rank + (uint64_t)idx->count,
		 size = lam_file_size(idx->file);
	bool fits = coding == LAM_CODING_STORED ? whole == size
						: lam_coding_can_hold(coding, size, whole);
	return fits
		? LAM_OK
		: lam_fail(LAM_ERR_FORMAT,
			"%s: its dimensions make %" PRIu64 " bytes, but the file has %" PRIu64 "%s",
			idx->what, whole, size,
			coding == LAM_CODING_STORED ? "" : ", gzipped, which cannot hold so many");
}

lam_idx *lam_idx_open(const char *path, int rank)
{
	lam_idx *idx = lam_alloc(1, sizeof *idx);
	if (!idx)
		return NULL;
	lam_coding coding = LAM_CODING_STORED;
	lam_status status = LAM_ERR_IO;
	snprintf(idx->what, sizeof idx->what, "'%s'", lam_path_text(path).text);
	idx->file = lam_file_open(path);
	if (idx->file)
		status = find_coding(idx->file, &coding);
	if (status == LAM_OK)
		idx->stream = lam_stream_open(
			idx->file, 0, lam_file_size(idx->file), coding, idx->what, &status);
	if (status == LAM_OK)
		status = read_header(idx, rank);
	if (status == LAM_OK)
		status = check_length(idx, coding);
	if (status == LAM_OK)
		return idx;
	lam_idx_close(idx);
	return NULL;
}

void lam_idx_close(lam_idx *idx)
{
	if (!idx)
		return;
	lam_stream_close(idx->stream);
	lam_file_close(idx->file);
	lam_free(idx);
}

const char *lam_idx_path(const lam_idx *idx)
{
	return lam_file_path(idx->file);
}

int64_t lam_idx_size(const lam_idx *idx, int dimension)
{
	return idx->size[dimension];
}

uint64_t lam_idx_file_bytes(const lam_idx *idx)
{
	return lam_file_size(idx->file);
}

/* The number of values to allocate first: all, or what a file of this length usually holds. The
 * array grows when more have been read. */
static int64_t first_room(const lam_idx *idx)
{
	uint64_t usual = USUAL_RATIO * lam_file_size(idx->file);
	return usual < (uint64_t)idx->count ? (int64_t)usual : idx->count;
}

uint8_t *lam_idx_load(lam_idx *idx)
{
	int64_t room = first_room(idx), held = 0;
	lam_stream_expect(idx->stream, (uint64_t)idx->count);
	uint8_t *values = lam_alloc((size_t)room, 1);
	while (values) {
		if (lam_stream_read(idx->stream, values + held, (size_t)(room - held)) != LAM_OK)
			break;
		held = room;
		if (held == idx->count && lam_stream_end(idx->stream) == LAM_OK)
			return values;
		if (held == idx->count)
			break;
		room = idx->count - held < held ? idx->count : 2 * held;
		uint8_t *grown = lam_grow(values, (size_t)held, (size_t)room, 1);
		if (!grown)
			break;
		values = grown;
	}
	lam_free(values);
	return NULL;
}
