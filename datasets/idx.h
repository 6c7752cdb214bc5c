/* SPDX-License-Identifier: MIT */
/* IDX files, plain or gzipped: an array of bytes with 1 to 4 dimensions.
 *
 *     0  0  type  rank        one byte each; type 8, unsigned bytes, is the only one read here
 *     rank sizes              4 bytes each, big-endian
 *     values                  row-major */
#ifndef LAM_IDX_H
#define LAM_IDX_H

#include "framework/status.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

enum { LAM_IDX_MAX_RANK = 4 };

/* An open file whose header, but not its values, was read and checked. */
typedef struct lam_idx lam_idx;

/* Opens a file and checks magic, type, rank (which must be `rank`) and whether a file of this
 * length can hold the values. NULL and a sentence on failure. */
lam_idx *lam_idx_open(const char *path, int rank);

/* NULL is allowed. */
void lam_idx_close(lam_idx *idx);

const char *lam_idx_path(const lam_idx *idx);

/* The size, at least 1, of dimension 0 to rank - 1. */
int64_t lam_idx_size(const lam_idx *idx, int dimension);

/* The file's length. */
uint64_t lam_idx_file_bytes(const lam_idx *idx);

/* Reads all values, row-major, into an array that the caller frees with lam_free(). NULL and a
 * sentence when the file is damaged, too short or too long. Call it once. It never allocates more
 * than 16 bytes per byte of the file or 3 bytes per value read so far, whichever is more, so a
 * header that promises too much costs no memory. */
uint8_t *lam_idx_load(lam_idx *idx);

#pragma GCC visibility pop
#endif
