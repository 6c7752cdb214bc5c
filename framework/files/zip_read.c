/* SPDX-License-Identifier: MIT */
/* Reads an archive that may be damaged or hostile:
 *
 *     [local header, data] … [central directory] [zip64 end, locator] [end]
 *
 * Records are checked in the order file length, end record, directory, local header. A number is
 * used only if it fits within the limits that the records before it gave. */
#include "framework/files/zip.h"
#include "framework/files/zip_format.h"

#include "framework/base/sort.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <string.h>

enum { LONGEST_COMMENT = 65535 };

struct lam_zip {
	lam_file_reader *file;
	/* `end` is the offset of the records that follow the directory. */
	uint64_t directory, directory_bytes, end;
	size_t count;
	lam_zip_entry *entries;
	const lam_zip_entry **by_name; /* sorted by name; only entries with valid names */
	size_t named;                  /* entries in by_name */
	char *names;
};

#define DAMAGED(zip, format, ...) \
	lam_fail(LAM_ERR_FORMAT, "'%s': " format, lam_path_text(lam_file_path((zip)->file)).text, \
		__VA_ARGS__)

/* Finds the last end record whose comment reaches exactly to the end of the file. Returns its
 * offset in *place and its bytes in `end`. */
static lam_status find_end(lam_zip *zip, uint64_t *place, unsigned char end[ZIP_END_SIZE])
{
	uint64_t size = lam_file_size(zip->file);
	if (size < ZIP_END_SIZE)
		return DAMAGED(zip, "no zip file: %" PRIu64 " bytes are too few", size);
	size_t tail = size < ZIP_END_SIZE + LONGEST_COMMENT ? (size_t)size
							    : ZIP_END_SIZE + LONGEST_COMMENT;
	unsigned char *bytes = lam_alloc(tail, 1);
	if (!bytes)
		return LAM_ERR_MEMORY;
	lam_status status = lam_file_read(zip->file, size - tail, bytes, tail);
	if (status != LAM_OK)
		goto done;
	for (size_t i = tail - ZIP_END_SIZE + 1; i-- > 0;) {
		if (zip_field(bytes + i, ZIP_SIGNATURE) != ZIP_END
			|| zip_field(bytes + i, ZIP_END_COMMENT) != tail - i - ZIP_END_SIZE)
			continue;
		memcpy(end, bytes + i, ZIP_END_SIZE);
		*place = size - tail + i;
		goto done;
	}
	static const unsigned char array[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
	unsigned char magic[sizeof array];
	status = lam_file_read(zip->file, 0, magic, sizeof magic);
	if (status == LAM_OK && memcmp(magic, array, sizeof array) == 0)
		status = DAMAGED(zip, "no zip file: %s",
			"it is .npy, a single array; expected .npz, as numpy.savez() writes it");
	else if (status == LAM_OK)
		status = DAMAGED(zip, "no zip file, or cut off: %s", "it has no end record");
done:
	lam_free(bytes);
	return status;
}

/* Whether a field of the end record equals the same field of the zip64 record, or refers to it by
 * holding `mark`. */
static bool agrees(uint64_t narrow, uint64_t mark, uint64_t wide)
{
	return narrow == mark || narrow == wide;
}

/* What the records that follow the directory say about it. */
struct directory {
	uint64_t count, bytes, start;
	bool one_disk;
};

/* Reads the zip64 record to which `locator` points. It may be longer than version 1 of it, and must
 * end where the locator begins. */
static lam_status read_wide(lam_zip *zip, const unsigned char *locator, struct directory *directory)
{
	unsigned char wide[ZIP_END64_SIZE];
	const uint64_t place = zip_field(locator, ZIP_LOCATOR_PLACE),
		       limit = zip->end - ZIP_LOCATOR_SIZE;
	if (place > limit - ZIP_END64_SIZE)
		return DAMAGED(zip,
			"its zip64 record is said to lie at %" PRIu64 ", behind its locator",
			place);
	lam_status status = lam_file_read(zip->file, place, wide, sizeof wide);
	if (status != LAM_OK)
		return status;
	const struct directory narrow = *directory;
	*directory = (struct directory){
		.count = zip_field(wide, ZIP_END64_COUNT),
		.bytes = zip_field(wide, ZIP_END64_BYTES),
		.start = zip_field(wide, ZIP_END64_START),
		.one_disk = zip_field(wide, ZIP_END64_DISKS) == 0
			&& zip_field(wide, ZIP_END64_COUNT_HERE) == zip_field(wide, ZIP_END64_COUNT)
			&& zip_field(locator, ZIP_LOCATOR_DISK) == 0,
	};
	if (zip_field(wide, ZIP_SIGNATURE) != ZIP_END64
		|| zip_field(wide, ZIP_END64_LENGTH) != limit - place - ZIP_END64_BEFORE)
		return DAMAGED(zip, "no zip64 record at %" PRIu64, place);
	if (!agrees(narrow.count, ZIP_IN_64_SHORT, directory->count)
		|| !agrees(narrow.bytes, ZIP_IN_64, directory->bytes)
		|| !agrees(narrow.start, ZIP_IN_64, directory->start))
		return DAMAGED(zip,
			"its two end records disagree: %" PRIu64 " entries and %" PRIu64,
			narrow.count, directory->count);
	zip->end = place;
	return LAM_OK;
}

/* Finds the directory. Its count, offset and length are checked against each other and the file. */
static lam_status find_directory(lam_zip *zip)
{
	unsigned char end[ZIP_END_SIZE], locator[ZIP_LOCATOR_SIZE] = {0};
	lam_status status = find_end(zip, &zip->end, end);
	if (status != LAM_OK)
		return status;
	struct directory d = {
		.count = zip_field(end, ZIP_END_COUNT),
		.bytes = zip_field(end, ZIP_END_BYTES),
		.start = zip_field(end, ZIP_END_START),
		.one_disk = zip_field(end, ZIP_END_DISKS) == 0
			&& zip_field(end, ZIP_END_COUNT_HERE) == zip_field(end, ZIP_END_COUNT),
	};
	if (zip->end >= ZIP_LOCATOR_SIZE + ZIP_END64_SIZE)
		status = lam_file_read(
			zip->file, zip->end - ZIP_LOCATOR_SIZE, locator, sizeof locator);
	if (status == LAM_OK && zip_field(locator, ZIP_SIGNATURE) == ZIP_LOCATOR)
		status = read_wide(zip, locator, &d);
	if (status != LAM_OK)
		return status;
	if (!d.one_disk)
		return lam_fail(LAM_ERR_UNSUPPORTED, "'%s': a zip file in several parts",
			lam_path_text(lam_file_path(zip->file)).text);
	if (d.start > zip->end || d.bytes != zip->end - d.start)
		return DAMAGED(zip,
			"its directory is said to take %" PRIu64 " bytes at %" PRIu64
			", but must end at %" PRIu64,
			d.bytes, d.start, zip->end);
	if (d.count > d.bytes / ZIP_CENTRAL_SIZE)
		return DAMAGED(zip,
			"its directory of %" PRIu64 " bytes cannot hold %" PRIu64 " entries",
			d.bytes, d.count);
	zip->directory = d.start;
	zip->directory_bytes = d.bytes;
	zip->count = (size_t)d.count;
	return LAM_OK;
}

/* Reads from the zip64 extra field the values that the header does not hold; false if they are not
 * there. */
static bool read_extra(const unsigned char *extra, size_t length, lam_zip_entry *entry)
{
	uint64_t *wanted[] = {&entry->size, &entry->stored, &entry->offset};
	size_t missing = 0;
	for (size_t i = 0; i < 3; i++)
		missing += *wanted[i] == ZIP_IN_64;
	for (size_t at = 0; missing > 0;) {
		if (length - at < 4)
			return false;
		uint64_t kind = zip_get(extra + at, 2), bytes = zip_get(extra + at + 2, 2);
		at += 4;
		if (bytes > length - at)
			return false;
		if (kind == ZIP_EXTRA_64) {
			if (bytes < 8 * missing)
				return false;
			for (size_t i = 0; i < 3; i++)
				if (*wanted[i] == ZIP_IN_64) {
					*wanted[i] = zip_get(extra + at, 8);
					at += 8;
				}
			return true;
		}
		at += bytes;
	}
	return true;
}

/* Checks an entry whose header and name were read. */
static lam_status check_entry(const lam_zip *zip, const lam_zip_entry *entry, uint64_t flags,
	uint64_t method, uint64_t disk)
{
	if (flags & ZIP_FLAG_ENCRYPTED)
		return lam_fail(LAM_ERR_UNSUPPORTED, "'%s': entry '%s' is encrypted",
			lam_path_text(lam_file_path(zip->file)).text, lam_show(entry->name).text);
	if (method != ZIP_STORED && method != ZIP_DEFLATED)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"'%s': entry '%s' is compressed by method %" PRIu64
			", expected 0 (stored) or 8 (deflate)",
			lam_path_text(lam_file_path(zip->file)).text, lam_show(entry->name).text,
			method);
	uint64_t room = zip->directory, header = ZIP_LOCAL_SIZE + strlen(entry->name);
	if (disk != 0 || entry->offset > room || header > room - entry->offset
		|| entry->stored > room - entry->offset - header)
		return DAMAGED(zip,
			"entry '%s' is said to take %" PRIu64 " bytes at %" PRIu64
			", outside of the %" PRIu64 " before the directory",
			lam_show(entry->name).text, entry->stored, entry->offset, room);
	if (!lam_coding_can_hold(entry->coding, entry->stored, entry->size)
		|| (entry->coding == LAM_CODING_STORED && entry->size != entry->stored))
		return DAMAGED(zip, "entry '%s' claims to hold %" PRIu64 " bytes in %" PRIu64,
			lam_show(entry->name).text, entry->size, entry->stored);
	return LAM_OK;
}

/* Parses the directory's bytes into entries and copies their names. */
static lam_status parse_directory(lam_zip *zip, const unsigned char *at, const unsigned char *end)
{
	char *names = zip->names;
	for (size_t i = 0; i < zip->count; i++) {
		if (end - at < ZIP_CENTRAL_SIZE || zip_field(at, ZIP_SIGNATURE) != ZIP_CENTRAL)
			return DAMAGED(
				zip, "directory entry %zu of %zu is damaged", i + 1, zip->count);
		size_t name = zip_field(at, ZIP_CENTRAL_NAME),
		       extra = zip_field(at, ZIP_CENTRAL_EXTRA),
		       comment = zip_field(at, ZIP_CENTRAL_COMMENT);
		if ((size_t)(end - at) - ZIP_CENTRAL_SIZE < name + extra + comment)
			return DAMAGED(zip,
				"directory entry %zu of %zu reaches over the directory's end",
				i + 1, zip->count);
		const unsigned char *text = at + ZIP_CENTRAL_SIZE;
		memcpy(names, text, name);
		lam_zip_entry *entry = &zip->entries[i];
		*entry = (lam_zip_entry){
			.name = names,
			.size = zip_field(at, ZIP_CENTRAL_BYTES),
			.stored = zip_field(at, ZIP_CENTRAL_STORED),
			.offset = zip_field(at, ZIP_CENTRAL_OFFSET),
			.crc = (uint32_t)zip_field(at, ZIP_CENTRAL_CRC),
			.coding = zip_field(at, ZIP_CENTRAL_METHOD) == ZIP_STORED
				? LAM_CODING_STORED
				: LAM_CODING_DEFLATE,
			.foreign = !lam_zip_name_valid((const char *)text, name),
		};
		names += name + 1;
		if (!read_extra(text + name, extra, entry))
			return DAMAGED(zip, "entry '%s' lacks its zip64 sizes",
				lam_show(entry->name).text);
		lam_status status = check_entry(zip, entry, zip_field(at, ZIP_CENTRAL_FLAGS),
			zip_field(at, ZIP_CENTRAL_METHOD), zip_field(at, ZIP_CENTRAL_DISK));
		if (status != LAM_OK)
			return status;
		at = text + name + extra + comment;
	}
	return at == end ? LAM_OK
			 : DAMAGED(zip, "its directory has %zu bytes behind its %zu entries",
				 (size_t)(end - at), zip->count);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(
		(*(const lam_zip_entry *const *)a)->name, (*(const lam_zip_entry *const *)b)->name);
}

static int by_offset(const void *a, const void *b)
{
	uint64_t left = (*(const lam_zip_entry *const *)a)->offset,
		 right = (*(const lam_zip_entry *const *)b)->offset;
	return left < right ? -1 : left > right;
}

/* Checks that no two entries overlap or share a name. Sorts the entries that may be found by
 * name. */
static lam_status check_pairs(lam_zip *zip)
{
	for (size_t i = 0; i < zip->count; i++) {
		zip->by_name[i] = &zip->entries[i];
		zip->entries[i].limit = zip->directory;
	}
	lam_sort(zip->by_name, zip->count, by_offset);
	for (size_t i = 1; i < zip->count; i++) {
		const lam_zip_entry *a = zip->by_name[i - 1], *b = zip->by_name[i];
		if (b->offset - a->offset < ZIP_LOCAL_SIZE + strlen(a->name) + a->stored)
			return DAMAGED(zip, "entries '%s' and '%s' lie over each other",
				lam_show(a->name).text, lam_show(b->name).text);
		/* The local header may be longer than the directory says, so the data may end
		 * anywhere before the next entry. */
		zip->entries[a - zip->entries].limit = b->offset;
	}
	for (size_t i = 0; i < zip->count; i++)
		if (!zip->entries[i].foreign)
			zip->by_name[zip->named++] = &zip->entries[i];
	lam_sort(zip->by_name, zip->named, by_name);
	for (size_t i = 1; i < zip->named; i++)
		if (strcmp(zip->by_name[i - 1]->name, zip->by_name[i]->name) == 0)
			return DAMAGED(zip, "two entries are named '%s'",
				lam_show(zip->by_name[i]->name).text);
	return LAM_OK;
}

lam_zip *lam_zip_open(const char *path)
{
	return lam_zip_open_file(lam_file_open(path));
}

lam_zip *lam_zip_open_file(lam_file_reader *file)
{
	unsigned char *directory = NULL;
	lam_zip *zip = file ? lam_alloc(1, sizeof *zip) : NULL;
	if (!zip) {
		lam_file_close(file);
		return NULL;
	}
	zip->file = file;
	lam_status status = zip->file ? find_directory(zip) : LAM_ERR_IO;
	if (status != LAM_OK)
		goto done;
	status = LAM_ERR_MEMORY;
	/* At most the file's length. All names fit, as each has a header of 46 bytes beside it. */
	size_t bytes = (size_t)zip->directory_bytes;
	directory = lam_alloc(bytes, 1);
	zip->names = lam_alloc(bytes, 1);
	zip->entries = lam_alloc(zip->count, sizeof *zip->entries);
	zip->by_name = lam_alloc(zip->count, sizeof *zip->by_name);
	if (!directory || !zip->names || !zip->entries || !zip->by_name)
		goto done;
	status = lam_file_read(zip->file, zip->directory, directory, bytes);
	if (status == LAM_OK)
		status = parse_directory(zip, directory, directory + bytes);
	if (status == LAM_OK)
		status = check_pairs(zip);
done:
	lam_free(directory);
	if (status == LAM_OK)
		return zip;
	lam_zip_close(zip);
	return NULL;
}

void lam_zip_close(lam_zip *zip)
{
	if (!zip)
		return;
	lam_file_close(zip->file);
	lam_free(zip->entries);
	lam_free(zip->by_name);
	lam_free(zip->names);
	lam_free(zip);
}

const lam_file_reader *lam_zip_file(const lam_zip *zip)
{
	return zip->file;
}

uint64_t lam_zip_directory(const lam_zip *zip)
{
	return zip->directory;
}

int64_t lam_zip_count(const lam_zip *zip)
{
	return (int64_t)zip->count;
}

const lam_zip_entry *lam_zip_entry_at(const lam_zip *zip, int64_t index)
{
	return &zip->entries[index];
}

int64_t lam_zip_foreign(const lam_zip *zip)
{
	for (size_t i = 0; i < zip->count; i++)
		if (zip->entries[i].foreign)
			return (int64_t)i;
	return -1;
}

int64_t lam_zip_find(const lam_zip *zip, const char *name)
{
	size_t low = 0, high = zip->named;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, zip->by_name[middle]->name);
		if (order == 0)
			return zip->by_name[middle] - zip->entries;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}
