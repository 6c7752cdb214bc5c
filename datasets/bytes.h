/* SPDX-License-Identifier: MIT */
/* Bytes as numbers: x = byte / 255. Private to datasets/. */
#ifndef LAM_DATASETS_BYTES_H
#define LAM_DATASETS_BYTES_H

#include "datasets/datasets.h"

#pragma GCC visibility push(hidden)

/* A table is faster than a division, and as exact. */
typedef struct lam_byte_values {
	lam_real of[UINT8_MAX + 1];
} lam_byte_values;

void lam_byte_values_fill(lam_byte_values *values);
void lam_bytes_to_real(
	const lam_byte_values *values, const uint8_t *from, int64_t count, lam_real *to);

#pragma GCC visibility pop
#endif
