/* SPDX-License-Identifier: MIT */
#include "framework/files/npz.h"

#include "framework/base/failure.h"
#include "framework/base/shown.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <string.h>

enum { PIECE = 1 << 12 }; /* bytes converted at a time */

static const char suffix[] = ".npy";
enum { SUFFIX = sizeof suffix - 1 };

/* An array: its entry in the archive, and its header if that could be parsed. */
typedef struct array {
	int64_t entry;
	char *name; /* without the suffix */
	bool known;
	lam_npy info;
} array;

struct lam_npz {
	lam_zip *zip;
	int64_t count;
	array *arrays;
	int64_t *array_of; /* indexed by entry; -1: the entry is no array */
	char *names;
};

/* Reads the header. The next byte of the stream is then the first value's. */
static lam_status read_header(lam_zip_stream *stream, uint64_t size, lam_npy *info)
{
	const char *what = lam_zip_stream_what(stream);
	unsigned char prefix[LAM_NPY_PREFIX];
	size_t length;
	lam_status status = lam_zip_stream_read(stream, prefix, sizeof prefix);
	if (status == LAM_OK)
		status = lam_npy_header_length(prefix, what, &length);
	if (status != LAM_OK)
		return status;
	unsigned char *header = lam_alloc(length, 1);
	if (!header)
		return LAM_ERR_MEMORY;
	memcpy(header, prefix, sizeof prefix);
	status = lam_zip_stream_read(stream, header + sizeof prefix, length - sizeof prefix);
	if (status == LAM_OK)
		status = lam_npy_parse(header, length, what, info);
	if (status == LAM_OK && size - length != lam_npy_bytes(info))
		status = lam_fail(LAM_ERR_FORMAT, "%s: is %s of %zu bytes, but holds %" PRIu64,
			what, lam_npy_text(info).text, lam_npy_bytes(info), size - length);
	lam_free(header);
	return status;
}

/* Opens array `index` and reads its header. On failure NULL, *status and a sentence. */
static lam_zip_stream *open_array(
	const lam_npz *npz, int64_t index, lam_npy *info, lam_status *status)
{
	int64_t entry = npz->arrays[index].entry;
	lam_zip_stream *stream = lam_zip_stream_open(npz->zip, entry, status);
	if (!stream)
		return NULL;
	*status = read_header(stream, lam_zip_entry_at(npz->zip, entry)->size, info);
	if (*status == LAM_OK)
		return stream;
	lam_zip_stream_close(stream);
	return NULL;
}

/* The length of the array's name, or 0 if the entry is no array. */
static size_t name_length(const lam_zip_entry *entry)
{
	/* An array whose name is not valid must not be found by its name. */
	size_t length = entry->foreign ? 0 : strlen(entry->name);
	return length > SUFFIX && strcmp(entry->name + length - SUFFIX, suffix) == 0
		? length - SUFFIX
		: 0;
}

/* Lists the arrays of the archive and copies their names. */
static lam_status list_arrays(lam_npz *npz)
{
	int64_t entries = lam_zip_count(npz->zip);
	size_t room = 0;
	for (int64_t i = 0; i < entries; i++)
		room += name_length(lam_zip_entry_at(npz->zip, i)) + 1;
	npz->arrays = lam_alloc((size_t)entries, sizeof *npz->arrays);
	npz->array_of = lam_alloc((size_t)entries, sizeof *npz->array_of);
	npz->names = lam_alloc(room, 1);
	if (!npz->arrays || !npz->array_of || !npz->names)
		return LAM_ERR_MEMORY;
	char *name = npz->names;
	for (int64_t i = 0; i < entries; i++) {
		const lam_zip_entry *entry = lam_zip_entry_at(npz->zip, i);
		size_t length = name_length(entry);
		npz->array_of[i] = length > 0 ? npz->count : -1;
		if (length == 0)
			continue;
		memcpy(name, entry->name, length);
		npz->arrays[npz->count++] = (array){.entry = i, .name = name};
		name += length + 1;
	}
	return LAM_OK;
}

static lam_status refuse_foreign(const lam_zip *zip)
{
	const int64_t foreign = lam_zip_foreign(zip);
	return foreign < 0
		? LAM_OK
		: lam_fail(LAM_ERR_FORMAT,
			"'%s': the name of entry %" PRId64 " of %" PRId64
			", \"%s\", leaves the archive or is no proper text",
			lam_path_text(lam_file_path(lam_zip_file(zip))).text, foreign + 1,
			lam_zip_count(zip), lam_show(lam_zip_entry_at(zip, foreign)->name).text);
}

/* Refuses an archive without arrays that torch.save() or torch.jit.save() wrote: it has an entry
 * "model/data.pkl". */
static lam_status refuse_pickle(const lam_npz *npz)
{
	static const char pickle[] = "/data.pkl";
	const size_t tail = sizeof pickle - 1;
	for (int64_t i = 0; i < lam_zip_count(npz->zip) && npz->count == 0; i++) {
		const char *name = lam_zip_entry_at(npz->zip, i)->name;
		const size_t length = strlen(name);
		if (length >= tail && !strcmp(name + length - tail, pickle))
			return lam_fail(LAM_ERR_FORMAT,
				"%s: is an archive of torch.save(); expected arrays, which "
				"numpy.savez(\"model.npz\", **{k: v.numpy() for k, v in "
				"model.state_dict().items()}) saves in Python",
				lam_path_text(lam_file_path(lam_zip_file(npz->zip))).text);
	}
	return LAM_OK;
}

static lam_npz *open_npz(const char *path, bool any)
{
	const lam_said before = lam_said_so_far();
	lam_npz *npz = lam_alloc(1, sizeof *npz);
	if (!npz)
		return NULL;
	npz->zip = lam_zip_open(path);
	if (!npz->zip || (!any && refuse_foreign(npz->zip)) || list_arrays(npz) != LAM_OK
		|| refuse_pickle(npz))
		goto failed;
	for (int64_t i = 0; i < npz->count; i++) {
		array *a = &npz->arrays[i];
		lam_status status;
		lam_zip_stream *stream = open_array(npz, i, &a->info, &status);
		a->known = stream != NULL;
		lam_zip_stream_close(stream);
		if (status == LAM_ERR_MEMORY || status == LAM_ERR_IO)
			goto failed;
	}
	lam_unsay(&before); /* an unknown array fails when it is read */
	return npz;
failed:
	lam_npz_close(npz);
	return NULL;
}

lam_npz *lam_npz_open(const char *path)
{
	return open_npz(path, false);
}

lam_npz *lam_npz_open_any(const char *path)
{
	return open_npz(path, true);
}

void lam_npz_close(lam_npz *npz)
{
	if (!npz)
		return;
	lam_zip_close(npz->zip);
	lam_free(npz->arrays);
	lam_free(npz->array_of);
	lam_free(npz->names);
	lam_free(npz);
}

uint64_t lam_npz_bytes(const lam_npz *npz)
{
	return lam_file_size(lam_zip_file(npz->zip));
}

int64_t lam_npz_count(const lam_npz *npz)
{
	return npz->count;
}

const char *lam_npz_name(const lam_npz *npz, int64_t index)
{
	return npz->arrays[index].name;
}

int64_t lam_npz_find(const lam_npz *npz, const char *name)
{
	char entry[LAM_ZIP_LONGEST_NAME + 1];
	size_t length = strlen(name);
	if (length + SUFFIX > LAM_ZIP_LONGEST_NAME)
		return -1;
	memcpy(entry, name, length);
	memcpy(entry + length, suffix, sizeof suffix);
	int64_t found = lam_zip_find(npz->zip, entry);
	return found < 0 ? -1 : npz->array_of[found];
}

int64_t lam_npz_need(const lam_npz *npz, const char *name, const char *expected)
{
	int64_t entry = lam_npz_find(npz, name);
	if (entry < 0)
		lam_fail(LAM_ERR_FORMAT, "%s: has no entry \"%s\"; expected %s",
			lam_path_text(lam_file_path(lam_zip_file(npz->zip))).text,
			lam_show(name).text, expected);
	return entry;
}

const lam_npy *lam_npz_info(const lam_npz *npz, int64_t index)
{
	if (npz->arrays[index].known)
		return &npz->arrays[index].info;
	/* Parses it again, for the error sentence. */
	lam_npy info;
	lam_status status;
	lam_zip_stream_close(open_array(npz, index, &info, &status));
	return NULL;
}

/* A conversion of npy.h with an untyped output, so that one function serves all three types. */
typedef lam_status conversion(const lam_npy *, const void *, int64_t, const char *, void *);

static lam_status as_real(
	const lam_npy *npy, const void *values, int64_t count, const char *what, void *out)
{
	return lam_npy_to_real(npy, values, count, what, out);
}

static lam_status as_double(
	const lam_npy *npy, const void *values, int64_t count, const char *what, void *out)
{
	return lam_npy_to_double(npy, values, count, what, out);
}

static lam_status as_int64(
	const lam_npy *npy, const void *values, int64_t count, const char *what, void *out)
{
	return lam_npy_to_int64(npy, values, count, what, out);
}

/* Reads the values piece by piece, converts each piece and stores it in row-major order. */
static lam_status convert_values(
	lam_zip_stream *stream, const lam_npy *info, conversion *convert, void *out, size_t item)
{
	_Alignas(16) unsigned char piece[PIECE], converted[PIECE];
	const char *what = lam_zip_stream_what(stream);
	if (info->item > PIECE) /* a value longer than any number: the conversion refuses it */
		return convert(info, piece, 0, what, out);
	int64_t most = PIECE / (int64_t)(info->item > item ? info->item : item);
	for (int64_t at = 0; at < info->count; at += most) {
		int64_t count = info->count - at < most ? info->count - at : most;
		void *to = info->fortran ? converted : (unsigned char *)out + (size_t)at * item;
		lam_status status = lam_zip_stream_read(stream, piece, (size_t)count * info->item);
		if (status == LAM_OK)
			status = convert(info, piece, count, what, to);
		if (status != LAM_OK)
			return status;
		for (int64_t i = 0; info->fortran && i < count; i++)
			memcpy((unsigned char *)out + (size_t)lam_npy_place(info, at + i) * item,
				converted + (size_t)i * item, item);
	}
	return LAM_OK;
}

static lam_status read_values(const lam_npz *npz, int64_t index, conversion *convert, void *out,
	size_t item, int64_t count)
{
	lam_npy info;
	lam_status status;
	lam_zip_stream *stream = open_array(npz, index, &info, &status);
	if (!stream)
		return status;
	if (info.count != count)
		status = lam_fail(LAM_ERR_SHAPE, "%s: is %s, %" PRId64 " values, expected %" PRId64,
			lam_zip_stream_what(stream), lam_npy_text(&info).text, info.count, count);
	else
		status = convert_values(stream, &info, convert, out, item);
	if (status == LAM_OK)
		status = lam_zip_stream_end(stream);
	lam_zip_stream_close(stream);
	return status;
}

lam_status lam_npz_read_real(const lam_npz *npz, int64_t index, lam_real *out, int64_t count)
{
	return read_values(npz, index, as_real, out, sizeof *out, count);
}

lam_status lam_npz_read_double(const lam_npz *npz, int64_t index, double *out, int64_t count)
{
	return read_values(npz, index, as_double, out, sizeof *out, count);
}

lam_status lam_npz_read_int64(const lam_npz *npz, int64_t index, int64_t *out, int64_t count)
{
	return read_values(npz, index, as_int64, out, sizeof *out, count);
}

lam_status lam_npz_read_bytes(const lam_npz *npz, int64_t index, void *out, size_t bytes)
{
	lam_npy info;
	lam_status status;
	lam_zip_stream *stream = open_array(npz, index, &info, &status);
	if (!stream)
		return status;
	if (lam_npy_bytes(&info) != bytes)
		status = lam_fail(LAM_ERR_SHAPE, "%s: is %s, expected %zu bytes",
			lam_zip_stream_what(stream), lam_npy_text(&info).text, bytes);
	else
		status = lam_zip_stream_read(stream, out, bytes);
	if (status == LAM_OK)
		status = lam_zip_stream_end(stream);
	lam_zip_stream_close(stream);
	return status;
}

char *lam_npz_read_text(const lam_npz *npz, int64_t index, size_t most)
{
	const lam_npy *info = lam_npz_info(npz, index);
	if (!info)
		return NULL;
	const char *name = lam_npz_name(npz, index), *path = lam_file_path(lam_zip_file(npz->zip));
	if (info->kind != LAM_NPY_BYTES || info->count != 1 || info->item > most) {
		lam_fail(LAM_ERR_FORMAT,
			"'%s': entry '%s' is %s, expected one text of at most %zu bytes",
			lam_path_text(path).text, lam_show(name).text, lam_npy_text(info).text,
			most);
		return NULL;
	}
	char *text = lam_alloc(info->item + 1, 1);
	if (!text)
		return NULL;
	lam_status status = lam_npz_read_bytes(npz, index, text, info->item);
	size_t length = info->item;
	while (length > 0 && text[length - 1] == '\0')
		length--; /* numpy pads with zeros */
	if (status == LAM_OK && strlen(text) != length)
		status = lam_fail(LAM_ERR_FORMAT,
			"'%s': entry '%s' is no text: it has a zero byte at %zu",
			lam_path_text(path).text, lam_show(name).text, strlen(text));
	if (status == LAM_OK)
		return text;
	lam_free(text);
	return NULL;
}
