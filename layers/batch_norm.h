/* SPDX-License-Identifier: MIT */
/** \file
 * Batch normalisation. */
#ifndef LAM_BATCH_NORM_H
#define LAM_BATCH_NORM_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_batch_norm_options {
	LAM_LAYER_OPTIONS;
	lam_real eps; /**< added to the variance: above 0; default 1e-5 */
	/** weight of the batch in the running statistics: 0 to 1 (with LAM_ZERO they never change);
	 * default 0.1 */
	lam_real momentum;
} lam_batch_norm_options;

/** y = (x - mean) / sqrt(variance + eps) weight + bias, for each channel.
 *
 * In training mean and variance are those of the batch, over all samples and places; a batch with
 * one value per channel is LAM_ERR_ARGUMENT. In evaluation they are the running ones. Input:
 * features F, signals C x L or images C x H x W; the output has the same shape.
 *
 * Parameters: "weight" and "bias" [C], which begin at 1 and 0. States: "running_mean" and
 * "running_var" [C], which begin at 0 and 1 and change by running += momentum (batch - running).
 * For the running variance the batch's is divided by N - 1, for the normalisation by N.
 *
 * Ioffe and Szegedy, "Batch normalization" (2015). PyTorch: nn.BatchNorm1d, nn.BatchNorm2d. */
LAM_MUST_CHECK lam_layer *lam_batch_norm_new(const lam_batch_norm_options *options);

#ifndef __cplusplus
#define lam_batch_norm(...) \
	lam_batch_norm_new( \
		&(lam_batch_norm_options){.size = sizeof(lam_batch_norm_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
#define LAM_BATCH_NORM_LAYERS(layer) layer(batch_norm, eps, momentum, name)
#define LAM_BATCH_NORM_NAMES(name) name(eps) name(momentum)

#ifdef __cplusplus
}
#endif
#endif
