/* SPDX-License-Identifier: MIT */
/* ONNX files as protobuf-c's structs. Private to exchange/onnx/. */
#ifndef LAM_ONNX_FILE_H
#define LAM_ONNX_FILE_H

#include "exchange/onnx/arena.h"
#include "exchange/onnx/onnx.pb-c.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Bytes of the arena for each byte of a file, and the least: a message of no fields has 2 bytes in
 * a file, and 100 or 200 as a struct. */
enum { LAM_ONNX_PER_BYTE = 64, LAM_ONNX_FLOOR = 1 << 20 };

/* A model and the memory that holds it. */
typedef struct lam_onnx_file {
	const char *path; /* as it was given, for sentences and the folder of external data */
	lam_onnx_arena arena;
	LaminaOnnx__Model *model; /* with a graph */
	uint64_t bytes;           /* of the file */
} lam_onnx_file;

/* Reads and unpacks the file at `path`. LAM_ERR_IO, LAM_ERR_FORMAT or LAM_ERR_MEMORY, and a
 * sentence that begins with the path. Free the file in any case. */
lam_status lam_onnx_file_read(lam_onnx_file *file, const char *path);

/* As lam_onnx_file_read(), of bytes in memory; `path` is for sentences. */
lam_status lam_onnx_file_unpack(
	lam_onnx_file *file, const char *path, const void *bytes, size_t count);

void lam_onnx_file_free(lam_onnx_file *file);

/* Reads `count` bytes at `offset` of the file `location` of external data, which must lie in the
 * folder of the model's file or below it, and be reached without symbolic links. *bytes receives
 * them, for lam_free(); `bytes` NULL: only looks whether they are there. */
lam_status lam_onnx_file_external(const lam_onnx_file *file, const char *location, uint64_t offset,
	uint64_t count, uint8_t **bytes);

#pragma GCC visibility pop
#endif
