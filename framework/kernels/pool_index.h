/* SPDX-License-Identifier: MIT */
/* The arg-max indices of max pooling: narrow numbers in memory, as wide as lam_real in registers.
 *
 * The generic conversion between vectors works everywhere, but gcc 12 converts element by element.
 * The usual case, bytes and float, therefore has intrinsics on x86. */
#ifndef LAM_POOL_INDEX_H
#define LAM_POOL_INDEX_H

#include "framework/kernels/vector.h"

#include <string.h>
#if defined __SSE2__
#include <immintrin.h>
#endif

typedef uint8_t index_8 __attribute__((vector_size(VEC), aligned(1), may_alias));
typedef uint16_t index_16 __attribute__((vector_size(VEC * 2), aligned(2), may_alias));
typedef int32_t index_32 __attribute__((vector_size(VEC * 4), aligned(4), may_alias));

static inline void index_store_8(uint8_t *index, vec_mask tap)
{
#if defined LAM_DOUBLE || !defined __SSE2__
	*(index_8 *)index = __builtin_convertvector(tap, index_8);
#elif defined __AVX512F__
	_mm_storeu_si128((__m128i *)index, _mm512_cvtepi32_epi8((__m512i)tap));
#elif defined __AVX2__
	const __m128i low = _mm256_castsi256_si128((__m256i)tap),
		      high = _mm256_extracti128_si256((__m256i)tap, 1);
	const __m128i words = _mm_packs_epi32(low, high);
	_mm_storel_epi64((__m128i *)index, _mm_packus_epi16(words, words));
#else
	const __m128i words = _mm_packs_epi32((__m128i)tap, (__m128i)tap);
	const int bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
	memcpy(index, &bytes, sizeof bytes);
#endif
}

static inline vec_mask index_load_8(const uint8_t *index)
{
#if defined LAM_DOUBLE || !defined __SSE2__
	return __builtin_convertvector(*(const index_8 *)index, vec_mask);
#elif defined __AVX512F__
	return (vec_mask)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)index));
#elif defined __AVX2__
	return (vec_mask)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)index));
#else
	int bytes;
	memcpy(&bytes, index, sizeof bytes);
	const __m128i zero = _mm_setzero_si128(),
		      words = _mm_unpacklo_epi8(_mm_cvtsi32_si128(bytes), zero);
	return (vec_mask)_mm_unpacklo_epi16(words, zero);
#endif
}

/* Stores the indices `at` to at + VEC - 1, each of `bytes` bytes. `bytes` is a constant wherever
 * this is inlined. */
static inline __attribute__((always_inline)) void index_store(
	void *index, int64_t at, int bytes, vec_mask tap)
{
	if (bytes == 1)
		index_store_8((uint8_t *)index + at, tap);
	else if (bytes == 2)
		*(index_16 *)((uint16_t *)index + at) = __builtin_convertvector(tap, index_16);
	else
		*(index_32 *)((int32_t *)index + at) = __builtin_convertvector(tap, index_32);
}

static inline __attribute__((always_inline)) vec_mask index_load(
	const void *index, int64_t at, int bytes)
{
	if (bytes == 1)
		return index_load_8((const uint8_t *)index + at);
	if (bytes == 2)
		return __builtin_convertvector(
			*(const index_16 *)((const uint16_t *)index + at), vec_mask);
	return __builtin_convertvector(*(const index_32 *)((const int32_t *)index + at), vec_mask);
}

#endif
