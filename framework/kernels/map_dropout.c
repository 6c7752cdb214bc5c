/* SPDX-License-Identifier: MIT */
/* Dropout:
 *
 *     y = u(row, feature) >= p ? x / (1 - p) : 0
 *
 * u comes from Philox4x32-10 with key (seed, pass, layer) and counter (feature / 4, row). One
 * evaluation gives four features of one row, and the sixteen rows of a block run side by side; or,
 * with channels in the lanes, sixteen channels of one row.
 *
 * The counter's words are c[0], c[1]: feature / 4, low and high; c[2], c[3]: row, low and high, as
 * lam_random() has them. */
#include "framework/kernels/map_parts.h"
#include "framework/kernels/philox.h"
#include "framework/kernels/vector.h"

#include <string.h>
#if defined __SSE2__
#include <immintrin.h>
#endif

/* A 64-bit element holds one word of a counter in its lower half. The upper half may hold anything
 * until the end, because products read lower halves only. WORDS neighbouring rows, or
 * channels, lie in two vectors: the even ones in one, the odd ones in the other. */
typedef uint32_t words __attribute__((vector_size(VEC_BYTES), may_alias));
typedef uint64_t pairs __attribute__((vector_size(VEC_BYTES), may_alias));
enum { WORDS = VEC_BYTES / 4 };

/* The 64-bit products of the lower halves. gcc and clang do not make one instruction of the generic
 * form. */
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

/* The keys of all rounds, computed once per call. */
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

enum { GROUPS = LAM_LANES / WORDS };

/* What the first two rounds of a block's sixteen rows compute without the feature. The counter is
 * (f, f_high, row, row_high). "Uniform" numbers are the same in all lanes.
 *
 *     round 1   a = M0 f uniform   b = M1 row
 *               c = {hi(b) ^ f_high ^ k0, lo(b), hi(a) ^ row_high ^ k1 uniform, lo(a) uniform}
 *     round 2   a = M0 c[0]        b = M1 c[2] uniform
 *               c = {hi(b) ^ c[1] ^ k0, lo(b) uniform, hi(a) ^ c[3] ^ k1, lo(a)} */
struct rows {
	/* lo(b) of round 1, hi(a) of round 2 and a of round 2; [0] for even rows, [1] for odd
	 * rows */
	pairs low_b[2][GROUPS], high_a[2][GROUPS], a[2][GROUPS];
	uint32_t row_high;
};

static inline struct rows rows_of(const struct keys *keys, uint64_t row, uint64_t group)
{
	struct rows rows = {.row_high = (uint32_t)(row >> 32)};
	for (int g = 0; g < GROUPS; g++)
		for (int odd = 0; odd < 2; odd++) {
			pairs lane = {0};
			for (int i = 0; i < WORDS / 2; i++)
				lane[i] = (uint64_t)(g * WORDS + 2 * i + odd);
			const pairs b = multiply(lane + (uint32_t)row, PHILOX_M1);
			const pairs a = multiply(
				(b >> 32) ^ (uint32_t)(group >> 32) ^ keys->k0[0], PHILOX_M0);
			rows.low_b[odd][g] = b;
			rows.high_a[odd][g] = a >> 32;
			rows.a[odd][g] = a;
		}
	return rows;
}

static inline void philox_round(pairs c[4], uint32_t k0, uint32_t k1)
{
	const pairs a = multiply(c[0], PHILOX_M0), b = multiply(c[2], PHILOX_M1);
	c[0] = (b >> 32) ^ c[1] ^ k0;
	c[1] = b;
	c[2] = (a >> 32) ^ c[3] ^ k1;
	c[3] = a;
}

static inline void store_words(
	uint32_t random[4][LAM_LANES], int g, const pairs even[4], const pairs odd[4])
{
	for (int f = 0; f < 4; f++) {
		const words both = (words)((even[f] & UINT32_MAX) | odd[f] << 32);
		memcpy(&random[f][g * WORDS], &both, sizeof both);
	}
}

/* random[f][l] = word f of the counter (group, row + l), where group is feature / 4 */
static inline void philox_rows(uint32_t random[4][LAM_LANES], const struct rows *rows,
	const struct keys *keys, uint32_t group)
{
	const uint64_t a = (uint64_t)PHILOX_M0 * group;
	const uint64_t b = (uint64_t)PHILOX_M1
		* ((uint32_t)(a >> 32) ^ rows->row_high ^ keys->k1[0]);
	const uint64_t of_0 = (b >> 32) ^ keys->k0[1], of_2 = (uint32_t)a ^ keys->k1[1];
	for (int g = 0; g < GROUPS; g++) {
		pairs even[4] = {rows->low_b[0][g] ^ of_0, (pairs){0} + b,
			rows->high_a[0][g] ^ of_2, rows->a[0][g]};
		pairs odd[4] = {rows->low_b[1][g] ^ of_0, (pairs){0} + b, rows->high_a[1][g] ^ of_2,
			rows->a[1][g]};
#pragma GCC unroll 8
		for (int round = 2; round < PHILOX_ROUNDS; round++) {
			philox_round(even, keys->k0[round], keys->k1[round]);
			philox_round(odd, keys->k0[round], keys->k1[round]);
		}
		store_words(random, g, even, odd);
	}
}

/* u = k / 2^24, so u >= p is the same as k >= ceil(2^24 p). This compares whole numbers, so both
 * precisions keep the same values. */
static int32_t threshold_of(double p)
{
	const double bound = p * 16777216;
	const int32_t whole = (int32_t)bound;
	return whole + (whole < bound);
}

/* random[f][l] = word f of the counter (counter[l], row), where counter[l] is feature / 4 of lane l
 */
static inline void philox_lanes(uint32_t random[4][LAM_LANES], const uint64_t counter[LAM_LANES],
	uint64_t row, const struct keys *keys)
{
	for (int g = 0; g < GROUPS; g++) {
		pairs c[2][4];
		for (int odd = 0; odd < 2; odd++) {
			for (int i = 0; i < WORDS / 2; i++)
				c[odd][0][i] = counter[g * WORDS + 2 * i + odd];
			c[odd][1] = c[odd][0] >> 32;
			c[odd][2] = (pairs){0} + row;
			c[odd][3] = (pairs){0} + (row >> 32);
			for (int round = 0; round < PHILOX_ROUNDS; round++)
				philox_round(c[odd], keys->k0[round], keys->k1[round]);
		}
		store_words(random, g, c[0], c[1]);
	}
}

/* What a value is multiplied by, and what its random number must reach. */
struct chance {
	vec factor;
	vec_mask threshold;
};

static inline struct chance chance_of(double p)
{
	return (struct chance){
		vec_splat(p < 1 ? (lam_real)(1 / (1 - p)) : 0), (vec_mask){0} + threshold_of(p)};
}

/* Sixteen values, with a random word each. */
static inline void drop(
	lam_real *y, const lam_real *x, const uint32_t words[LAM_LANES], struct chance chance)
{
	/* As many 32-bit words as a vec has elements. In float this is the same as vec_mask. */
	typedef uint32_t lane_words __attribute__((vector_size(VEC * 4), aligned(4), may_alias));

	for (int l = 0; l < LAM_LANES; l += VEC) {
		const lane_words word = *(const lane_words *)&words[l] >> 8;
		const vec_mask keep = __builtin_convertvector(word, vec_mask) >= chance.threshold;
		vec_store(y + l, vec_select(keep, vec_load(x + l) * chance.factor, (vec){0}));
	}
}

void LAM_KERNEL(map_dropout)(lam_real *y, const lam_real *x, uint64_t key, double p, uint64_t row,
	size_t feature, size_t features)
{
	const struct chance chance = chance_of(p);
	const size_t first = feature, end = feature + features;
	const struct keys keys = keys_of(key);
	struct rows rows = rows_of(&keys, row, feature / 4);
	uint32_t random[4][LAM_LANES];

	for (size_t f = feature; f < end; f++, x += LAM_LANES, y += LAM_LANES) {
		/* If the high word of feature / 4 has changed. */
		if ((uint64_t)f >> 34 != (uint64_t)feature >> 34)
			rows = rows_of(&keys, row, f / 4), feature = f;
		if (f == first || f % 4 == 0)
			philox_rows(random, &rows, &keys, (uint32_t)(f / 4));
		drop(y, x, random[f % 4], chance);
	}
}

/* The features of a place lie `places` apart. If that is a multiple of four, all have the same word
 * of their counters, and a counter serves four places. */
void LAM_KERNEL(map_dropout_lanes)(lam_real *y, const lam_real *x, uint64_t key, double p,
	uint64_t row, size_t group, size_t groups, size_t places)
{
	const struct chance chance = chance_of(p);
	const struct keys keys = keys_of(key);
	const bool together = places % 4 == 0;
	uint32_t random[4][LAM_LANES], own[LAM_LANES];

	for (size_t g = group; g < group + groups; g++)
		for (size_t place = 0; place < places; place++, x += LAM_LANES, y += LAM_LANES) {
			const uint64_t first = g * LAM_LANES * places + place;
			uint64_t counter[LAM_LANES];
			if (!together || place % 4 == 0) {
				for (size_t l = 0; l < LAM_LANES; l++)
					counter[l] = (first + l * places) / 4;
				philox_lanes(random, counter, row, &keys);
			}
			for (size_t l = 0; l < LAM_LANES && !together; l++)
				own[l] = random[(first + l * places) % 4][l];
			drop(y, x, together ? random[place % 4] : own, chance);
		}
}
