/* Dropout: y = u(row, feature) >= p ? x / (1 - p) : 0, u from Philox4x32-10 with key (seed, pass, layer) and counter
 * (feature / 4, row): one evaluation gives four features of one row, and the sixteen rows of a block run side by side.
 *
 * The counter's words are c[0], c[1]: feature / 4, low and high; c[2], c[3]: row, low and high, as lam_random() has them. */
#include "framework/kernels/map_parts.h"
#include "framework/kernels/philox.h"
#include "framework/kernels/vector_math.h"

#include <string.h>

/* A 64-bit element holds one word of one counter in its lower half; what is in the upper half does not matter until the end,
 * since the product takes lower halves only. Rows 0, 2 … of a group of WORDS rows lie in one vector, rows 1, 3 … in another. */
typedef uint32_t words __attribute__((vector_size(VEC_BYTES), may_alias));
typedef uint64_t pairs __attribute__((vector_size(VEC_BYTES), may_alias));
enum { WORDS = VEC_BYTES / 4 };

/* The full products of the lower halves. Compilers see no single instruction in the generic form. */
static inline pairs multiply(pairs a, uint32_t factor)
{
	const pairs f = (pairs){0} + factor;
#if defined __AVX512F__
	return (pairs)_mm512_mul_epu32((__m512i)a, (__m512i)f);
#elif defined __AVX2__
	return (pairs)_mm256_mul_epu32((__m256i)a, (__m256i)f);
#elif defined __SSE2__
	return (pairs)_mm_mul_epu32((__m128i)a, (__m128i)f);
#else
	return (a & UINT32_MAX) * f;
#endif
}

/* The keys of all rounds, made once per call. */
struct keys {
	uint32_t k0[PHILOX_ROUNDS], k1[PHILOX_ROUNDS];
};

static inline struct keys keys_of(uint64_t key)
{
	struct keys keys;
	for (uint32_t round = 0; round < PHILOX_ROUNDS; round++) {
		keys.k0[round] = (uint32_t)key + round * PHILOX_W0;
		keys.k1[round] = (uint32_t)(key >> 32) + round * PHILOX_W1;
	}
	return keys;
}

struct counters {
	pairs c[4];
};

static inline struct counters philox_pairs(struct counters x, const struct keys *keys)
{
#pragma GCC unroll 10
	for (int round = 0; round < PHILOX_ROUNDS; round++) {
		const pairs a = multiply(x.c[0], PHILOX_M0), b = multiply(x.c[2], PHILOX_M1);
		x.c[0] = (b >> 32) ^ x.c[1] ^ keys->k0[round];
		x.c[1] = b;
		x.c[2] = (a >> 32) ^ x.c[3] ^ keys->k1[round];
		x.c[3] = a;
	}
	return x;
}

/* random[f][l] = word f of counter (group, row + l) */
static inline void philox_rows(uint32_t random[4][LAM_LANES], const struct keys *keys, uint64_t row, uint64_t group)
{
	for (int first = 0; first < LAM_LANES; first += WORDS) {
		pairs lane = {0};
		for (int i = 0; i < WORDS / 2; i++)
			lane[i] = (uint64_t)(first + 2 * i);
		const pairs zero = {0};
		struct counters even = {{zero + (uint32_t)group, zero + (group >> 32), lane + (uint32_t)row, zero + (row >> 32)}};
		struct counters odd = even;
		odd.c[2] += 1;
		even = philox_pairs(even, keys);
		odd = philox_pairs(odd, keys);
		for (int f = 0; f < 4; f++) {
			const words both = (words)((even.c[f] & UINT32_MAX) | odd.c[f] << 32);
			memcpy(&random[f][first], &both, sizeof both);
		}
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
	const struct keys keys = keys_of(key);
	uint32_t random[4][LAM_LANES];

	for (size_t f = feature; f < end; f++) {
		if (f == feature || f % 4 == 0)
			philox_rows(random, &keys, row, f / 4);
		for (int l = 0; l < LAM_LANES; l += VEC, x += VEC, y += VEC) {
			const row_words word = *(const row_words *)&random[f % 4][l] >> 8;
			const vec_mask keep = __builtin_convertvector(word, vec_mask) >= threshold;
			vec_store(y, vec_select(keep, vec_load(x) * factor, zero));
		}
	}
}
