/* SPDX-License-Identifier: MIT */
/* .npz: a zip archive of .npy arrays, as numpy.savez writes and numpy.load opens.
 *
 * Arrays are named without their ".npy". Error sentences name the file and the array. */
#ifndef LAM_NPZ_H
#define LAM_NPZ_H

#include "framework/files/npy.h"
#include "framework/files/zip.h"

#pragma GCC visibility push(hidden)

/* An open file. Several threads may read from it at once. */
typedef struct lam_npz lam_npz;

/* Opens a file, checks its directory and reads the header of every array. Entries that are not .npy
 * are ignored. An array that is damaged or of an unknown type is an error only when it is read.
 * NULL and a sentence on failure. */
lam_npz *lam_npz_open(const char *path);

/* As lam_npz_open(), but ignores entries whose names are not valid relative paths, such as `w:0` or
 * `/params/x`, which lam_npz_open() refuses. No name is used as a path. */
lam_npz *lam_npz_open_any(const char *path);

/* NULL is allowed. */
void lam_npz_close(lam_npz *npz);

/* The file's length. */
uint64_t lam_npz_bytes(const lam_npz *npz);

/* The number of arrays. */
int64_t lam_npz_count(const lam_npz *npz);

/* The name of array `index`, 0 to count - 1 in the file's order; valid until the file is closed. */
const char *lam_npz_name(const lam_npz *npz, int64_t index);

/* The index of the array with this name, or -1 (no sentence). */
int64_t lam_npz_find(const lam_npz *npz, const char *name);

/* As lam_npz_find(), for an array that must exist: otherwise -1 and a sentence that ends with
 * `expected`. */
int64_t lam_npz_need(const lam_npz *npz, const char *name, const char *expected);

/* Type and shape of an array; NULL and a sentence if its header is damaged or its type unknown. */
const lam_npy *lam_npz_info(const lam_npz *npz, int64_t index);

/* Reads all values, in row-major order, into `out`; reals, integers and bools become lam_real.
 * `count` must be the array's count, otherwise LAM_ERR_SHAPE. Verifies the checksum. On failure the
 * contents of `out` are undefined. */
lam_status lam_npz_read_real(const lam_npz *npz, int64_t index, lam_real *out, int64_t count);

/* As lam_npz_read_real(), as doubles in both precisions. */
lam_status lam_npz_read_double(const lam_npz *npz, int64_t index, double *out, int64_t count);

/* As lam_npz_read_real(), for integers and bools. */
lam_status lam_npz_read_int64(const lam_npz *npz, int64_t index, int64_t *out, int64_t count);

/* Reads the array's bytes as stored in the file. `bytes` must be lam_npy_bytes(). */
lam_status lam_npz_read_bytes(const lam_npz *npz, int64_t index, void *out, size_t bytes);

/* Reads a text, stored as a single '|S<n>' of at most `most` bytes. The caller frees it with
 * lam_free(). NULL and a sentence on failure. A text with a zero byte inside is refused. */
char *lam_npz_read_text(const lam_npz *npz, int64_t index, size_t most);

/* A file being written. After the first failure, every later call returns that failure, so a caller
 * may check lam_npz_finish() alone. */
typedef struct lam_npz_writer lam_npz_writer;

/* Starts a file. `options` NULL: entries are stored without compression. Nothing appears at `path`
 * before lam_npz_finish(). NULL and a sentence on failure. */
lam_npz_writer *lam_npz_create(const char *path, const lam_zip_options *options);

/* Adds an array. `name` is without ".npy" (`"0.weight"`). `shape` NULL: a single value. */
lam_status lam_npz_add_real(
	lam_npz_writer *npz, const char *name, const lam_shape *shape, const lam_real *values);
lam_status lam_npz_add_int64(
	lam_npz_writer *npz, const char *name, const lam_shape *shape, const int64_t *values);

/* Adds an array of doubles, in both precisions. */
lam_status lam_npz_add_double(
	lam_npz_writer *npz, const char *name, const lam_shape *shape, const double *values);

/* Adds a text, as a single '|S<n>': numpy.load(path)[name].item().decode() is the text. */
lam_status lam_npz_add_text(lam_npz_writer *npz, const char *name, const char *text);

/* Writes an array piece by piece. First begin(), with kind, item, rank and dim; then write()
 * exactly its bytes; then end(). */
lam_status lam_npz_begin(lam_npz_writer *npz, const char *name, const lam_npy *info);
lam_status lam_npz_write(lam_npz_writer *npz, const void *bytes, size_t count);
lam_status lam_npz_end(lam_npz_writer *npz);

/* Syncs the file, renames it over `path` and frees the writer. After any failure so far `path` is
 * the old file, and there is a sentence. */
lam_status lam_npz_finish(lam_npz_writer *npz);

/* Discards what was written: the old file stays. NULL is allowed. */
void lam_npz_abandon(lam_npz_writer *npz);

#pragma GCC visibility pop
#endif
