/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write layers, counter-based random numbers: a number is a function of (key, row,
 * feature), not the next of a stream. So it does not depend on threads, on the order of work, or on
 * where a resumed run was stopped.
 *
 * Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC
 * 2011). All functions are pure. */
#ifndef LAM_RANDOM_H
#define LAM_RANDOM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Four independent 32-bit random words. */
typedef struct lam_random_words {
	uint32_t word[4]; /**< each uniform in 0 to 2^32 - 1 */
} lam_random_words;

/** Four words, a function of `key` and of the counter (`high`, `low`). A layer such as dropout uses
 * the pass's key, high = row in the batch and low = feature / 4. Feature f then gets word f % 4. */
lam_random_words lam_random(uint64_t key, uint64_t high, uint64_t low);

/** A key for one use of random numbers. `seed` is the run's, `pass` the step or epoch. `layer` is
 * the layer's number, or any number that distinguishes this use from others. */
uint64_t lam_random_key(uint64_t seed, uint64_t pass, uint64_t layer);

/** A word as a number in [0, 1). It uses the upper 24 bits, so the number is exact in float, too,
 * and never rounds to 1. */
static inline double lam_random_uniform(uint32_t word)
{
	return (word >> 8) * (1.0 / 16777216);
}

/** Number `counter` of the standard normal numbers of `key`. Each comes from one 32-bit word by the
 * inverse of the distribution function, so its size is at most 6.4. */
double lam_random_normal(uint64_t key, uint64_t counter);

enum { LAM_NORMALS = 64 /**< numbers per call of lam_random_normals() */ };

/** The numbers lam_random_normal(key, first) ... lam_random_normal(key, first + LAM_NORMALS - 1),
 * in about half of the time. `first` is a multiple of 4. */
void lam_random_normals(uint64_t key, uint64_t first, double normal[LAM_NORMALS]);

/** An integer in 0 … bound - 1, uniformly distributed; 0 when `bound` is 0. */
uint64_t lam_random_below(uint64_t key, uint64_t counter, uint64_t bound);

/** Writes to `order` a random permutation of 0 ... count - 1 (Fisher and Yates), which is a
 * function of (seed, epoch, count). */
void lam_random_permutation(uint64_t seed, uint64_t epoch, int64_t count, int64_t *order);

#ifdef __cplusplus
}
#endif
#endif
