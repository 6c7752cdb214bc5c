/* SPDX-License-Identifier: MIT */
/* Makes zlib use the library's allocator. */
#ifndef LAM_ZLIB_MEMORY_H
#define LAM_ZLIB_MEMORY_H

#include "framework/memory.h"

#include <zlib.h>

static inline void *lam_zlib_allocate(void *data, unsigned count, unsigned size)
{
	(void)data;
	return lam_alloc(count, size);
}

static inline void lam_zlib_release(void *data, void *memory)
{
	(void)data;
	lam_free(memory);
}

/* Call it on a zeroed stream, before inflateInit2() or deflateInit2(). */
static inline void lam_zlib_memory(z_stream *z)
{
	z->zalloc = lam_zlib_allocate;
	z->zfree = lam_zlib_release;
}

#endif
