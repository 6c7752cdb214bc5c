/* SPDX-License-Identifier: MIT */
#include "exchange/onnx/arena.h"

#include "framework/memory.h"

#include <stdalign.h>
#include <string.h>

enum { CHUNK = 1 << 16 }; /* the least bytes of a chunk */

struct lam_onnx_chunk {
	struct lam_onnx_chunk *next;
	alignas(max_align_t) char bytes[];
};

static void *take(lam_onnx_arena *arena, size_t bytes)
{
	const size_t align = alignof(max_align_t);
	if (bytes > SIZE_MAX / 4)
		bytes = SIZE_MAX / 4;
	bytes = (bytes + align - 1) / align * align;
	if (bytes > arena->left) {
		const size_t wanted = bytes > CHUNK / 4 ? bytes : CHUNK;
		if (wanted > arena->limit - arena->used) {
			arena->failed = true;
			lam_fail(LAM_ERR_MEMORY,
				"it takes more than %zu bytes to read, which is the most for a "
				"file of its size",
				arena->limit);
			return NULL;
		}
		struct lam_onnx_chunk *chunk = lam_alloc_blank(sizeof *chunk + wanted, 1);
		arena->failed = arena->failed || !chunk;
		if (!chunk)
			return NULL;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
		arena->used += wanted;
		if (wanted == bytes)
			return chunk->bytes; /* the older chunk's rest stays in use */
		arena->at = chunk->bytes;
		arena->left = wanted;
	}
	void *memory = arena->at;
	arena->at += bytes;
	arena->left -= bytes;
	return memory;
}

static void *allocate(void *data, size_t bytes)
{
	return take(data, bytes ? bytes : 1);
}

static void release(void *data, void *memory)
{
	(void)data;
	(void)memory;
}

void lam_onnx_arena_begin(lam_onnx_arena *arena, size_t limit)
{
	*arena = (lam_onnx_arena){.limit = limit, .allocator = {allocate, release, arena}};
}

void *lam_onnx_alloc(lam_onnx_arena *arena, size_t count, size_t size)
{
	size_t bytes;
	if (!lam_size_multiply(count, size, &bytes))
		bytes = SIZE_MAX;
	void *memory = take(arena, bytes ? bytes : 1);
	return memory ? memset(memory, 0, bytes) : NULL;
}

void lam_onnx_arena_free(lam_onnx_arena *arena)
{
	while (arena->chunks) {
		struct lam_onnx_chunk *next = arena->chunks->next;
		lam_free(arena->chunks);
		arena->chunks = next;
	}
	*arena = (lam_onnx_arena){0};
}
