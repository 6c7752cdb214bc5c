/* SPDX-License-Identifier: MIT */
/** \file
 * Layers that give the same values, perhaps in another shape. They cost nothing, as they are never
 * called. */
#ifndef LAM_RESHAPE_H
#define LAM_RESHAPE_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_identity_options {
	LAM_LAYER_OPTIONS;
} lam_identity_options;

typedef struct lam_flatten_options {
	LAM_LAYER_OPTIONS;
} lam_flatten_options;

typedef struct lam_reshape_options {
	LAM_LAYER_OPTIONS;
	/** of one sample, with as many values as the input, as LAM_SHAPE(4, 7, 7); required */
	lam_shape shape;
} lam_reshape_options;

/** Gives its input as it is, for a branch that does nothing. PyTorch: nn.Identity. */
LAM_MUST_CHECK lam_layer *lam_identity_new(const lam_identity_options *options);

/** Changes any shape to features, row-major. PyTorch: nn.Flatten. */
LAM_MUST_CHECK lam_layer *lam_flatten_new(const lam_flatten_options *options);

/** Changes any shape to `shape`, row-major. LAM_ERR_SHAPE (from lam_net_create()) if the numbers of
 * values differ. PyTorch: nn.Unflatten. */
LAM_MUST_CHECK lam_layer *lam_reshape_new(const lam_reshape_options *options);

#ifndef __cplusplus
#define lam_identity(...) \
	lam_identity_new(&(lam_identity_options){.size = sizeof(lam_identity_options), __VA_ARGS__})
#define lam_flatten(...) \
	lam_flatten_new(&(lam_flatten_options){.size = sizeof(lam_flatten_options), __VA_ARGS__})
#define lam_reshape(...) \
	lam_reshape_new(&(lam_reshape_options){.size = sizeof(lam_reshape_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
/* clang-format off */
#define LAM_RESHAPE_LAYERS(layer) \
	layer(identity, name) \
	layer(flatten, name) \
	layer(reshape, shape, name)
/* clang-format on */
#define LAM_RESHAPE_NAMES(name) name(shape)

#ifdef __cplusplus
}
#endif
#endif
