/* SPDX-License-Identifier: MIT */
/* Philox4x32-10, one counter at a time: ten rounds of two products. Salmon, Moraes, Dror, Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). map_dropout.c has the same for sixteen
 * counters side by side. */
#ifndef LAM_PHILOX_H
#define LAM_PHILOX_H

#include <stdint.h>

enum { PHILOX_ROUNDS = 10 };

/* The multipliers of words 0 and 2, and what is added to the two words of the key after each
 * round. */
#define PHILOX_M0 UINT32_C(0xD2511F53)
#define PHILOX_M1 UINT32_C(0xCD9E8D57)
#define PHILOX_W0 UINT32_C(0x9E3779B9)
#define PHILOX_W1 UINT32_C(0xBB67AE85)

static inline void philox(uint32_t c[4], uint32_t k0, uint32_t k1)
{
	for (int round = 0; round < PHILOX_ROUNDS; round++) {
		const uint64_t a = (uint64_t)PHILOX_M0 * c[0], b = (uint64_t)PHILOX_M1 * c[2];
		c[0] = (uint32_t)(b >> 32) ^ c[1] ^ k0;
		c[1] = (uint32_t)b;
		c[2] = (uint32_t)(a >> 32) ^ c[3] ^ k1;
		c[3] = (uint32_t)a;
		k0 += PHILOX_W0;
		k1 += PHILOX_W1;
	}
}

#endif
