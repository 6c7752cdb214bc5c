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

enum { LAM_MAX_STANDARDIZE = 16 };

typedef struct lam_standardize_options {
	LAM_LAYER_OPTIONS;
	/** One value for all channels, or one for each (16 at most); default 0. A zero at the end
	 * of several is written LAM_ZERO: `.mean = {0.5f, 0.4f, LAM_ZERO}`. */
	lam_real mean[LAM_MAX_STANDARDIZE];
	/** The same for the standard deviations, > 0; default 1. As many as means, if both are
	 * given.
	 */
	lam_real std[LAM_MAX_STANDARDIZE];
} lam_standardize_options;

/** y = (x - mean) / std, per channel (the first dimension) of any shape; out has the shape of in.
 * No parameters. PyTorch: torchvision's transforms.Normalize. */
LAM_MUST_CHECK lam_layer *lam_standardize_new(const lam_standardize_options *options);

#ifndef __cplusplus
#define lam_standardize(...) \
	lam_standardize_new( \
		&(lam_standardize_options){.size = sizeof(lam_standardize_options), __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
