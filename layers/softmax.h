/* SPDX-License-Identifier: MIT */
/** \file
 * Softmax over the channels. For training a classifier use lam_softmax_cross_entropy(), which is
 * exact for any logits. */
#ifndef LAM_SOFTMAX_H
#define LAM_SOFTMAX_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_softmax_options {
	LAM_LAYER_OPTIONS;
} lam_softmax_options;

/** y_k = exp(x_k) / sum_j exp(x_j), over the features F, or over the channels at every place of
 * C x L or C x H x W. The output has the shape of the input. PyTorch: nn.Softmax(dim=1). */
LAM_MUST_CHECK lam_layer *lam_softmax_new(const lam_softmax_options *options);

#ifndef __cplusplus
#define lam_softmax(...) \
	lam_softmax_new(&(lam_softmax_options){.size = sizeof(lam_softmax_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options. */
#define LAM_SOFTMAX_LAYERS(layer) layer(softmax, name)

#ifdef __cplusplus
}
#endif
#endif
