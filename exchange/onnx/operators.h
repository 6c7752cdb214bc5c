/* SPDX-License-Identifier: MIT */
/* The operators that are understood: one row each. Private to exchange/onnx/. */
#ifndef LAM_ONNX_OPERATORS_H
#define LAM_ONNX_OPERATORS_H

#include "exchange/onnx/import.h"

#pragma GCC visibility push(hidden)

typedef struct lam_onnx_operator {
	const char *name;
	/* Makes layers of a node with at least one input that depends on the net's inputs, and
	 * gives its outputs. A failure's sentence is the reason without the node's name. NULL: only
	 * constants. */
	lam_status (*make)(lam_onnx_import *im, const lam_onnx_node *node);
	/* Computes the outputs of a node from its inputs' values, or shapes. NULL: not possible. */
	lam_status (*fold)(lam_onnx_import *im, const lam_onnx_node *node);
	const char *attributes; /* for lam_onnx_check_attributes() */
	int least, most;        /* inputs */
} lam_onnx_operator;

/* NULL: it is not in the table. */
const lam_onnx_operator *lam_onnx_operator_of(const char *name);

/* A tree of nodes that has a layer of its own. patterns.c has the language of trees. */
typedef struct lam_onnx_pattern {
	const char *tree;
	/* As an operator's, with node->letters and node->inner. */
	lam_status (*make)(lam_onnx_import *im, const lam_onnx_node *node);
	/* Whether what the tree does not say fits, too; NULL: it says all. */
	bool (*fits)(lam_onnx_import *im, const lam_onnx_node *node);
} lam_onnx_pattern;

/* Sets .pattern and .letters of the nodes with which a pattern ends. Constants that depend on no
 * shape must be folded. */
lam_status lam_onnx_find_patterns(lam_onnx_import *im);

/* What a letter of the node's pattern stands for. */
static inline const lam_onnx_value *lam_onnx_letter(const lam_onnx_node *node, char letter)
{
	return node->letters[letter - 'a'];
}
static inline const lam_onnx_node *lam_onnx_inner(const lam_onnx_node *node, char letter)
{
	return node->inner[letter - 'A'];
}

/* make and fold, by file. */
#define LAM_ONNX_MAKERS(MAKE) \
	MAKE(affine_chain) \
	MAKE(average_pool) \
	MAKE(batch_norm) \
	MAKE(batch_norm_parts) \
	MAKE(binary) \
	MAKE(cast) \
	MAKE(celu) \
	MAKE(clip) \
	MAKE(make_concat) \
	MAKE(conv) \
	MAKE(conv_transpose) \
	MAKE(curve) \
	MAKE(depth_to_space) \
	MAKE(dropout) \
	MAKE(elu) \
	MAKE(make_expand) \
	MAKE(extreme) \
	MAKE(flatten) \
	MAKE(make_gather) \
	MAKE(gelu) \
	MAKE(gemm) \
	MAKE(global_pool) \
	MAKE(group_norm) \
	MAKE(group_norm_parts) \
	MAKE(hard_sigmoid) \
	MAKE(identity) \
	MAKE(instance_norm) \
	MAKE(layer_norm) \
	MAKE(layer_norm_parts) \
	MAKE(leaky_relu) \
	MAKE(lrn) \
	MAKE(matmul) \
	MAKE(matmul_add) \
	MAKE(max_pool) \
	MAKE(max_pool_padded) \
	MAKE(pad) \
	MAKE(pattern_gelu) \
	MAKE(pattern_hard_swish) \
	MAKE(pattern_silu) \
	MAKE(pixels_parts) \
	MAKE(power) \
	MAKE(prelu) \
	MAKE(reduce) \
	MAKE(make_reshape) \
	MAKE(resize) \
	MAKE(response_norm_parts) \
	MAKE(selu) \
	MAKE(make_slice) \
	MAKE(softmax) \
	MAKE(softplus_parts) \
	MAKE(space_to_depth) \
	MAKE(make_split) \
	MAKE(squeeze) \
	MAKE(standardize_parts) \
	MAKE(sum) \
	MAKE(make_transpose) \
	MAKE(unary)
#define DECLARE(name) lam_status lam_onnx_##name(lam_onnx_import *im, const lam_onnx_node *node);
LAM_ONNX_MAKERS(DECLARE)
#undef DECLARE

#define LAM_ONNX_FITS(FIT) \
	FIT(clip_to_6) \
	FIT(group_norm) \
	FIT(hard_sigmoid) \
	FIT(layer_norm) \
	FIT(lowest_padding) \
	FIT(matmul) \
	FIT(pixels) \
	FIT(response_norm) \
	FIT(softplus)
#define DECLARE(name) bool lam_onnx_fits_##name(lam_onnx_import *im, const lam_onnx_node *node);
LAM_ONNX_FITS(DECLARE)
#undef DECLARE

#define LAM_ONNX_FOLDS(FOLD) \
	FOLD(binary) \
	FOLD(cast) \
	FOLD(concat) \
	FOLD(constant) \
	FOLD(constant_of_shape) \
	FOLD(expand) \
	FOLD(gather) \
	FOLD(identity) \
	FOLD(range) \
	FOLD(reduce) \
	FOLD(reshape) \
	FOLD(shape) \
	FOLD(size) \
	FOLD(slice) \
	FOLD(split) \
	FOLD(transpose) \
	FOLD(unary) \
	FOLD(where)
#define DECLARE(name) \
	lam_status lam_onnx_fold_##name(lam_onnx_import *im, const lam_onnx_node *node);
LAM_ONNX_FOLDS(DECLARE)
#undef DECLARE

#pragma GCC visibility pop
#endif
