/* SPDX-License-Identifier: MIT */
/** \file
 * Normalisation within each sample: layer, group, instance and local response normalisation. Batch
 * normalisation is in batch_norm.h.
 *
 * Training and evaluation compute the same, and no sample depends on another. The first three have
 * .eps, which is added to the variance (above 0, default 1e-5; a variance is divided by the number
 * of its values). They have "weight", which begins at 1, and "bias", which begins at 0; with
 * .no_affine they have neither. One value alone has no variance: it is LAM_ERR_SHAPE. */
#ifndef LAM_NORM_LAYERS_H
#define LAM_NORM_LAYERS_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_layer_norm_options {
	LAM_LAYER_OPTIONS;
	lam_real eps;   /**< added to the variance: above 0; default 1e-5 */
	bool no_affine; /**< no weight and no bias */
	bool channels;  /**< over the channels, at each place by itself */
} lam_layer_norm_options;

/** y = (x - mean) / sqrt(variance + eps) weight + bias, with the mean and the variance of all
 * values of the sample. Any input; the output has the same shape.
 *
 * Parameters: "weight" and "bias", of the sample's shape.
 *
 * With .channels they are those of the channels (the first dimension) at each place, and weight and
 * bias are [C]: the layer norm of ConvNeXt.
 *
 * Ba, Kiros and Hinton, "Layer normalization" (2016). PyTorch: nn.LayerNorm(x.shape[1:]); with
 * .channels as nn.LayerNorm(C) on x.permute(0, 2, 3, 1). */
LAM_MUST_CHECK lam_layer *lam_layer_norm_new(const lam_layer_norm_options *options);

typedef struct lam_group_norm_options {
	LAM_LAYER_OPTIONS;
	int groups;     /**< required: divides the channels */
	lam_real eps;   /**< added to the variance: above 0; default 1e-5 */
	bool no_affine; /**< no weight and no bias */
} lam_group_norm_options;

/** y = (x - mean) / sqrt(variance + eps) weight + bias, with the mean and the variance of all
 * values of the channel's group: the first C / groups channels, the next, and so on. Any input,
 * whose first dimension is the channels; the output has the same shape.
 *
 * Parameters: "weight" and "bias" [C].
 *
 * Wu and He, "Group normalization" (2018). PyTorch: nn.GroupNorm. */
LAM_MUST_CHECK lam_layer *lam_group_norm_new(const lam_group_norm_options *options);

typedef struct lam_instance_norm_options {
	LAM_LAYER_OPTIONS;
	lam_real eps;   /**< added to the variance: above 0; default 1e-5 */
	bool no_affine; /**< no weight and no bias */
} lam_instance_norm_options;

/** As lam_group_norm() with a group for each channel: signals C x L or images C x H x W.
 *
 * Parameters: "weight" and "bias" [C]. PyTorch's layer has none by default: its affine=False is
 * .no_affine = true here. There are no running statistics (track_running_stats=False).
 *
 * Ulyanov, Vedaldi and Lempitsky, "Instance normalization" (2016). PyTorch: nn.InstanceNorm1d,
 * nn.InstanceNorm2d, with affine=True. */
LAM_MUST_CHECK lam_layer *lam_instance_norm_new(const lam_instance_norm_options *options);

typedef struct lam_local_response_norm_options {
	LAM_LAYER_OPTIONS;
	int window;     /**< required: channels of a window */
	lam_real alpha; /**< factor of the mean square: at least 0; default 0.0001, LAM_ZERO is 0 */
	lam_real beta;  /**< exponent: at least 0; default 0.75, LAM_ZERO is 0 */
	lam_real k;     /**< at least 0; default 1, LAM_ZERO is 0 */
} lam_local_response_norm_options;

/** y = x / (k + alpha mean)^beta, where the mean is that of x^2 over a window of channels at the
 * same place: those from window / 2 before the channel to (window - 1) / 2 behind it (rounded
 * down). Where there is no channel, 0 counts. Any input, whose first dimension is the channels; the
 * output has the same shape.
 *
 * Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural
 * networks" (2012). PyTorch: nn.LocalResponseNorm(window, alpha, beta, k). */
LAM_MUST_CHECK lam_layer *lam_local_response_norm_new(
	const lam_local_response_norm_options *options);

#ifndef __cplusplus
#define lam_layer_norm(...) \
	lam_layer_norm_new( \
		&(lam_layer_norm_options){.size = sizeof(lam_layer_norm_options), __VA_ARGS__})
#define lam_group_norm(...) \
	lam_group_norm_new( \
		&(lam_group_norm_options){.size = sizeof(lam_group_norm_options), __VA_ARGS__})
#define lam_instance_norm(...) \
	lam_instance_norm_new(&(lam_instance_norm_options){ \
		.size = sizeof(lam_instance_norm_options), __VA_ARGS__})
#define lam_local_response_norm(...) \
	lam_local_response_norm_new(&(lam_local_response_norm_options){ \
		.size = sizeof(lam_local_response_norm_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
#define LAM_NORM_LAYERS(layer) \
	layer(layer_norm, eps, no_affine, channels, name) \
		layer(group_norm, groups, eps, no_affine, name) \
			layer(instance_norm, eps, no_affine, name) \
				layer(local_response_norm, window, alpha, beta, k, name)
#define LAM_NORM_NAMES(name) name(no_affine) name(channels) name(window) name(k)

#ifdef __cplusplus
}
#endif
#endif
