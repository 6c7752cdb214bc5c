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
	/** targets of this class count nowhere: not in the loss, its mean or the score. It may be
	 * negative, as -100, or one of the classes; class 0 is said with LAM_ZERO; default: none.
	 * Not with .soft */
	int ignore;
	int64_t class_count; /**< of .class_weights: the number of classes */
	/** [class_count], at least 0: the weight of each class; read during the call, and saved
	 * with the net. Default: 1 */
	const lam_real *class_weights;
} lam_softmax_cross_entropy_options;

typedef struct lam_sigmoid_cross_entropy_options {
	LAM_LAYER_OPTIONS;
	/** at least 0: factor of the positive targets' part in the loss; 0 is said with LAM_ZERO;
	 * default 1 */
	lam_real positive_weight;
} lam_sigmoid_cross_entropy_options;

typedef struct lam_binary_cross_entropy_options {
	LAM_LAYER_OPTIONS;
} lam_binary_cross_entropy_options;

typedef struct lam_mean_squared_error_options {
	LAM_LAYER_OPTIONS;
	bool half; /**< half the squared norm per sample, not the mean over its elements */
} lam_mean_squared_error_options;

typedef struct lam_l1_loss_options {
	LAM_LAYER_OPTIONS;
} lam_l1_loss_options;

typedef struct lam_huber_loss_options {
	LAM_LAYER_OPTIONS;
	lam_real delta; /**< above 0: the distance where the square becomes linear; default 1 */
} lam_huber_loss_options;

/** Cross-entropy of softmax probabilities, from logits z; stable for all finite logits.
 *
 *     L = -sum_k t'_k log p_k,   p = softmax(z),   t' = (1 - smoothing) t + smoothing / classes
 *
 * Input: features [K], one per class; or K x L, K x H x W: classes at each place. Output: p, of the
 * input's shape. Targets: one int32_t class per sample, or per place (rows of L or H x W), where t
 * is 1; with `.soft` lam_real probabilities of the input's shape.
 *
 * The loss is the mean of L over all places of the whole batch. With class weights w, and for a
 * target of class y,
 *
 *     L    = -w_y (1 - smoothing) log p_y - sum_k w_k smoothing / K log p_k
 *     loss = sum of L / sum of w_y,          both over the targets that count (.ignore)
 *
 * If none counts, or the weights of all that do are 0, loss and gradient are 0. Soft targets have
 * L = -sum_k w_k t'_k log p_k, and the plain mean of it. Each is 0 to 1. That a row sums to 1 is
 * not checked: L and its gradient hold for any sum, which then weighs the row, as in PyTorch.
 * PyTorch: nn.CrossEntropyLoss(weight, ignore_index, label_smoothing), which gives NaN where none
 * counts. */
LAM_MUST_CHECK lam_layer *lam_softmax_cross_entropy_new(
	const lam_softmax_cross_entropy_options *options);

/** Binary cross-entropy of sigmoid probabilities, from logits z; stable for all finite logits.
 *
 *     loss = mean over elements of max(z, 0) - z t + log(1 + exp(-|z|))
 *
 * With `.positive_weight` w it is the mean of w t log(1 + exp(-z)) + (1 - t) log(1 + exp(z)), over
 * all elements, unweighted: (negatives / positives) as w balances them.
 *
 * Input: any shape. Output: sigmoid(z). Targets: lam_real in 0 to 1, with the input's shape.
 * PyTorch: nn.BCEWithLogitsLoss(pos_weight), with one weight for all outputs. */
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

/** loss = mean over elements of |y - t|. Where y is t, the gradient is 0. Input: any shape. Output:
 * y, the input. Targets: finite lam_real, with the input's shape. PyTorch: nn.L1Loss. */
LAM_MUST_CHECK lam_layer *lam_l1_loss_new(const lam_l1_loss_options *options);

/** loss = mean over elements of
 *
 *     d^2 / 2                     where |d| <= delta,   d = y - t
 *     delta (|d| - delta / 2)     elsewhere
 *
 * Input: any shape. Output: y, the input. Targets: finite lam_real, with the input's shape.
 * PyTorch: nn.HuberLoss(delta=delta); nn.SmoothL1Loss(beta=delta) is this divided by delta. */
LAM_MUST_CHECK lam_layer *lam_huber_loss_new(const lam_huber_loss_options *options);

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
#define lam_l1_loss(...) \
	lam_l1_loss_new(&(lam_l1_loss_options){.size = sizeof(lam_l1_loss_options), __VA_ARGS__})
#define lam_huber_loss(...) \
	lam_huber_loss_new( \
		&(lam_huber_loss_options){.size = sizeof(lam_huber_loss_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
/* clang-format off */
#define LAM_LOSS_LAYERS(layer) \
	layer(softmax_cross_entropy, smoothing, soft, ignore, class_count, class_weights, name) \
	layer(sigmoid_cross_entropy, positive_weight, name) \
	layer(binary_cross_entropy, name) \
	layer(mean_squared_error, half, name) \
	layer(l1_loss, name) \
	layer(huber_loss, delta, name)
/* clang-format on */
#define LAM_LOSS_NAMES(name) \
	name(smoothing) name(soft) name(ignore) name(class_count) name(class_weights) \
		name(positive_weight) name(half) name(delta)

#ifdef __cplusplus
}
#endif
#endif
