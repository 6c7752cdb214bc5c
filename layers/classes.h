/* SPDX-License-Identifier: MIT */
/* All layers, one line each: from this list come the declarations of their classes and the
 * catalogue that lam_net_load() looks a kind up in. Private to layers/. */
#ifndef LAM_CLASSES_H
#define LAM_CLASSES_H

#include "framework/kernels/curves.h"
#include "framework/layer.h"

/* A layer's kind; its class is lam_KIND_class. Activations come from the list of curves. */
#define LAM_LAYERS(LAYER) \
	LAM_CURVES(LAYER) \
	LAYER(affine) \
	LAYER(avg_pool1d) \
	LAYER(avg_pool2d) \
	LAYER(batch_norm) \
	LAYER(binary_cross_entropy) \
	LAYER(conv1d) \
	LAYER(conv2d) \
	LAYER(dropout) \
	LAYER(flatten) \
	LAYER(global_avg_pool) \
	LAYER(max_pool1d) \
	LAYER(max_pool2d) \
	LAYER(mean_squared_error) \
	LAYER(reshape) \
	LAYER(residual) \
	LAYER(sequential) \
	LAYER(sigmoid_cross_entropy) \
	LAYER(softmax) \
	LAYER(softmax_cross_entropy) \
	LAYER(standardize) \
	LAYER(transposed_conv1d) \
	LAYER(transposed_conv2d) \
	LAYER(zero_pad1d) \
	LAYER(zero_pad2d)

#pragma GCC visibility push(hidden)

/* A curve's row has more columns than its name. */
#define DECLARE(kind, ...) extern const lam_layer_class lam_##kind##_class;
LAM_LAYERS(DECLARE)
#undef DECLARE

#pragma GCC visibility pop
#endif
