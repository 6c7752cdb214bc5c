/** \file
 * Random numbers by counter: the number for (key, row, feature) is a function, not the next of a
 * stream, so that it does not depend on threads, on the order of work or on where a resumed run was
 * stopped.
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
	uint32_t word[4];
} lam_random_words;

/** The words of counter (`low`, `high`) under `key`. In a layer: key = the pass's key, high = row
 * in the batch, low = feature / 4, and the feature's own word is feature % 4 (dropout does exactly
 * that). */
lam_random_words lam_random(uint64_t key, uint64_t high, uint64_t low);

/** A key for one use: `seed` of the run, `pass` (step or epoch), `layer` (or any number that tells
 * uses apart). */
uint64_t lam_random_key(uint64_t seed, uint64_t pass, uint64_t layer);

/** A word as a number in [0, 1): its upper 24 bits, so that it is exact in float too and never
 * rounds to 1. */
static inline double lam_random_uniform(uint32_t word)
{
	return (word >> 8) * (1.0 / 16777216);
}

/** Standard normal number `counter` of `key` (one 32-bit word each, through the distribution's
 * inverse: never beyond 6.4). */
double lam_random_normal(uint64_t key, uint64_t counter);

enum { LAM_NORMALS = 64 }; /**< drawn side by side */

/** Numbers `first` … `first` + LAM_NORMALS - 1 of them, the same, in about half of the time.
 * `first` is a multiple of 4. */
void lam_random_normals(uint64_t key, uint64_t first, double normal[LAM_NORMALS]);

/** A whole number in 0 … bound - 1, each equally likely; 0 when `bound` is 0. */
uint64_t lam_random_below(uint64_t key, uint64_t counter, uint64_t bound);

/** order = a permutation of 0 … count - 1 (Fisher and Yates), a function of (seed, epoch, count).
 */
void lam_random_permutation(uint64_t seed, uint64_t epoch, int64_t count, int64_t *order);

#ifdef __cplusplus
}
#endif
#endif
