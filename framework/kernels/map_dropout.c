/* SPDX-License-Identifier: MIT */
/* Dropout:
 *
 *     y = u(row, feature) >= p ? x / (1 - p) : 0
 *
 * u has 32 bits of Philox4x32-10 with key (seed, pass, layer). The upper 16 come from counter
 * (feature / 8, row), whose four words are eight draws. They decide nearly always: only where they
 * are those of p, once in 65,536 draws, the lower 16 are looked up, in counter
 * (feature / 8, row + 2^63). So one evaluation gives eight features of one row; the sixteen rows of
 * a block run side by side.
 *
 * The counter's words are c[0], c[1]: feature / 8, low and high; c[2], c[3]: row, low and high, as
 * lam_random() has them. */
#include "framework/kernels/map_parts.h"
#include "framework/kernels/philox.h"
#include "framework/kernels/vector_math.h"

#include <string.h>

/* A 64-bit element holds one word of a counter in its lower half. The upper half may hold anything
 * until the end, because products read lower halves only. The WORDS rows of a group lie in two
 * vectors: the even rows in one, the odd rows in the other. */
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

enum { DRAWS = 8, HALF = DRAWS / 2 };

/* Groups of features whose rounds take turns, so that none waits for its own products, as many as
 * there are registers for. */
enum { TOGETHER = VEC_REGISTERS / 16 };

/* The words of TOGETHER groups: word w of lane l has draw w in its lower half and draw w + 4 in its
 * upper half. */
struct draws {
	uint32_t word[TOGETHER][HALF][LAM_LANES];
} __attribute__((aligned(LAM_ALIGN)));

/* The counters (group + t, row + l) */
static inline void philox_rows(
	struct draws *draws, const struct rows *rows, const struct keys *keys, uint32_t group)
{
	for (int g = 0; g < GROUPS; g++) {
		pairs c[TOGETHER][2][4];
		UNROLL_FOR (int t = 0; t < TOGETHER; t++) {
			const uint64_t a = (uint64_t)PHILOX_M0 * (group + (uint32_t)t);
			const uint64_t b = (uint64_t)PHILOX_M1
				* ((uint32_t)(a >> 32) ^ rows->row_high ^ keys->k1[0]);
			UNROLL_FOR (int odd = 0; odd < 2; odd++) {
				c[t][odd][0] = rows->low_b[odd][g] ^ ((b >> 32) ^ keys->k0[1]);
				c[t][odd][1] = (pairs){0} + b;
				c[t][odd][2] = rows->high_a[odd][g] ^ ((uint32_t)a ^ keys->k1[1]);
				c[t][odd][3] = rows->a[odd][g];
			}
		}
		UNROLL_FOR (int round = 2; round < PHILOX_ROUNDS; round++)
			UNROLL_FOR (int t = 0; t < TOGETHER; t++)
				UNROLL_FOR (int odd = 0; odd < 2; odd++)
					philox_round(c[t][odd], keys->k0[round], keys->k1[round]);
		UNROLL_FOR (int t = 0; t < TOGETHER; t++)
			UNROLL_FOR (int w = 0; w < HALF; w++) {
				const words both = (words)((c[t][0][w] & UINT32_MAX)
					| c[t][1][w] << 32);
				memcpy(&draws->word[t][w][g * WORDS], &both, sizeof both);
			}
	}
}

/* u = k / 2^32, so u >= p is the same as k >= ceil(2^32 p). This compares whole numbers, so both
 * precisions keep the same values. `upper` is at most 2^16. */
struct threshold {
	uint32_t upper, lower;
};

static struct threshold threshold_of(double p)
{
	const double bound = p * 4294967296;
	uint64_t whole = (uint64_t)bound;
	whole += (double)whole < bound;
	return (struct threshold){(uint32_t)(whole >> 16), (uint32_t)whole & UINT16_MAX};
}

/* y for draws `first` to `end - 1` of a group, as the upper halves decide. */
ALWAYS_INLINE void keep_or_drop(lam_real *y, const lam_real *x,
	const uint32_t word[HALF][LAM_LANES], int first, int end, vec factor, vec_mask upper)
{
	/* As many 32-bit words as a vec has elements. In float this is the same as vec_mask. */
	typedef uint32_t row_words __attribute__((vector_size(VEC * 4), aligned(4), may_alias));

	for (int draw = first; draw < end; draw++)
		for (int l = 0; l < LAM_LANES; l += VEC, x += VEC, y += VEC) {
			const row_words both = *(const row_words *)&word[draw % HALF][l];
			const row_words half = both >> (draw < HALF ? 0 : 16) & UINT16_MAX;
			const vec_mask keep = __builtin_convertvector(half, vec_mask) >= upper;
			vec_store(y, vec_select(keep, vec_load(x) * factor, (vec){0}));
		}
}

/* Whether a half is that of the threshold. A half of t is 0 somewhere if and only if taking 1 off
 * each half sets a top bit that t has not. */
static inline bool undecided(const uint32_t word[HALF][LAM_LANES], uint32_t upper)
{
	const words of_threshold = (words){0} + upper * UINT32_C(0x10001);
	words borrowed = {0};
	UNROLL_FOR (int w = 0; w < HALF; w++)
		UNROLL_FOR (int l = 0; l < LAM_LANES; l += WORDS) {
			const words t = *(const words *)&word[w][l] ^ of_threshold;
			borrowed |= (t - UINT32_C(0x10001)) & ~t;
		}
	return vec_any((vec_mask)(borrowed & UINT32_C(0x80008000)));
}

/* Drops those values of draws `first` to `end - 1` that the lower halves decide about. */
static __attribute__((noinline)) void drop_undecided(lam_real *y,
	const uint32_t word[HALF][LAM_LANES], int first, int end, struct threshold threshold,
	uint64_t key, uint64_t row, uint64_t group)
{
	for (int draw = first; draw < end; draw++)
		for (int l = 0; l < LAM_LANES; l++) {
			const int shift = draw < HALF ? 0 : 16;
			if ((word[draw % HALF][l] >> shift & UINT16_MAX) != threshold.upper)
				continue;
			const uint64_t high = row + (uint64_t)l + (UINT64_C(1) << 63);
			uint32_t c[4] = {(uint32_t)group, (uint32_t)(group >> 32), (uint32_t)high,
				(uint32_t)(high >> 32)};
			philox(c, (uint32_t)key, (uint32_t)(key >> 32));
			if ((c[draw % HALF] >> shift & UINT16_MAX) < threshold.lower)
				y[(draw - first) * LAM_LANES + l] = 0;
		}
}

void LAM_KERNEL(map_dropout)(lam_real *y, const lam_real *x, uint64_t key, double p, uint64_t row,
	size_t feature, size_t features)
{
	const vec factor = vec_splat(p < 1 ? (lam_real)(1 / (1 - p)) : 0);
	const struct threshold threshold = threshold_of(p);
	const vec_mask upper = (vec_mask){0} + (vec_mask_element)threshold.upper;
	const struct keys keys = keys_of(key);
	struct rows rows;
	struct draws draws;

	const uint64_t end = (uint64_t)feature + features;
	for (uint64_t f = feature, next, group, known = f; f < end; f = next) {
		group = f / DRAWS;
		next = (group + 1) * DRAWS < end ? (group + 1) * DRAWS : end;
		/* At first, and if the high word of the group has changed. */
		if (f == feature || !(uint32_t)group)
			rows = rows_of(&keys, row, group);
		if (f == feature || group - known == TOGETHER || !(uint32_t)group)
			philox_rows(&draws, &rows, &keys, (uint32_t)(known = group));
		const uint32_t(*word)[LAM_LANES] = draws.word[group - known];
		const int first = (int)(f - group * DRAWS), last = (int)(next - group * DRAWS);
		if (last - first == DRAWS) /* the loop unrolls */
			keep_or_drop(y, x, word, 0, DRAWS, factor, upper);
		else
			keep_or_drop(y, x, word, first, last, factor, upper);
		if (threshold.lower && undecided(word, threshold.upper))
			drop_undecided(y, word, first, last, threshold, key, row, group);
		y += (next - f) * LAM_LANES;
		x += (next - f) * LAM_LANES;
	}
}
