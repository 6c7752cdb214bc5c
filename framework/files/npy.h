/* SPDX-License-Identifier: MIT */
/* The .npy format of numpy: a header with the type and shape of an array, then its values.
 *
 *     "\x93NUMPY"  major  minor  length
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (32, 1, 3, 3), }  spaces  newline
 *     values
 *
 * length is little-endian, of 2 bytes in version 1.0 and 4 in 2.0 and 3.0.
 * Source: numpy.lib.format. */
#ifndef LAM_NPY_H
#define LAM_NPY_H

#include "framework/real.h"
#include "framework/shape.h"
#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* numpy's letters for a type. */
typedef enum lam_npy_kind {
	LAM_NPY_REAL = 'f', /* of 2, 4 or 8 bytes */
	LAM_NPY_INT = 'i',  /* of 1, 2, 4 or 8 */
	LAM_NPY_UINT = 'u',
	LAM_NPY_BOOL = 'b',  /* of 1 */
	LAM_NPY_BYTES = 'S', /* of any fixed length, padded with zeros */
} lam_npy_kind;

enum {
	LAM_NPY_MAX_RANK = 8,
	LAM_NPY_PREFIX = 12,        /* bytes from which the header's length is known */
	LAM_NPY_MAX_HEADER = 65536, /* bytes; longer headers are refused */
	LAM_NPY_ROOM = 512,         /* bytes, enough for any header of lam_npy_format() */
};

/* The contents of a header. */
typedef struct lam_npy {
	lam_npy_kind kind;
	bool big_endian;
	bool fortran;                  /* the first dimension varies fastest; false when rank < 2 */
	size_t item;                   /* bytes per value */
	int rank;                      /* 0: a single value */
	int64_t dim[LAM_NPY_MAX_RANK]; /* may be 0 */
	int64_t count;                 /* product of the dimensions, at most LAM_MAX_COUNT */
	size_t header;                 /* bytes before the first value */
} lam_npy;

/* Reads the length in bytes of the whole header from its first LAM_NPY_PREFIX bytes. `what` begins
 * the error sentences. */
lam_status lam_npy_header_length(const void *prefix, const char *what, size_t *length);

/* Parses a whole header. It must have each of the three keys once, a known type, and a tuple of
 * dimensions whose product in bytes fits a size_t. */
lam_status lam_npy_parse(const void *header, size_t length, const char *what, lam_npy *npy);

/* The number of bytes of all values; below SIZE_MAX / 2 for any header that lam_npy_parse()
 * accepted. */
size_t lam_npy_bytes(const lam_npy *npy);

/* Writes the header of a C-ordered array in this machine's byte order, as numpy does: version 1.0,
 * a multiple of 64 bytes. Reads `kind`, `item`, `rank` and `dim`, and fills in the other members.
 * Returns the header's length; 0 and a sentence if type or shape is invalid. */
size_t lam_npy_format(lam_npy *npy, char header[LAM_NPY_ROOM]);

/* "float32 [32, 1, 3, 3]" for error sentences. */
typedef struct lam_npy_string {
	char text[160];
} lam_npy_string;
lam_npy_string lam_npy_text(const lam_npy *npy);

/* The shape as a lam_shape; a single value has the shape [1]. False if the rank is above
 * LAM_MAX_RANK or a dimension is 0. */
bool lam_npy_shape(const lam_npy *npy, lam_shape *shape);

/* The row-major index of value number `at` of the file: `at` itself unless fortran. */
int64_t lam_npy_place(const lam_npy *npy, int64_t at);

/* Converts `count` values in the file's order. Every number type becomes a lam_real or double,
 * rounded. Bytes, and finite values too large for the output, are LAM_ERR_FORMAT. */
lam_status lam_npy_to_real(
	const lam_npy *npy, const void *values, int64_t count, const char *what, lam_real *out);
lam_status lam_npy_to_double(
	const lam_npy *npy, const void *values, int64_t count, const char *what, double *out);

/* Integers and bools only. */
lam_status lam_npy_to_int64(
	const lam_npy *npy, const void *values, int64_t count, const char *what, int64_t *out);

#pragma GCC visibility pop
#endif
