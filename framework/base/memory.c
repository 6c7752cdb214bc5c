/* SPDX-License-Identifier: MIT */
#include "framework/memory.h"

#include "framework/real.h"
#include "framework/status.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Kernels read a net's arenas with strides of whole planes, so nearly every access needs another
 * page of 4 KiB. Large allocations therefore ask for huge pages. */
enum { HUGE_PAGE = 2 << 20 };

static void *system_allocate(void *data, size_t align, size_t bytes)
{
	(void)data;
	void *memory = NULL;
	bool large = bytes >= 2 * HUGE_PAGE;
	if (posix_memalign(&memory, large ? HUGE_PAGE : align, bytes))
		return NULL;
#ifdef MADV_HUGEPAGE
	if (large)
		madvise(memory, bytes, MADV_HUGEPAGE); /* a refusal is harmless */
#endif
	return memory;
}

static void system_release(void *data, void *memory)
{
	(void)data;
	free(memory);
}

static const lam_allocator system_allocator = {system_allocate, system_release, NULL};
static lam_allocator current = {system_allocate, system_release, NULL};

void lam_set_allocator(const lam_allocator *allocator)
{
	current = allocator ? *allocator : system_allocator;
}

static void *get(size_t count, size_t size, size_t *got)
{
	size_t bytes;
	if (!lam_size_multiply(count, size, &bytes)) {
		lam_fail(LAM_ERR_MEMORY,
			"out of memory: %zu values of %zu bytes are more than an address can reach",
			count, size);
		return NULL;
	}
	if (bytes == 0)
		bytes = 1;
	void *memory = current.allocate(current.data, LAM_ALIGN, bytes);
	if (!memory) {
		lam_fail(LAM_ERR_MEMORY, "out of memory: could not get %zu bytes", bytes);
		return NULL;
	}
	*got = bytes;
	return memory;
}

void *lam_alloc(size_t count, size_t size)
{
	size_t bytes;
	void *memory = get(count, size, &bytes);
	return memory ? memset(memory, 0, bytes) : NULL;
}

void *lam_alloc_blank(size_t count, size_t size)
{
	size_t bytes;
	return get(count, size, &bytes);
}

void lam_free(void *memory)
{
	if (memory)
		current.release(current.data, memory);
}

char *lam_text_copy(const char *text)
{
	if (!text)
		return NULL;
	size_t length = strlen(text) + 1;
	char *copy = lam_alloc(length, 1);
	return copy ? memcpy(copy, text, length) : NULL;
}

void *lam_grow(void *memory, size_t old_count, size_t new_count, size_t size)
{
	void *grown = lam_alloc(new_count, size);
	if (!grown)
		return NULL;
	if (memory)
		memcpy(grown, memory, (old_count < new_count ? old_count : new_count) * size);
	lam_free(memory);
	return grown;
}
