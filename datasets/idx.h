/* IDX files, plain or gzipped: bytes in an array of 1 to 4 dimensions.
 *
 *     0 0 type rank, then rank sizes of 4 bytes, big-endian, then the values
 *         (type 8: unsigned bytes, the only one here) */
#ifndef LAM_IDX_H
#define LAM_IDX_H

#include "framework/status.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

enum { LAM_IDX_MAX_RANK = 4 };

/* An open file whose header was read and checked; its values were not. */
typedef struct lam_idx lam_idx;

/* Opens a file and checks magic, type, rank (which must be `rank`) and whether a file of this
 * length can hold the values. NULL and a sentence on failure. */
lam_idx *lam_idx_open(const char *path, int rank);

/* NULL is allowed. */
void lam_idx_close(lam_idx *idx);

const char *lam_idx_path(const lam_idx *idx);

/* The size along dimension 0 to rank - 1, at least 1. */
int64_t lam_idx_size(const lam_idx *idx, int dimension);

/* The file's length. */
uint64_t lam_idx_file_bytes(const lam_idx *idx);

/* All values, row-major, for the caller to lam_free(); NULL and a sentence when the file ends too
 * early, too late or is damaged. To be called once. At no time is more allocated than 16 bytes per
 * byte of the file, or three per value that came out of it: what a gzipped file merely promises
 * takes no memory. */
uint8_t *lam_idx_load(lam_idx *idx);

#pragma GCC visibility pop
#endif
