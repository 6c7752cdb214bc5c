/* SPDX-License-Identifier: MIT */
/* Constants that are added to samples, or multiply them. Private to exchange/onnx/. */
#ifndef LAM_ONNX_SPREAD_H
#define LAM_ONNX_SPREAD_H

#include "exchange/onnx/import.h"

#pragma GCC visibility push(hidden)

/* How a constant spreads over samples by ONNX's rules. */
typedef enum lam_onnx_form {
	LAM_ONNX_SINGLE,      /* one value for all */
	LAM_ONNX_PER_CHANNEL, /* one for each channel, the first dimension of a sample */
	LAM_ONNX_PER_VALUE    /* one for each value of a sample */
} lam_onnx_form;

/* Finds out the form, and makes *tensor a constant of as many values as it says. LAM_ERR_SHAPE if
 * it does not fit; LAM_ERR_UNSUPPORTED if it makes the samples larger. */
lam_status lam_onnx_spread(lam_onnx_import *im, const lam_onnx_value *x, lam_onnx_tensor **tensor,
	lam_onnx_form *form);

/* y = factor x and y = x + number; no layer for 1 and 0. */
lam_status lam_onnx_scale_by(lam_onnx_import *im, lam_onnx_flow *flow, double factor);
lam_status lam_onnx_shift_by(lam_onnx_import *im, lam_onnx_flow *flow, double number);

/* y = weight x + bias, of the spread constants of one form, which is not LAM_ONNX_SINGLE; either
 * may be NULL. The bias is times `sign`. */
lam_status lam_onnx_affine_by(lam_onnx_import *im, const char *name, lam_onnx_flow *flow,
	lam_onnx_form form, const lam_onnx_tensor *weight, const lam_onnx_tensor *bias,
	double sign);

/* min(max(x, least), most), as far as the bounds are bounds. */
lam_status lam_onnx_clip_between(lam_onnx_import *im, const lam_onnx_node *node,
	lam_onnx_flow *flow, double least, double most);

/* A constant of 1 / x. */
lam_onnx_tensor *lam_onnx_reciprocal(lam_onnx_import *im, const lam_onnx_tensor *tensor);

#pragma GCC visibility pop
#endif
