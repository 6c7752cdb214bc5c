/* SPDX-License-Identifier: MIT */
/* Writes an archive in one pass:
 *
 *     [local header, data] … [central directory] [zip64 end, locator] [end]
 *
 * The checksum and the compressed size are known only after the data; then the local header is
 * patched. */
#include "framework/files/zip.h"
#include "framework/files/zip_format.h"

#include "framework/base/sort.h"
#include "framework/files/zlib_memory.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <string.h>

enum {
	OUTPUT = 1 << 15,
	LARGEST_CALL = 1 << 30, /* bytes; zlib counts in unsigned int */
	LEVEL = 6,
};

struct lam_zip_writer {
	lam_file_writer *file;
	lam_zip_options options;
	zip_record *records;
	size_t count, room;
	bool open;        /* the last record's data is being written */
	bool wide;        /* the last record's local header has a zip64 field */
	uint64_t missing; /* bytes still to be written to the last record's data */
	bool z_begun;
	z_stream z;
	unsigned char output[OUTPUT];
};

lam_zip_writer *lam_zip_create(const char *path, const lam_zip_options *options)
{
	lam_zip_writer *zip = lam_alloc(1, sizeof *zip);
	if (!zip)
		return NULL;
	if (options)
		zip->options = *options;
	zip->file = zip->options.lock ? lam_file_create_under(zip->options.lock)
				      : lam_file_create(path);
	if (!zip->file) {
		lam_zip_abandon(zip);
		return NULL;
	}
	if (!zip->options.deflate)
		return zip;
	lam_zlib_memory(&zip->z);
	if (deflateInit2(&zip->z, LEVEL, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		lam_fail(LAM_ERR_MEMORY, "out of memory: zlib could not begin to deflate into '%s'",
			lam_path_text(path).text);
		lam_zip_abandon(zip);
		return NULL;
	}
	zip->z_begun = true;
	return zip;
}

lam_status lam_zip_stick(lam_zip_writer *zip, lam_status status)
{
	return lam_file_stick(zip->file, status);
}

/* Appends a zeroed record; NULL and a sentence when memory is short. */
static zip_record *add_record(lam_zip_writer *zip)
{
	if (zip->count == zip->room) {
		size_t room = zip->room ? 2 * zip->room : 64;
		zip_record *grown = lam_grow(zip->records, zip->room, room, sizeof *grown);
		if (!grown)
			return NULL;
		zip->records = grown;
		zip->room = room;
	}
	return &zip->records[zip->count];
}

static bool is_ascii(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name >= 128)
			return false;
	return true;
}

lam_status lam_zip_begin(lam_zip_writer *zip, const char *name, uint64_t size)
{
	if (zip->open)
		return lam_zip_stick(zip,
			lam_fail(LAM_ERR_STATE, "zip entry '%s' begun before '%s' was ended",
				lam_show(name).text,
				lam_show(zip->records[zip->count - 1].name).text));
	if (!name || !lam_zip_name_valid(name, strlen(name)))
		return lam_zip_stick(zip,
			lam_fail(LAM_ERR_ARGUMENT,
				"'%s' cannot name a zip entry: expected UTF-8 of 1 to %d "
				"bytes, "
				"relative, without control characters, backslash and '..'",
				lam_show(name).text, LAM_ZIP_LONGEST_NAME));
	zip_record *r = add_record(zip);
	char *copy = r ? lam_text_copy(name) : NULL;
	if (!copy)
		return lam_zip_stick(zip, LAM_ERR_MEMORY);
	*r = (zip_record){
		.name = copy,
		.offset = lam_file_position(zip->file),
		.crc = (uint32_t)crc32(0, NULL, 0),
		.method = zip->options.deflate ? ZIP_DEFLATED : ZIP_STORED,
		.flags = is_ascii(name) ? 0 : ZIP_FLAG_UTF8,
	};
	zip->count++;
	/* Deflated data may be longer than its input, by far less than an eighth. */
	zip->wide = zip->options.zip64 || size >= ZIP_IN_64 - ZIP_IN_64 / 8;
	zip->missing = size;
	zip->open = true;
	if (zip->z_begun)
		deflateReset(&zip->z);
	unsigned char header[ZIP_LOCAL_SIZE], extra[ZIP_EXTRA_ROOM];
	size_t extra_size = zip_put_local(r, zip->wide, header, extra);
	lam_file_write(zip->file, header, sizeof header);
	lam_file_write(zip->file, name, strlen(name));
	return lam_file_write(zip->file, extra, extra_size);
}

/* Deflates the input at z.next_in; with Z_FINISH also what zlib has buffered. */
static lam_status deflate_some(lam_zip_writer *zip, zip_record *r, int mode)
{
	int result;
	do {
		zip->z.next_out = zip->output;
		zip->z.avail_out = OUTPUT;
		result = deflate(&zip->z, mode);
		size_t made = OUTPUT - zip->z.avail_out;
		r->stored += made;
		lam_status status = lam_file_write(zip->file, zip->output, made);
		if (status != LAM_OK)
			return status;
	} while (mode == Z_FINISH ? result == Z_OK : zip->z.avail_in > 0);
	return LAM_OK;
}

lam_status lam_zip_write(lam_zip_writer *zip, const void *bytes, size_t count)
{
	if (!zip->open)
		return lam_zip_stick(zip,
			lam_fail(LAM_ERR_STATE,
				"%zu bytes written to a zip file between its entries", count));
	zip_record *r = &zip->records[zip->count - 1];
	if (count > zip->missing)
		return lam_zip_stick(zip,
			lam_fail(LAM_ERR_STATE,
				"zip entry '%s' was begun with %" PRIu64 " bytes less than it gets",
				lam_show(r->name).text, count - zip->missing));
	lam_status status = lam_zip_stick(zip, LAM_OK);
	for (const unsigned char *from = bytes; status == LAM_OK && count > 0;) {
		unsigned part = count < LARGEST_CALL ? (unsigned)count : LARGEST_CALL;
		r->crc = (uint32_t)crc32(r->crc, from, part);
		r->size += part;
		if (zip->options.deflate) {
			zip->z.next_in = (unsigned char *)from;
			zip->z.avail_in = part;
			status = deflate_some(zip, r, Z_NO_FLUSH);
		} else {
			r->stored += part;
			status = lam_file_write(zip->file, from, part);
		}
		zip->missing -= part;
		from += part;
		count -= part;
	}
	return status;
}

lam_status lam_zip_end(lam_zip_writer *zip)
{
	if (!zip->open)
		return lam_zip_stick(
			zip, lam_fail(LAM_ERR_STATE, "a zip entry ended that was not begun"));
	zip_record *r = &zip->records[zip->count - 1];
	if (zip->missing > 0)
		return lam_zip_stick(zip,
			lam_fail(LAM_ERR_STATE, "zip entry '%s' ended %" PRIu64 " bytes too early",
				lam_show(r->name).text, zip->missing));
	zip->open = false;
	lam_status status = lam_zip_stick(zip, LAM_OK);
	if (status == LAM_OK && zip->options.deflate)
		status = deflate_some(zip, r, Z_FINISH);
	if (status != LAM_OK)
		return status;
	unsigned char header[ZIP_LOCAL_SIZE], extra[ZIP_EXTRA_ROOM];
	size_t extra_size = zip_put_local(r, zip->wide, header, extra);
	lam_file_patch(zip->file, r->offset, header, sizeof header);
	return lam_file_patch(
		zip->file, r->offset + ZIP_LOCAL_SIZE + strlen(r->name), extra, extra_size);
}

static lam_status write_directory(lam_zip_writer *zip)
{
	uint64_t start = lam_file_position(zip->file);
	for (size_t i = 0; i < zip->count; i++) {
		const zip_record *r = &zip->records[i];
		unsigned char header[ZIP_CENTRAL_SIZE], extra[ZIP_EXTRA_ROOM];
		size_t extra_size = zip_put_central(r, zip->options.zip64, header, extra);
		lam_file_write(zip->file, header, sizeof header);
		lam_file_write(zip->file, r->name, strlen(r->name));
		lam_file_write(zip->file, extra, extra_size);
	}
	unsigned char end[ZIP_END_ROOM];
	uint64_t bytes = lam_file_position(zip->file) - start;
	return lam_file_write(
		zip->file, end, zip_put_end(zip->count, start, bytes, zip->options.zip64, end));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Fails if two entries have the same name. */
static lam_status check_names(lam_zip_writer *zip)
{
	const char **names = lam_alloc(zip->count, sizeof *names);
	if (!names)
		return LAM_ERR_MEMORY;
	for (size_t i = 0; i < zip->count; i++)
		names[i] = zip->records[i].name;
	lam_sort(names, zip->count, by_name);
	lam_status status = LAM_OK;
	for (size_t i = 1; i < zip->count && status == LAM_OK; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			status = lam_fail(LAM_ERR_ARGUMENT, "zip entry '%s' was written twice",
				lam_show(names[i]).text);
	lam_free(names);
	return status;
}

/* Frees everything except the file writer. */
static void dispose(lam_zip_writer *zip)
{
	if (zip->z_begun)
		deflateEnd(&zip->z);
	for (size_t i = 0; i < zip->count; i++)
		lam_free(zip->records[i].name);
	lam_free(zip->records);
	lam_free(zip);
}

/* Reads the file back before it replaces a good one. */
static lam_status prove(lam_zip_writer *zip)
{
	lam_status status = lam_file_sync(zip->file);
	if (status == LAM_OK)
		status = lam_zip_prove_written(zip->file, (int64_t)zip->count);
	if (status == LAM_OK && !zip->options.distrust)
		status = lam_file_keep_previous(zip->file);
	return lam_zip_stick(zip, status);
}

lam_status lam_zip_finish(lam_zip_writer *zip)
{
	if (zip->open)
		lam_zip_stick(zip,
			lam_fail(LAM_ERR_STATE, "zip file finished before its entry '%s' was ended",
				lam_show(zip->records[zip->count - 1].name).text));
	lam_status status = lam_zip_stick(zip, LAM_OK);
	if (status == LAM_OK)
		status = lam_zip_stick(zip, check_names(zip));
	if (status == LAM_OK)
		write_directory(zip);
	if (zip->options.careful)
		prove(zip);
	status = lam_file_commit(zip->file);
	dispose(zip);
	return status;
}

void lam_zip_abandon(lam_zip_writer *zip)
{
	if (!zip)
		return;
	lam_file_abandon(zip->file);
	dispose(zip);
}
