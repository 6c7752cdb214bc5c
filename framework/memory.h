/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write layers or bring an allocator: the allocator of all of lamina's memory, and
 * checked arithmetic on sizes. */
#ifndef LAM_MEMORY_H
#define LAM_MEMORY_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The largest number of values in an array; so small that its bytes, with lanes and alignment,
 * never overflow. */
#define LAM_MAX_COUNT ((int64_t)1 << 48)

/** A user's allocator. `allocate` returns `bytes` (> 0) bytes aligned to `align` (a power of two),
 * or NULL. `release` frees what `allocate` returned. Both may be called from any thread. */
typedef struct lam_allocator {
	/** called as allocate(data, align, bytes) */
	void *(*allocate)(void *data, size_t align, size_t bytes);
	/** called as release(data, memory); memory is not NULL */
	void (*release)(void *data, void *memory);
	void *data; /**< handed to both; borrowed */
} lam_allocator;

/** Sets the allocator of the whole process; NULL: the C library's. Call it while no lamina object
 * exists, because memory is released by the allocator that is set then. Not thread-safe.
 *
 * All memory comes from it, zlib's too, except the stacks of threads and the buffers of a caller's
 * FILE, which OpenMP and the C library allocate. */
void lam_set_allocator(const lam_allocator *allocator);

/** `count` x `size` zeroed bytes, aligned to LAM_ALIGN; NULL and a sentence ("out of memory: …")
 * when memory is short. A count of 0 gives one byte. */
LAM_MUST_CHECK void *lam_alloc(size_t count, size_t size);

/** Allocates as lam_alloc(), but leaves the contents undefined. It does not touch the memory, so
 * the system places each page near the thread that first writes it. */
LAM_MUST_CHECK void *lam_alloc_blank(size_t count, size_t size);

/** Frees what these functions returned. NULL is allowed. */
void lam_free(void *memory);

/** A newly allocated copy of a string. NULL when memory is short or `text` is NULL. */
LAM_MUST_CHECK char *lam_text_copy(const char *text);

/** Copies `old_count` values into a new array of `new_count` and frees the old one. On failure
 * NULL, and the old array stays valid. */
LAM_MUST_CHECK void *lam_grow(void *memory, size_t old_count, size_t new_count, size_t size);

/** *product = a * b; false when it is more than SIZE_MAX / 2. */
static inline bool lam_size_multiply(size_t a, size_t b, size_t *product)
{
	return !__builtin_mul_overflow(a, b, product) && *product <= SIZE_MAX / 2;
}

/** *sum = a + b; false when it is more than SIZE_MAX / 2. */
static inline bool lam_size_add(size_t a, size_t b, size_t *sum)
{
	return !__builtin_add_overflow(a, b, sum) && *sum <= SIZE_MAX / 2;
}

/** `bytes`, at most SIZE_MAX / 2, rounded up to a multiple of LAM_ALIGN. */
static inline size_t lam_size_align(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

#ifdef __cplusplus
}
#endif
#endif
