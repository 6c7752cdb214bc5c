/* SPDX-License-Identifier: MIT */
/** \file
 * Padding signals and images with zeros, or cropping them. */
#ifndef LAM_ZERO_PAD_LAYER_H
#define LAM_ZERO_PAD_LAYER_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_zero_pad1d(). */
typedef struct lam_zero_pad1d_options {
	LAM_LAYER_OPTIONS;
	/** {left, right}; negative numbers crop; a number that is left out is 0 */
	int pad[2];
} lam_zero_pad1d_options;

/** Options of lam_zero_pad2d(). */
typedef struct lam_zero_pad2d_options {
	LAM_LAYER_OPTIONS;
	/** {left, right, top, bottom}; negative numbers crop; a number that is left out is 0 */
	int pad[4];
} lam_zero_pad2d_options;

/** Pads `C x L` to `C x (L + left + right)`. At least one value of each signal must remain.
 * Ownership and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_zero_pad1d_new(const lam_zero_pad1d_options *options);

/** Pads `C x H x W` to `C x (H + top + bottom) x (W + left + right)`. At least one value of each
 * plane must remain. Ownership and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_zero_pad2d_new(const lam_zero_pad2d_options *options);

#ifndef __cplusplus
#define lam_zero_pad1d(...) \
	lam_zero_pad1d_new( \
		&(lam_zero_pad1d_options){.size = sizeof(lam_zero_pad1d_options), __VA_ARGS__})
#define lam_zero_pad2d(...) \
	lam_zero_pad2d_new( \
		&(lam_zero_pad2d_options){.size = sizeof(lam_zero_pad2d_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options. */
/* clang-format off */
#define LAM_ZERO_PAD_LAYERS(layer) \
	layer(zero_pad1d, pad, name) \
	layer(zero_pad2d, pad, name)
/* clang-format on */

#ifdef __cplusplus
}
#endif
#endif
