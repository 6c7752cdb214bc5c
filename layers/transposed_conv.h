/* SPDX-License-Identifier: MIT */
/** \file
 * Transposed convolutions: layers that compute the input gradient of a convolution, and so make
 * planes larger. */
#ifndef LAM_TRANSPOSED_CONV_LAYER_H
#define LAM_TRANSPOSED_CONV_LAYER_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_transposed_conv1d(). */
typedef struct lam_transposed_conv1d_options {
	LAM_LAYER_OPTIONS;
	int out;        /**< output channels; required */
	int kernel;     /**< taps; required */
	int stride;     /**< output values from one input value's taps to the next's; default 1 */
	int pad;        /**< values cut off at either end of the output; default 0 */
	int dilation;   /**< output values from one tap to the next; default 1 */
	int output_pad; /**< values added at the far end, below stride or dilation; default 0 */
	int groups;     /**< groups of channels, which are convolved separately; default 1 */
	bool no_bias;   /**< no "bias" */
	/** never use Winograd's algorithm, which is faster but has larger rounding errors */
	bool direct;
	lam_init init; /**< of the weight; the bias begins at zero */
	/** standard deviation, for LAM_INIT_NORMAL and nothing else; above 0, at most 1e30 */
	lam_real init_scale;
} lam_transposed_conv1d_options;

/** Options of lam_transposed_conv2d(). Pairs are {height, width}. One number stands for both; a
 * second number that is 0 is written as LAM_ZERO. */
typedef struct lam_transposed_conv2d_options {
	LAM_LAYER_OPTIONS;
	int out;         /**< output channels; required */
	int kernel[2];   /**< taps; required */
	int stride[2];   /**< output values from one input value's taps to the next's; default 1 */
	int pad[2];      /**< values cut off at either end of the output; default 0 */
	int dilation[2]; /**< output values from one tap to the next; default 1 */
	int output_pad[2]; /**< values added at the far end, below stride or dilation; default 0 */
	int groups;        /**< groups of channels, which are convolved separately; default 1 */
	bool no_bias;      /**< no "bias" */
	/** never use Winograd's algorithm, which is faster but has larger rounding errors */
	bool direct;
	lam_init init; /**< of the weight; the bias begins at zero */
	/** standard deviation, for LAM_INIT_NORMAL and nothing else; above 0, at most 1e30 */
	lam_real init_scale;
} lam_transposed_conv2d_options;

/** Transposed convolution of signals, `C x L` to `out x OL`, with
 *
 *     OL = (L - 1) stride - 2 pad + dilation (kernel - 1) + output_pad + 1
 *
 * Parameters: "weight" `[C, out / groups, kernel]`, "bias" `[out]`, as torch.nn.ConvTranspose1d.
 * Ownership and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_transposed_conv1d_new(const lam_transposed_conv1d_options *options);

/** Transposed convolution of images, `C x H x W` to `out x OH x OW`, each side by the formula of
 * lam_transposed_conv1d_new().
 *
 * Parameters: "weight" `[C, out / groups, kernel[0], kernel[1]]`, "bias" `[out]`, as
 * torch.nn.ConvTranspose2d. Ownership and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_transposed_conv2d_new(const lam_transposed_conv2d_options *options);

#ifndef __cplusplus
#define lam_transposed_conv1d(...) \
	lam_transposed_conv1d_new(&(lam_transposed_conv1d_options){ \
		.size = sizeof(lam_transposed_conv1d_options), __VA_ARGS__})
#define lam_transposed_conv2d(...) \
	lam_transposed_conv2d_new(&(lam_transposed_conv2d_options){ \
		.size = sizeof(lam_transposed_conv2d_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
/* clang-format off */
#define LAM_TRANSPOSED_CONV_LAYERS(layer) \
	layer(transposed_conv1d, out, kernel, stride, pad, dilation, output_pad, \
		groups, no_bias, direct, init, init_scale, name) \
	layer(transposed_conv2d, out, kernel, stride, pad, dilation, output_pad, \
		groups, no_bias, direct, init, init_scale, name)
/* clang-format on */
#define LAM_TRANSPOSED_CONV_NAMES(name) name(output_pad)

#ifdef __cplusplus
}
#endif
#endif
