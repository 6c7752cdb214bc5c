/* Dropout: y = u(row, feature) >= p ? x / (1 - p) : 0, u from Philox4x32-10 with key (seed, pass, layer) and counter
 * (feature / 4, row): one evaluation gives four features of one row, and the sixteen rows of a block run side by side.
 *
 * The counter's words are c[0], c[1]: feature / 4, low and high; c[2], c[3]: row, low and high, as lam_random() has them. */
#include "framework/kernels/map_parts.h"
#include "framework/kernels/philox.h"
#include "framework/kernels/vector_math.h"

#include <string.h>

/* Words of 32 bits, whatever lam_real is; W vectors of them hold one word of sixteen rows. */
typedef uint32_t words __attribute__((vector_size(VEC_BYTES), may_alias));
typedef uint64_t pairs __attribute__((vector_size(VEC_BYTES), may_alias));
enum { WORDS = VEC_BYTES / 4, W = LAM_LANES / WORDS };

/* The full products of the lower halves of each 64-bit element. Compilers see no single instruction in the generic form. */
static inline pairs multiply_low_halves(pairs a, pairs b)
{
#if defined __AVX512F__
	return (pairs)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined __AVX2__
	return (pairs)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined __SSE2__
	return (pairs)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
	return (a & UINT32_MAX) * (b & UINT32_MAX);
#endif
}

/* high:low = a * factor, element by element */
static inline words multiply(words a, uint32_t factor, words *low)
{
	const pairs even_half = (pairs){0} + UINT32_MAX;
	const pairs f = (pairs){0} + factor;
	const pairs even = multiply_low_halves((pairs)a, f);
	const pairs odd = multiply_low_halves((pairs)a >> 32, f);
	*low = (words)((even & even_half) | odd << 32);
	return (words)(even >> 32 | (odd & ~even_half));
}

/* random[f][l] = word f of counter (group, row + l) */
static inline void philox_rows(uint32_t random[4][LAM_LANES], uint64_t key, uint64_t row, uint64_t group)
{
	for (int part = 0; part < W; part++) {
		words lane;
		for (int i = 0; i < WORDS; i++)
			lane[i] = (uint32_t)(part * WORDS + i);
		words c0 = (words){0} + (uint32_t)group, c1 = (words){0} + (uint32_t)(group >> 32);
		words c2 = lane + (uint32_t)row, c3 = (words){0} + (uint32_t)(row >> 32);
		uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
		for (int round = 0; round < PHILOX_ROUNDS; round++) {
			words low0, low1;
			const words high0 = multiply(c0, PHILOX_M0, &low0), high1 = multiply(c2, PHILOX_M1, &low1);
			c0 = high1 ^ c1 ^ k0;
			c1 = low1;
			c2 = high0 ^ c3 ^ k1;
			c3 = low0;
			k0 += PHILOX_W0;
			k1 += PHILOX_W1;
		}
		const words c[4] = {c0, c1, c2, c3};
		for (int f = 0; f < 4; f++)
			memcpy(&random[f][part * WORDS], &c[f], sizeof c[f]);
	}
}

/* u >= p with u = k / 2^24 is k >= ceil(2^24 p): whole numbers, so that both precisions keep the same values. */
static int32_t threshold_of(double p)
{
	const double bound = p * 16777216;
	const int32_t whole = (int32_t)bound;
	return whole + (whole < bound);
}

void LAM_KERNEL(map_dropout)(lam_real *y, const lam_real *x, uint64_t key, double p, uint64_t row, size_t feature,
	size_t features)
{
	/* As many 32-bit words as a vec has elements; in float that is a vec_mask. */
	typedef uint32_t row_words __attribute__((vector_size(VEC * 4), aligned(4), may_alias));

	const vec factor = vec_splat(p < 1 ? (lam_real)(1 / (1 - p)) : 0), zero = {0};
	const vec_mask threshold = (vec_mask){0} + threshold_of(p);
	const size_t end = feature + features;
	uint32_t random[4][LAM_LANES];

	for (size_t f = feature; f < end; f++) {
		if (f == feature || f % 4 == 0)
			philox_rows(random, key, row, f / 4);
		for (int l = 0; l < LAM_LANES; l += VEC, x += VEC, y += VEC) {
			const row_words word = *(const row_words *)&random[f % 4][l] >> 8;
			const vec_mask keep = __builtin_convertvector(word, vec_mask) >= threshold;
			vec_store(y, vec_select(keep, vec_load(x) * factor, zero));
		}
	}
}
