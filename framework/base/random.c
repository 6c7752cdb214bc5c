/* SPDX-License-Identifier: MIT */
#include "framework/random.h"

#include "framework/kernels/philox.h"

#include <math.h>
#include <stdbool.h>

/* Makes the shuffle's key differ from those of layers, which are small numbers. */
#define SHUFFLE UINT64_C(0x73687566666c65)

lam_random_words lam_random(uint64_t key, uint64_t high, uint64_t low)
{
	lam_random_words words = {
		{(uint32_t)low, (uint32_t)(low >> 32), (uint32_t)high, (uint32_t)(high >> 32)}};
	philox(words.word, (uint32_t)key, (uint32_t)(key >> 32));
	return words;
}

static uint64_t first_64(lam_random_words words)
{
	return words.word[0] | (uint64_t)words.word[1] << 32;
}

uint64_t lam_random_key(uint64_t seed, uint64_t pass, uint64_t layer)
{
	return first_64(lam_random(seed, layer, pass));
}

/* The quantile function of the standard normal distribution at p = (word + 1/2) / 2^32, to seven
 * digits: Wichura, "The percentage points of the normal distribution" (algorithm AS 241, PPND7),
 * Applied Statistics 37 (1988). Its third formula is for tails beyond 2^-36, which no word reaches.
 * Six of seven words are in the middle range, which needs only products, sums and a quotient.
 *
 * The functions below take q = p - 1/2. */
static inline double beyond_half(uint32_t word)
{
	return (word + 0.5) * 0x1p-32 - 0.5;
}

static inline bool in_middle(double q)
{
	return fabs(q) <= 0.425;
}

/* A vector of two doubles: every processor with vectors of doubles has at least these. */
typedef double pair __attribute__((vector_size(16)));

static inline pair middle(pair q)
{
	const pair r = 0.180625 - q * q;
	return q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)
		/ (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1);
}

static double tail(double q)
{
	const double r = sqrt(-log(0.5 - fabs(q))) - 1.6;
	const double x = (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r
				 + 1.4234372777)
		/ ((0.12021132975 * r + 0.73700164250) * r + 1);
	return q < 0 ? -x : x;
}

double lam_random_normal(uint64_t key, uint64_t counter)
{
	const double q = beyond_half(lam_random(key, 0, counter / 4).word[counter % 4]);
	return in_middle(q) ? middle((pair){q, q})[0] : tail(q);
}

/* First computes all numbers by the formula for the middle, in a loop without branches; then
 * computes those in the tails again. */
void lam_random_normals(uint64_t key, uint64_t first, double normal[LAM_NORMALS])
{
	double q[LAM_NORMALS];
	int outside[LAM_NORMALS], count = 0;
	for (int i = 0; i < LAM_NORMALS; i += 4) {
		const lam_random_words words = lam_random(key, 0, (first + (uint64_t)i) / 4);
		for (int k = 0; k < 4; k++)
			q[i + k] = beyond_half(words.word[k]);
	}
	for (int i = 0; i < LAM_NORMALS; i += 2) {
		const pair both = middle((pair){q[i], q[i + 1]});
		normal[i] = both[0];
		normal[i + 1] = both[1];
	}
	for (int i = 0; i < LAM_NORMALS; i++) {
		outside[count] = i;
		count += !in_middle(q[i]);
	}
	for (int i = 0; i < count; i++)
		normal[outside[i]] = tail(q[outside[i]]);
}

/* Rejection sampling: numbers at or above the largest multiple of `bound` would favour small
 * results, so they are drawn again. */
uint64_t lam_random_below(uint64_t key, uint64_t counter, uint64_t bound)
{
	if (bound == 0)
		return 0;
	const uint64_t excess = (UINT64_MAX % bound + 1) % bound; /* 2^64 mod bound */
	for (uint64_t attempt = 0;; attempt++) {
		const uint64_t number = first_64(lam_random(key, attempt, counter));
		if (number <= UINT64_MAX - excess)
			return number % bound;
	}
}

void lam_random_permutation(uint64_t seed, uint64_t epoch, int64_t count, int64_t *order)
{
	const uint64_t key = lam_random_key(seed, epoch, SHUFFLE);
	for (int64_t i = 0; i < count; i++)
		order[i] = i;
	for (int64_t i = count - 1; i > 0; i--) {
		const int64_t other = (int64_t)lam_random_below(key, (uint64_t)i, (uint64_t)i + 1);
		const int64_t swapped = order[i];
		order[i] = order[other];
		order[other] = swapped;
	}
}
