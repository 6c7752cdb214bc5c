/* SPDX-License-Identifier: MIT */
/* Memory of one import or export, which is bounded and freed as a whole. Private to
 * exchange/onnx/. */
#ifndef LAM_ONNX_ARENA_H
#define LAM_ONNX_ARENA_H

#include "framework/status.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

typedef struct lam_onnx_arena {
	struct lam_onnx_chunk *chunks;
	char *at; /* the rest of the newest chunk */
	size_t left;
	size_t used, limit;           /* bytes that were asked of the system, and may be */
	bool failed;                  /* an allocation has failed, and set a sentence */
	ProtobufCAllocator allocator; /* for protobuf-c; what it frees stays until the end */
} lam_onnx_arena;

/* An empty arena, where it lies: it must not be moved. */
void lam_onnx_arena_begin(lam_onnx_arena *arena, size_t limit);

/* `count` x `size` zeroed bytes, aligned for any type. NULL and a sentence (LAM_ERR_MEMORY) beyond
 * the limit, or when memory is short. */
LAM_MUST_CHECK void *lam_onnx_alloc(lam_onnx_arena *arena, size_t count, size_t size);

void lam_onnx_arena_free(lam_onnx_arena *arena);

#pragma GCC visibility pop
#endif
