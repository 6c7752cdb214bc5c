/* SPDX-License-Identifier: MIT */
/** \file
 * The one place that all of lamina's memory comes from, and the one helper that multiplies sizes.
 */
#ifndef LAM_MEMORY_H
#define LAM_MEMORY_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** No array has more values than this, so that a byte count with lanes and alignment never
 * overflows. */
#define LAM_MAX_COUNT ((int64_t)1 << 48)

/** An allocator of one's own: `allocate` returns `bytes` (> 0) aligned to `align` (a power of two),
 * or NULL; `release` takes what allocate returned. Both may be called from any thread. */
typedef struct lam_allocator {
	void *(*allocate)(void *data, size_t align, size_t bytes);
	void (*release)(void *data, void *memory);
	void *data;
} lam_allocator;

/** Replaces the allocator of the whole process (NULL: back to the C library's). Call it while no
 * lamina object exists: memory goes back to the allocator that is set when it is released. Not
 * thread-safe. Everything goes through it, zlib's memory too; threads' stacks and the buffers of a
 * caller's FILE are the C library's and OpenMP's own business. */
void lam_set_allocator(const lam_allocator *allocator);

/** `count` x `size` zeroed bytes at LAM_ALIGN, or NULL with the error sentence ("out of memory:
 * …"). A count of 0 gives one byte. */
LAM_MUST_CHECK void *lam_alloc(size_t count, size_t size);

/** The same, its content undefined and untouched: pages of it come into being where they are first
 * written, by whichever threads. */
LAM_MUST_CHECK void *lam_alloc_blank(size_t count, size_t size);

/** Gives back what these returned; NULL is allowed. */
void lam_free(void *memory);

/** A copy of a string in memory of its own, or NULL (memory, or `text` is NULL). */
LAM_MUST_CHECK char *lam_text_copy(const char *text);

/** Copies `old_count` values into a new array of `new_count`, frees the old one; NULL leaves the
 * old one valid. */
LAM_MUST_CHECK void *lam_grow(void *memory, size_t old_count, size_t new_count, size_t size);

/** *product = a * b; false when it would pass SIZE_MAX / 2. */
static inline bool lam_size_multiply(size_t a, size_t b, size_t *product)
{
	return !__builtin_mul_overflow(a, b, product) && *product <= SIZE_MAX / 2;
}

/** *sum = a + b; false when it would pass SIZE_MAX / 2. */
static inline bool lam_size_add(size_t a, size_t b, size_t *sum)
{
	return !__builtin_add_overflow(a, b, sum) && *sum <= SIZE_MAX / 2;
}

/** The next multiple of LAM_ALIGN; `bytes` is at most SIZE_MAX / 2. */
static inline size_t lam_size_align(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

#ifdef __cplusplus
}
#endif
#endif
