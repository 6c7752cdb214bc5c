/* SPDX-License-Identifier: MIT */
/** \file
 * Dropout. */
#ifndef LAM_DROPOUT_H
#define LAM_DROPOUT_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_dropout_options {
	LAM_LAYER_OPTIONS;
	/** the probability of a value to be dropped: 0 to below 1; default 0: the identity */
	lam_real p;
} lam_dropout_options;

/** In training each value is independently 0 with probability p and x / (1 - p) otherwise; in
 * evaluation y = x. Any shape; the output has the shape of the input. Which values are dropped
 * depends only on the net's seed, the training step, the sample's row in the batch and the feature.
 * Srivastava et al., "Dropout" (2014). PyTorch: nn.Dropout. */
LAM_MUST_CHECK lam_layer *lam_dropout_new(const lam_dropout_options *options);

#ifndef __cplusplus
#define lam_dropout(...) \
	lam_dropout_new(&(lam_dropout_options){.size = sizeof(lam_dropout_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
#define LAM_DROPOUT_LAYERS(layer) layer(dropout, p, name)
#define LAM_DROPOUT_NAMES(name) name(p)

#ifdef __cplusplus
}
#endif
#endif
