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
	/** share of the batch in the running statistics: 0 to 1, a 0 (they stay as they are) being
	 * LAM_ZERO; default 0.1 */
	lam_real momentum;
} lam_batch_norm_options;

/** y = (x - mean) / sqrt(variance + eps) weight + bias, per channel: mean and variance of the batch
 * in training (over all samples and places; a batch that has one value per channel is
 * LAM_ERR_ARGUMENT), the running ones in evaluation. Features F, signals CL and images CHW; out has
 * the shape of in. Parameters `weight` and `bias` [C], which start at 1 and 0; states
 * `running_mean` and `running_var` [C], which start at 0 and 1 and move by running += momentum
 * (batch - running), where the variance has N - 1 in its denominator (N in the normalisation).
 * Ioffe and Szegedy, "Batch normalization" (2015). PyTorch: nn.BatchNorm1d, nn.BatchNorm2d. */
LAM_MUST_CHECK lam_layer *lam_batch_norm_new(const lam_batch_norm_options *options);

#ifndef __cplusplus
#define lam_batch_norm(...) \
	lam_batch_norm_new( \
		&(lam_batch_norm_options){.size = sizeof(lam_batch_norm_options), __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
