/* SPDX-License-Identifier: MIT */
/** \file
 * The affine layer: every output is a weighted sum of all inputs. */
#ifndef LAM_AFFINE_LAYER_H
#define LAM_AFFINE_LAYER_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_affine(). */
typedef struct lam_affine_options {
	LAM_LAYER_OPTIONS;
	int out;       /**< outputs; required */
	bool no_bias;  /**< y = W x */
	lam_init init; /**< of the weight; the bias begins at zero */
	/** standard deviation, only for LAM_INIT_NORMAL; above 0, at most 1e30 */
	lam_real init_scale;
} lam_affine_options;

/** y = W x + b.
 *
 * Input: any shape, used as `in` features, as after lam_flatten(). Output: `{out}`. Parameters:
 * "weight" `[out, in]`, "bias" `[out]`, as torch.nn.Linear.
 *
 * The caller owns the layer until a composition or a net consumes it, or lam_layer_free() frees it.
 * NULL and a sentence when an option is refused. Thread-safe. */
LAM_MUST_CHECK lam_layer *lam_affine_new(const lam_affine_options *options);

#ifndef __cplusplus
#define lam_affine(...) \
	lam_affine_new(&(lam_affine_options){.size = sizeof(lam_affine_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
#define LAM_AFFINE_LAYERS(layer) layer(affine, out, no_bias, init, init_scale, name)
#define LAM_AFFINE_NAMES(name) name(out) name(no_bias) name(init) name(init_scale)

#ifdef __cplusplus
}
#endif
#endif
