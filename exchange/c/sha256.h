/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4). Private to exchange/c/. */
#ifndef LAM_C_SHA256_H
#define LAM_C_SHA256_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

typedef struct lam_sha256 {
	uint32_t state[8];
	uint64_t count; /* bytes so far */
	unsigned char rest[64];
} lam_sha256;

void lam_sha256_begin(lam_sha256 *sha);
void lam_sha256_add(lam_sha256 *sha, const void *bytes, size_t count);

/* The digest in hexadecimal. */
void lam_sha256_end(lam_sha256 *sha, char hex[65]);

#pragma GCC visibility pop
#endif
