/* SPDX-License-Identifier: MIT */
/** \file
 * Layers that move values, or leave some out, and compute nothing. */
#ifndef LAM_REARRANGE_H
#define LAM_REARRANGE_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_slice(). */
typedef struct lam_slice_options {
	LAM_LAYER_OPTIONS;
	int begin; /**< the first channel or feature that stays; default 0 */
	int end;   /**< the one behind the last; default: their number */
} lam_slice_options;

/** Options of lam_permute(). */
typedef struct lam_permute_options {
	LAM_LAYER_OPTIONS;
	/** which axis of a sample becomes the first, the second and so on; each once, counted from
	 * 0: {1, 2, 0} makes `C x H x W` to `H x W x C` */
	int axes[LAM_MAX_RANK];
} lam_permute_options;

/** Options of lam_pixel_shuffle(). */
typedef struct lam_pixel_shuffle_options {
	LAM_LAYER_OPTIONS;
	int scale; /**< by which height and width grow; required */
} lam_pixel_shuffle_options;

/** Channels (or features) `begin` to `end - 1`: any shape `C x …` to `(end - begin) x …`,
 *
 *     y[c] = x[begin + c]
 *
 * LAM_ERR_SHAPE (from lam_net_create()) if `end` is more than C, or `begin` leaves nothing.
 * PyTorch: x[:, begin:end]; ownership and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_slice_new(const lam_slice_options *options);

/** The axes of each sample in another order: axis d of the output is axis `axes[d]` of the input,
 *
 *     y[i][j][k] = x[k][i][j]     for axes {1, 2, 0}
 *
 * LAM_ERR_SHAPE (from lam_net_create()) if the axes are not each axis of the input once. PyTorch:
 * torch.permute(), where the batch is axis 0, and those of a sample are one more than here.
 * Ownership and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_permute_new(const lam_permute_options *options);

/** Makes planes larger with values from r x r channels, r being `scale`: `C r r x H x W` to
 * `C x H r x W r`,
 *
 *     y[c][h r + i][w r + j] = x[(c r + i) r + j][h][w]     0 <= i, j < r
 *
 * PyTorch: nn.PixelShuffle; ownership and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_pixel_shuffle_new(const lam_pixel_shuffle_options *options);

#ifndef __cplusplus
#define lam_slice(...) \
	lam_slice_new(&(lam_slice_options){.size = sizeof(lam_slice_options), __VA_ARGS__})
#define lam_permute(...) \
	lam_permute_new(&(lam_permute_options){.size = sizeof(lam_permute_options), __VA_ARGS__})
#define lam_pixel_shuffle(...) \
	lam_pixel_shuffle_new(&(lam_pixel_shuffle_options){ \
		.size = sizeof(lam_pixel_shuffle_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
/* clang-format off */
#define LAM_REARRANGE_LAYERS(layer) \
	layer(slice, begin, end, name) \
	layer(permute, axes, name) \
	layer(pixel_shuffle, scale, name)
/* clang-format on */
#define LAM_REARRANGE_NAMES(name) name(axes) name(begin) name(end) name(scale)

#ifdef __cplusplus
}
#endif
#endif
