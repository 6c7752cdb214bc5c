/* SPDX-License-Identifier: MIT */
/** \file
 * Standardisation of a net's input by numbers that are known beforehand and travel in the net's
 * file. */
#ifndef LAM_STANDARDIZE_H
#define LAM_STANDARDIZE_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LAM_MAX_STANDARDIZE = 16 /**< the most values of .mean and .std */ };

typedef struct lam_standardize_options {
	LAM_LAYER_OPTIONS;
	/** one value for all channels, or one for each (at most 16); default 0. A list that ends
	 * with a zero ends with LAM_ZERO: `.mean = {0.5f, 0.4f, LAM_ZERO}` */
	lam_real mean[LAM_MAX_STANDARDIZE];
	/** the standard deviations, in the same form, each at least FLT_MIN, 1.18e-38, as
	 * the reciprocal must be finite; default 1. If both lists are given, they have the same
	 * length */
	lam_real std[LAM_MAX_STANDARDIZE];
	/** number of values in `means` and `stds`: 1, or one for each channel, without a limit */
	int64_t count;
	/** [count] each, in place of `mean` and `std`; read during the call; NULL: left out */
	const lam_real *means, *stds;
} lam_standardize_options;

/** y = (x - mean) / std, for each channel, the first dimension of any shape. The output has the
 * shape of the input. No parameters. PyTorch: torchvision's transforms.Normalize. */
LAM_MUST_CHECK lam_layer *lam_standardize_new(const lam_standardize_options *options);

#ifndef __cplusplus
#define lam_standardize(...) \
	lam_standardize_new( \
		&(lam_standardize_options){.size = sizeof(lam_standardize_options), __VA_ARGS__})
#endif

/* For lamina.hpp: the layers of this header with their options, and the names of options that no
 * earlier header has. */
#define LAM_STANDARDIZE_LAYERS(layer) layer(standardize, mean, std, count, means, stds, name)
#define LAM_STANDARDIZE_NAMES(name) name(mean) name(std) name(count) name(means) name(stds)

#ifdef __cplusplus
}
#endif
#endif
