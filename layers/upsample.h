/* SPDX-License-Identifier: MIT */
/** \file
 * Upsampling: signals and images made larger by whole factors. */
#ifndef LAM_UPSAMPLE_LAYER_H
#define LAM_UPSAMPLE_LAYER_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What stands between the inputs. */
typedef enum lam_upsample_mode {
	LAM_NEAREST = 0, /**< each input repeated */
	LAM_LINEAR = 1,  /**< values between neighbours; in images bilinear */
} lam_upsample_mode;

/** Options of lam_upsample1d(). */
typedef struct lam_upsample1d_options {
	LAM_LAYER_OPTIONS;
	int scale;              /**< by which the length grows; required */
	lam_upsample_mode mode; /**< default LAM_NEAREST */
	/** LAM_LINEAR only: the first and the last output are the first and the last input */
	bool align_corners;
} lam_upsample1d_options;

/** Options of lam_upsample2d(). */
typedef struct lam_upsample2d_options {
	LAM_LAYER_OPTIONS;
	int scale[2];           /**< {height, width}, or one number for both; required */
	lam_upsample_mode mode; /**< default LAM_NEAREST */
	/** LAM_LINEAR only: outputs at the corners are the inputs at the corners */
	bool align_corners;
} lam_upsample2d_options;

/** `C x L` to `C x s L`, s being `scale`. LAM_NEAREST:
 *
 *     y[c][i] = x[c][floor(i / s)]
 *
 * LAM_LINEAR: y[c][i] lies on the line between the inputs beside the place p(i),
 *
 *     p(i) = (i + 1/2) / s - 1/2     but at least 0 and at most L - 1, or
 *     p(i) = i (L - 1) / (s L - 1)   with align_corners
 *
 * and where p(i) is a whole number, y[c][i] is that input. As torch.nn.Upsample with scale_factor;
 * ownership and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_upsample1d_new(const lam_upsample1d_options *options);

/** `C x H x W` to `C x s H x t W`, {s, t} being `scale`: lam_upsample1d_new() along both sides. */
LAM_MUST_CHECK lam_layer *lam_upsample2d_new(const lam_upsample2d_options *options);

#ifndef __cplusplus
#define lam_upsample1d(...) \
	lam_upsample1d_new( \
		&(lam_upsample1d_options){.size = sizeof(lam_upsample1d_options), __VA_ARGS__})
#define lam_upsample2d(...) \
	lam_upsample2d_new( \
		&(lam_upsample2d_options){.size = sizeof(lam_upsample2d_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
/* clang-format off */
#define LAM_UPSAMPLE_LAYERS(layer) \
	layer(upsample1d, scale, mode, align_corners, name) \
	layer(upsample2d, scale, mode, align_corners, name)
/* clang-format on */
#define LAM_UPSAMPLE_NAMES(name) name(align_corners) name(mode)

#ifdef __cplusplus
}
#endif
#endif
