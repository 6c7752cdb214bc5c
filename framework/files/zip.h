/* SPDX-License-Identifier: MIT */
/* Zip archives: a writer that streams into a lam_file_writer, and a reader that checks everything.
 *
 * Format: PKWARE's APPNOTE.TXT, sections 4.3 to 4.5; methods 0 (stored) and 8 (deflate), zip64,
 * names in UTF-8. */
#ifndef LAM_ZIP_H
#define LAM_ZIP_H

#include "framework/files/stream.h"

#pragma GCC visibility push(hidden)

/* The longest name of an entry, in bytes: this library's limit, far above any parameter's name. */
enum { LAM_ZIP_LONGEST_NAME = 4096 };

/* Whether a name is allowed in an archive: UTF-8, 1 to LAM_ZIP_LONGEST_NAME bytes, no control
 * characters, a relative path without backslash, drive or "..". */
bool lam_zip_name_valid(const char *name, size_t length);

typedef struct lam_zip_writer lam_zip_writer;

typedef struct lam_zip_options {
	bool deflate; /* compress; default: store */
	bool zip64;   /* write zip64 records even where the sizes do not need them, for tests */
	/* Before the rename, read the file back and verify every checksum. Keep the replaced file
	 * (lam_file_keep_previous()). */
	bool careful;
	/* With .careful: the file at the path is damaged, so it must not replace the previous
	 * one. */
	bool distrust;
	lam_file_lock *lock; /* the path's lock, which the caller has and keeps; NULL: take it */
} lam_zip_options;

/* Starts an archive, which appears at `path` when it is finished. `options` may be NULL. NULL and a
 * sentence on failure. */
lam_zip_writer *lam_zip_create(const char *path, const lam_zip_options *options);

/* Starts an entry that will hold exactly `size` bytes. Copies the name. If a name is used twice,
 * lam_zip_finish() fails. */
lam_status lam_zip_begin(lam_zip_writer *zip, const char *name, uint64_t size);

/* Appends to the entry. */
lam_status lam_zip_write(lam_zip_writer *zip, const void *bytes, size_t count);

/* Ends the entry; LAM_ERR_STATE unless exactly `size` bytes were written. */
lam_status lam_zip_end(lam_zip_writer *zip);

/* As lam_file_stick(): after a failure of the caller the file will not appear. */
lam_status lam_zip_stick(lam_zip_writer *zip, lam_status status);

/* Writes the directory, makes the file appear at its path and frees the writer. After an earlier
 * failure it returns the same status, and the old file stays. */
lam_status lam_zip_finish(lam_zip_writer *zip);

/* Discards the archive: nothing appears. NULL is allowed. */
void lam_zip_abandon(lam_zip_writer *zip);

/* Reads every entry of the archive at `path`. LAM_OK when there are `entries` of them and all
 * checksums are right. */
lam_status lam_zip_prove(const char *path, int64_t entries);

/* As lam_zip_prove(), for an archive that is still being written and was synced. */
lam_status lam_zip_prove_written(const lam_file_writer *file, int64_t entries);

/* An open archive. Any number of threads may read entries at once. */
typedef struct lam_zip lam_zip;

typedef struct lam_zip_entry {
	const char *name;
	uint64_t size;   /* bytes after inflating */
	uint64_t stored; /* bytes in the file */
	uint64_t offset; /* of its local header */
	uint64_t limit;  /* offset of the next record; the data end there or before */
	uint32_t crc;
	lam_coding coding;
	/* The name is not valid by lam_zip_name_valid(), so the entry cannot be found by it, nor
	 * opened. */
	bool foreign;
} lam_zip_entry;

/* Opens an archive and checks its whole directory: counts, offsets, sizes, names, duplicates,
 * overlap. NULL and a sentence on failure. */
lam_zip *lam_zip_open(const char *path);

/* As lam_zip_open(), for an open file. The archive owns the file from here on, also on failure. The
 * file may be NULL if the error sentence is set. */
lam_zip *lam_zip_open_file(lam_file_reader *file);

/* NULL is allowed. */
void lam_zip_close(lam_zip *zip);

/* The file of an archive, and the offset of its directory, which is where the data end. */
const lam_file_reader *lam_zip_file(const lam_zip *zip);
uint64_t lam_zip_directory(const lam_zip *zip);

int64_t lam_zip_count(const lam_zip *zip);

/* Entry 0 to count - 1, in the directory's order. */
const lam_zip_entry *lam_zip_entry_at(const lam_zip *zip, int64_t index);

/* The first entry whose name is not valid, or -1. */
int64_t lam_zip_foreign(const lam_zip *zip);

/* The index of the entry with this name, or -1. */
int64_t lam_zip_find(const lam_zip *zip, const char *name);

/* An entry being read, from its first byte on. */
typedef struct lam_zip_stream lam_zip_stream;

/* Checks the local header against the directory; on failure NULL, *status and a sentence. */
lam_zip_stream *lam_zip_stream_open(const lam_zip *zip, int64_t index, lam_status *status);

/* Reads exactly `count` bytes. */
lam_status lam_zip_stream_read(lam_zip_stream *stream, void *bytes, size_t count);

/* "'model.npz': entry '0.weight.npy'", for error sentences. */
const char *lam_zip_stream_what(const lam_zip_stream *stream);

/* LAM_OK when all `size` bytes were read, none follow and the checksum is right. */
lam_status lam_zip_stream_end(lam_zip_stream *stream);

/* NULL is allowed. */
void lam_zip_stream_close(lam_zip_stream *stream);

#pragma GCC visibility pop
#endif
