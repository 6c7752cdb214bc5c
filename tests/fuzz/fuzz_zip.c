/* SPDX-License-Identifier: MIT */
/* Archives without corrected checksums: every entry is read to its end. */
#include "framework/files/zip.h"
#include "tests/fuzz/fuzz.h"

enum {
	FLOOR = 1 << 20,
	PER_BYTE = 16,
	MOST = 1 << 20 /* bytes to read of all entries together */
};

FUZZ_TARGET(zip)
{
	static uint8_t bytes[1 << 12];
	const char *path = fuzz_path(data, size);
	fuzz_begin(FLOOR, PER_BYTE, size);
	lam_zip *zip = lam_zip_open(path);
	uint64_t read = 0;
	for (int64_t i = 0; zip && i < lam_zip_count(zip); i++) {
		lam_status status;
		const lam_zip_entry *entry = lam_zip_entry_at(zip, i);
		const int64_t found = lam_zip_find(zip, entry->name);
		if (entry->foreign ? found == i : found != i)
			fuzz_wrong("an entry is not found by its name, or one that is foreign is");
		if (!entry->foreign && !lam_zip_name_valid(entry->name, strlen(entry->name)))
			fuzz_wrong("an entry's name leaves the archive");
		lam_zip_stream *stream = lam_zip_stream_open(zip, i, &status);
		for (uint64_t left = entry->size;
			stream && left > 0 && status == LAM_OK && read < MOST;) {
			size_t count = left < sizeof bytes ? (size_t)left : sizeof bytes;
			status = lam_zip_stream_read(stream, bytes, count);
			left -= count;
			read += count;
		}
		if (stream && status == LAM_OK)
			lam_zip_stream_end(stream);
		lam_zip_stream_close(stream);
	}
	lam_zip_close(zip);
	return fuzz_end();
}
