/* SPDX-License-Identifier: MIT */
/** \file
 * Convolutions of signals and images (cross-correlations, as in PyTorch). */
#ifndef LAM_CONV_LAYER_H
#define LAM_CONV_LAYER_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_conv1d(). */
typedef struct lam_conv1d_options {
	LAM_LAYER_OPTIONS;
	int out;      /**< output channels; required */
	int kernel;   /**< taps; required */
	int stride;   /**< input values from one window to the next; default 1 */
	int pad;      /**< zeros at either end; default 0 */
	int dilation; /**< input values from one tap to the next; default 1 */
	int groups;   /**< groups of channels, which are convolved separately; default 1 */
	bool no_bias; /**< no "bias" */
	/** never use Winograd's algorithm, which is faster but has larger rounding errors */
	bool direct;
	lam_init init; /**< of the weight; the bias begins at zero */
	/** standard deviation, for LAM_INIT_NORMAL and nothing else; above 0, at most 1e30 */
	lam_real init_scale;
} lam_conv1d_options;

/** Options of lam_conv2d(). Pairs are {height, width}. One number stands for both; a second number
 * that is 0 is written as LAM_ZERO. */
typedef struct lam_conv2d_options {
	LAM_LAYER_OPTIONS;
	int out;         /**< output channels; required */
	int kernel[2];   /**< taps; required */
	int stride[2];   /**< input values from one window to the next; default 1 */
	int pad[2];      /**< zeros at either end; default 0 */
	int dilation[2]; /**< input values from one tap to the next; default 1 */
	int groups;      /**< groups of channels, which are convolved separately; default 1 */
	bool no_bias;    /**< no "bias" */
	/** never use Winograd's algorithm, which is faster but has larger rounding errors */
	bool direct;
	lam_init init; /**< of the weight; the bias begins at zero */
	/** standard deviation, for LAM_INIT_NORMAL and nothing else; above 0, at most 1e30 */
	lam_real init_scale;
} lam_conv2d_options;

/** Convolution of signals, `C x L` to `out x OL`, with
 *
 *     OL = floor((L + 2 pad - dilation (kernel - 1) - 1) / stride) + 1
 *
 * With 2 to 20 taps (in images 10 a side) and stride 1, or 3 to 10 and stride 2, and with groups
 * 1, Winograd's algorithm is used where it takes fewer operations. The shapes alone decide that,
 * for forward and for each gradient; where one sample is computed at a time, .max_batch and
 * .inference of lam_net_create(), too: the weight is transformed once for so many samples. Its
 * errors are up to 1e-4 of the largest value instead of 1e-5. It computes four neighbouring
 * outputs together (4 x 4 in images), so each gets rounding errors of the largest input of the
 * four. Where that is an infinity, NaN, or large (above 256, or 256 times the values near it) and
 * more than 256 times the largest input of one of the four, these four are computed directly. Only
 * inputs that are all zeros do not count for that: an output of such inputs is off by up to 1e-6
 * of the largest input beside them, times the weights. `.direct`, here or in lam_net_create(),
 * excludes Winograd's algorithm.
 *
 * Parameters: "weight" `[out, C / groups, kernel]`, "bias" `[out]`, as torch.nn.Conv1d. Ownership
 * and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_conv1d_new(const lam_conv1d_options *options);

/** Convolution of images, `C x H x W` to `out x OH x OW`, each side by the formula of
 * lam_conv1d_new().
 *
 * Parameters: "weight" `[out, C / groups, kernel[0], kernel[1]]`, "bias" `[out]`, as
 * torch.nn.Conv2d. Ownership and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_conv2d_new(const lam_conv2d_options *options);

#ifndef __cplusplus
#define lam_conv1d(...) \
	lam_conv1d_new(&(lam_conv1d_options){.size = sizeof(lam_conv1d_options), __VA_ARGS__})
#define lam_conv2d(...) \
	lam_conv2d_new(&(lam_conv2d_options){.size = sizeof(lam_conv2d_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
/* clang-format off */
#define LAM_CONV_LAYERS(layer) \
	layer(conv1d, out, kernel, stride, pad, dilation, groups, \
		no_bias, direct, init, init_scale, name) \
	layer(conv2d, out, kernel, stride, pad, dilation, groups, \
		no_bias, direct, init, init_scale, name)
/* clang-format on */
#define LAM_CONV_NAMES(name) \
	name(kernel) name(stride) name(pad) name(dilation) name(groups) name(direct)

#ifdef __cplusplus
}
#endif
#endif
