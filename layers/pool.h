/* SPDX-License-Identifier: MIT */
/** \file
 * Pooling: the maximum or the mean of windows, or of whole planes. */
#ifndef LAM_POOL_LAYER_H
#define LAM_POOL_LAYER_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_max_pool1d(). */
typedef struct lam_max_pool1d_options {
	LAM_LAYER_OPTIONS;
	int kernel; /**< size of the window; required */
	int stride; /**< from one window to the next; default: the kernel */
	/** padding at either end, never a maximum; at most half the kernel; default 0 */
	int pad;
	int dilation;   /**< from one value of a window to the next; default 1 */
	bool ceil_mode; /**< use a last window that begins inside and ends outside */
} lam_max_pool1d_options;

/** Options of lam_max_pool2d(). Pairs are {height, width}. One number stands for both; a second
 * number that is 0 is written as LAM_ZERO. */
typedef struct lam_max_pool2d_options {
	LAM_LAYER_OPTIONS;
	int kernel[2]; /**< size of the window; required */
	int stride[2]; /**< from one window to the next; default: the kernel */
	/** padding at either end, never a maximum; at most half the kernel; default 0 */
	int pad[2];
	int dilation[2]; /**< from one value of a window to the next; default 1 */
	bool ceil_mode;  /**< use last windows that begin inside and end outside */
} lam_max_pool2d_options;

/** Options of lam_avg_pool1d(). */
typedef struct lam_avg_pool1d_options {
	LAM_LAYER_OPTIONS;
	int kernel;     /**< size of the window; required */
	int stride;     /**< from one window to the next; default: the kernel */
	int pad;        /**< zeros at either end; at most half the kernel; default 0 */
	bool ceil_mode; /**< use a last window that begins inside and ends outside */
	/** divide by the number of values inside the input, not inside the padded input */
	bool exclude_pad;
} lam_avg_pool1d_options;

/** Options of lam_avg_pool2d(). Pairs are {height, width}. One number stands for both; a second
 * number that is 0 is written as LAM_ZERO. */
typedef struct lam_avg_pool2d_options {
	LAM_LAYER_OPTIONS;
	int kernel[2];  /**< size of the window; required */
	int stride[2];  /**< from one window to the next; default: the kernel */
	int pad[2];     /**< zeros at either end; at most half the kernel; default 0 */
	bool ceil_mode; /**< use last windows that begin inside and end outside */
	/** divide by the number of values inside the input, not inside the padded input */
	bool exclude_pad;
} lam_avg_pool2d_options;

/** Options of lam_adaptive_avg_pool1d(). */
typedef struct lam_adaptive_avg_pool1d_options {
	LAM_LAYER_OPTIONS;
	int out; /**< length of the output; required */
} lam_adaptive_avg_pool1d_options;

/** Options of lam_adaptive_avg_pool2d(). */
typedef struct lam_adaptive_avg_pool2d_options {
	LAM_LAYER_OPTIONS;
	int out[2]; /**< {height, width} of the output, or one number for both; required */
} lam_adaptive_avg_pool2d_options;

/** Options of lam_global_avg_pool(). */
typedef struct lam_global_avg_pool_options {
	LAM_LAYER_OPTIONS;
} lam_global_avg_pool_options;

/** Options of lam_global_max_pool(). */
typedef struct lam_global_max_pool_options {
	LAM_LAYER_OPTIONS;
} lam_global_max_pool_options;

/** The maximum of each window, `C x L` to `C x OL`, with
 *
 *     OL = floor((L + 2 pad - dilation (kernel - 1) - 1) / stride) + 1
 *
 * or, with `.ceil_mode`, the ceiling. The first of equal maxima gets the gradient. NaN counts as
 * larger than any number. With dilation a window may be completely in the padding, and gives -inf.
 * As torch.nn.MaxPool1d; ownership and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_max_pool1d_new(const lam_max_pool1d_options *options);

/** The maximum of each window, `C x H x W` to `C x OH x OW`, sides as in lam_max_pool1d_new(). */
LAM_MUST_CHECK lam_layer *lam_max_pool2d_new(const lam_max_pool2d_options *options);

/** The mean of each window, `C x L` to `C x OL`, OL as in lam_max_pool1d_new(). As
 * torch.nn.AvgPool1d, where `exclude_pad` is count_include_pad=False; ownership and errors as
 * lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_avg_pool1d_new(const lam_avg_pool1d_options *options);

/** The mean of each window, `C x H x W` to `C x OH x OW`, each side as in lam_max_pool1d_new(). */
LAM_MUST_CHECK lam_layer *lam_avg_pool2d_new(const lam_avg_pool2d_options *options);

/** The mean of each of `out` windows, `C x L` to `C x out`. Window i is the values floor(i L / out)
 * to ceil((i + 1) L / out) - 1; `out` may be more than L. As torch.nn.AdaptiveAvgPool1d; ownership
 * and errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_adaptive_avg_pool1d_new(
	const lam_adaptive_avg_pool1d_options *options);

/** `C x H x W` to `C x OH x OW`, {OH, OW} being `out`: windows as in
 * lam_adaptive_avg_pool1d_new() along both sides. */
LAM_MUST_CHECK lam_layer *lam_adaptive_avg_pool2d_new(
	const lam_adaptive_avg_pool2d_options *options);

/** The mean of each channel, `C x L` or `C x H x W` to `{C}`. Ownership and errors as
 * lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_global_avg_pool_new(const lam_global_avg_pool_options *options);

/** The maximum of each channel, `C x L` or `C x H x W` to `{C}`. The first of equal maxima gets the
 * gradient; NaN is greater than all. As torch.nn.AdaptiveMaxPool2d(1) and a flatten; ownership and
 * errors as lam_affine_new(). */
LAM_MUST_CHECK lam_layer *lam_global_max_pool_new(const lam_global_max_pool_options *options);

#ifndef __cplusplus
#define lam_max_pool1d(...) \
	lam_max_pool1d_new( \
		&(lam_max_pool1d_options){.size = sizeof(lam_max_pool1d_options), __VA_ARGS__})
#define lam_max_pool2d(...) \
	lam_max_pool2d_new( \
		&(lam_max_pool2d_options){.size = sizeof(lam_max_pool2d_options), __VA_ARGS__})
#define lam_avg_pool1d(...) \
	lam_avg_pool1d_new( \
		&(lam_avg_pool1d_options){.size = sizeof(lam_avg_pool1d_options), __VA_ARGS__})
#define lam_avg_pool2d(...) \
	lam_avg_pool2d_new( \
		&(lam_avg_pool2d_options){.size = sizeof(lam_avg_pool2d_options), __VA_ARGS__})
#define lam_adaptive_avg_pool1d(...) \
	lam_adaptive_avg_pool1d_new(&(lam_adaptive_avg_pool1d_options){ \
		.size = sizeof(lam_adaptive_avg_pool1d_options), __VA_ARGS__})
#define lam_adaptive_avg_pool2d(...) \
	lam_adaptive_avg_pool2d_new(&(lam_adaptive_avg_pool2d_options){ \
		.size = sizeof(lam_adaptive_avg_pool2d_options), __VA_ARGS__})
#define lam_global_avg_pool(...) \
	lam_global_avg_pool_new(&(lam_global_avg_pool_options){ \
		.size = sizeof(lam_global_avg_pool_options), __VA_ARGS__})
#define lam_global_max_pool(...) \
	lam_global_max_pool_new(&(lam_global_max_pool_options){ \
		.size = sizeof(lam_global_max_pool_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
/* clang-format off */
#define LAM_POOL_LAYERS(layer) \
	layer(max_pool1d, kernel, stride, pad, dilation, ceil_mode, name) \
	layer(max_pool2d, kernel, stride, pad, dilation, ceil_mode, name) \
	layer(avg_pool1d, kernel, stride, pad, ceil_mode, exclude_pad, name) \
	layer(avg_pool2d, kernel, stride, pad, ceil_mode, exclude_pad, name) \
	layer(adaptive_avg_pool1d, out, name) \
	layer(adaptive_avg_pool2d, out, name) \
	layer(global_avg_pool, name) \
	layer(global_max_pool, name)
/* clang-format on */
#define LAM_POOL_NAMES(name) name(ceil_mode) name(exclude_pad)

#ifdef __cplusplus
}
#endif
#endif
