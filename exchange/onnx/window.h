/* SPDX-License-Identifier: MIT */
/* Windows of convolutions and of pooling. Private to exchange/onnx/. */
#ifndef LAM_ONNX_WINDOW_H
#define LAM_ONNX_WINDOW_H

#include "exchange/onnx/import.h"

#pragma GCC visibility push(hidden)

enum { LAM_ONNX_MOST_WINDOW = 1 << 24 };

typedef struct lam_onnx_window {
	int sides; /* 1: signals, 2: images */
	int kernel[2], stride[2], dilation[2], before[2], after[2];
} lam_onnx_window;

/* The window of a node on an input of shape `in`. `kernel`: the weight's; NULL: kernel_shape is
 * required. */
lam_status lam_onnx_window_of(
	const lam_onnx_node *node, const lam_shape *in, const int64_t *kernel, lam_onnx_window *w);

/* Whether attribute auto_pad of a node is SAME_UPPER or SAME_LOWER. */
bool lam_onnx_is_same(const lam_onnx_node *node);

/* Puts zeros around planes, or crops them, {height, width} at either end. */
lam_status lam_onnx_zero_pad(
	lam_onnx_import *im, lam_onnx_flow *flow, const int *before, const int *after);

/* How many values a Pad node puts before and behind each axis of a sample. `rank` counts the batch,
 * which must stay as it is. */
lam_status lam_onnx_take_pads(
	lam_onnx_import *im, const lam_onnx_node *node, int rank, int *before, int *after);

#pragma GCC visibility pop
#endif
