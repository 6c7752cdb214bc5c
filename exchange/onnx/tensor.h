/* SPDX-License-Identifier: MIT */
/* Constants of an ONNX file, and those that are computed while it is loaded. Private to
 * exchange/onnx/. */
#ifndef LAM_ONNX_TENSOR_H
#define LAM_ONNX_TENSOR_H

#include "exchange/onnx/file.h"
#include "framework/real.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

enum { LAM_ONNX_MOST_RANK = 8 };

/* ONNX's numbers of the types of values. */
enum {
	LAM_ONNX_FLOAT = 1,
	LAM_ONNX_UINT8 = 2,
	LAM_ONNX_INT8 = 3,
	LAM_ONNX_UINT16 = 4,
	LAM_ONNX_INT16 = 5,
	LAM_ONNX_INT32 = 6,
	LAM_ONNX_INT64 = 7,
	LAM_ONNX_STRING = 8,
	LAM_ONNX_BOOL = 9,
	LAM_ONNX_FLOAT16 = 10,
	LAM_ONNX_DOUBLE = 11,
	LAM_ONNX_UINT32 = 12,
	LAM_ONNX_UINT64 = 13,
	LAM_ONNX_BFLOAT16 = 16
};

/* A constant of any shape, also with no values. */
typedef struct lam_onnx_tensor {
	const LaminaOnnx__Tensor *proto; /* of the file; NULL: computed */
	const char *name;                /* of an initialiser; else NULL */
	bool whole;                      /* whole numbers or truth values */
	int rank;
	int64_t dims[LAM_ONNX_MOST_RANK], count;
	int64_t *numbers; /* [count], of whole ones; NULL: not decoded yet */
	lam_real *reals;  /* [count], of others */
} lam_onnx_tensor;

/* Whether values of this type are real numbers. */
bool lam_onnx_is_real(int type);

/* Checks a tensor of the file: type, shape, and how many values there are. NULL and a sentence
 * without the tensor's name. */
lam_onnx_tensor *lam_onnx_tensor_of(
	const lam_onnx_file *file, lam_onnx_arena *arena, const LaminaOnnx__Tensor *proto);

/* A tensor whose values are zeros. NULL and a sentence. */
lam_onnx_tensor *lam_onnx_tensor_new(
	lam_onnx_arena *arena, bool whole, int rank, const int64_t *dims);

/* Decodes the values, so that the members above are there. */
lam_status lam_onnx_tensor_decode(
	const lam_onnx_file *file, lam_onnx_arena *arena, lam_onnx_tensor *tensor);

/* Writes the values of real numbers to `to`, decoded or not. */
lam_status lam_onnx_tensor_read(
	const lam_onnx_file *file, const lam_onnx_tensor *tensor, lam_real *to);

/* The bytes of external data of a tensor of the file; 0 if it has none. */
uint64_t lam_onnx_external_bytes(const lam_onnx_tensor *tensor);

/* Value `i` of a decoded tensor. */
double lam_onnx_number(const lam_onnx_tensor *tensor, int64_t i);

#pragma GCC visibility pop
#endif
