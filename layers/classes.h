/* SPDX-License-Identifier: MIT */
/* The list of all layers, one line each. The declarations of their classes and the catalogue for
 * lam_net_load() are made from it. Private to layers/. */
#ifndef LAM_CLASSES_H
#define LAM_CLASSES_H

#include "framework/kernels/curves.h"
#include "framework/layer.h"

/* The layers' kinds; a class is named lam_KIND_class. The activations are in the list of curves. */
#define LAM_LAYERS(LAYER) \
	LAM_CURVES(LAYER) \
	LAYER(adaptive_avg_pool1d) \
	LAYER(adaptive_avg_pool2d) \
	LAYER(add) \
	LAYER(affine) \
	LAYER(avg_pool1d) \
	LAYER(avg_pool2d) \
	LAYER(batch_norm) \
	LAYER(binary_cross_entropy) \
	LAYER(concat) \
	LAYER(conv1d) \
	LAYER(conv2d) \
	LAYER(dropout) \
	LAYER(flatten) \
	LAYER(global_avg_pool) \
	LAYER(global_max_pool) \
	LAYER(graph) \
	LAYER(group_norm) \
	LAYER(huber_loss) \
	LAYER(identity) \
	LAYER(input) \
	LAYER(instance_norm) \
	LAYER(l1_loss) \
	LAYER(layer_norm) \
	LAYER(layer_scale) \
	LAYER(local_response_norm) \
	LAYER(max_pool1d) \
	LAYER(max_pool2d) \
	LAYER(mean_squared_error) \
	LAYER(multiply) \
	LAYER(output) \
	LAYER(permute) \
	LAYER(pixel_shuffle) \
	LAYER(prelu) \
	LAYER(reshape) \
	LAYER(residual) \
	LAYER(sequential) \
	LAYER(sigmoid_cross_entropy) \
	LAYER(slice) \
	LAYER(softmax) \
	LAYER(softmax_cross_entropy) \
	LAYER(standardize) \
	LAYER(transposed_conv1d) \
	LAYER(transposed_conv2d) \
	LAYER(upsample1d) \
	LAYER(upsample2d) \
	LAYER(zero_pad1d) \
	LAYER(zero_pad2d)

#pragma GCC visibility push(hidden)

/* The dots take the other columns of a curve's row. */
#define DECLARE(kind, ...) extern const lam_layer_class lam_##kind##_class;
LAM_LAYERS(DECLARE)
#undef DECLARE

#pragma GCC visibility pop
#endif
