/* SPDX-License-Identifier: MIT */
/** \file
 * Losses: the last layer of a net for training. The net's loss is the mean over the batch. The
 * layer's output, with targets or without, is probabilities or its input. */
#ifndef LAM_LOSS_LAYERS_H
#define LAM_LOSS_LAYERS_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_softmax_cross_entropy_options {
	LAM_LAYER_OPTIONS;
	/** fraction of every target that is spread evenly over all classes: 0 to 1; default 0 */
	lam_real smoothing;
	bool soft; /**< targets are rows of probabilities (lam_real), not class numbers (int32_t) */
} lam_softmax_cross_entropy_options;

typedef struct lam_sigmoid_cross_entropy_options {
	LAM_LAYER_OPTIONS;
} lam_sigmoid_cross_entropy_options;

typedef struct lam_binary_cross_entropy_options {
	LAM_LAYER_OPTIONS;
} lam_binary_cross_entropy_options;

typedef struct lam_mean_squared_error_options {
	LAM_LAYER_OPTIONS;
	bool half; /**< half the squared norm per sample, not the mean over its elements */
} lam_mean_squared_error_options;

/** Cross-entropy of softmax probabilities, from logits z; stable for all finite logits.
 *
 *     loss = -sum_k t'_k log p_k,   p = softmax(z),   t' = (1 - smoothing) t + smoothing / classes
 *
 * Input: features, one per class. Output: p. Targets: one int32_t class per sample, where t is 1,
 * or with `.soft` rows of probabilities. PyTorch: nn.CrossEntropyLoss(label_smoothing). */
LAM_MUST_CHECK lam_layer *lam_softmax_cross_entropy_new(
	const lam_softmax_cross_entropy_options *options);

/** Binary cross-entropy of sigmoid probabilities, from logits z; stable for all finite logits.
 *
 *     loss = mean over elements of max(z, 0) - z t + log(1 + exp(-|z|))
 *
 * Input: any shape. Output: sigmoid(z). Targets: lam_real in 0 to 1, with the input's shape.
 * PyTorch: nn.BCEWithLogitsLoss. */
LAM_MUST_CHECK lam_layer *lam_sigmoid_cross_entropy_new(
	const lam_sigmoid_cross_entropy_options *options);

/** Binary cross-entropy of probabilities p, as from a sigmoid layer. lam_sigmoid_cross_entropy() is
 * more accurate.
 *
 *     loss = mean over elements of -(t log p + (1 - t) log(1 - p)),   logarithms at least -100
 *
 * Input: any shape. Output: p. Targets: lam_real in 0 to 1, with the input's shape. PyTorch:
 * nn.BCELoss. */
LAM_MUST_CHECK lam_layer *lam_binary_cross_entropy_new(
	const lam_binary_cross_entropy_options *options);

/** loss = mean over elements of (y - t)^2, or with `.half` 1/2 ||y - t||^2 per sample. Input: any
 * shape. Output: y, the input. Targets: lam_real, with the input's shape. PyTorch: nn.MSELoss. */
LAM_MUST_CHECK lam_layer *lam_mean_squared_error_new(const lam_mean_squared_error_options *options);

#ifndef __cplusplus
#define lam_softmax_cross_entropy(...) \
	lam_softmax_cross_entropy_new(&(lam_softmax_cross_entropy_options){ \
		.size = sizeof(lam_softmax_cross_entropy_options), __VA_ARGS__})
#define lam_sigmoid_cross_entropy(...) \
	lam_sigmoid_cross_entropy_new(&(lam_sigmoid_cross_entropy_options){ \
		.size = sizeof(lam_sigmoid_cross_entropy_options), __VA_ARGS__})
#define lam_binary_cross_entropy(...) \
	lam_binary_cross_entropy_new(&(lam_binary_cross_entropy_options){ \
		.size = sizeof(lam_binary_cross_entropy_options), __VA_ARGS__})
#define lam_mean_squared_error(...) \
	lam_mean_squared_error_new(&(lam_mean_squared_error_options){ \
		.size = sizeof(lam_mean_squared_error_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
/* clang-format off */
#define LAM_LOSS_LAYERS(layer) \
	layer(softmax_cross_entropy, smoothing, soft, name) \
	layer(sigmoid_cross_entropy, name) \
	layer(binary_cross_entropy, name) \
	layer(mean_squared_error, half, name)
/* clang-format on */
#define LAM_LOSS_NAMES(name) name(smoothing) name(soft) name(half)

#ifdef __cplusplus
}
#endif
#endif
