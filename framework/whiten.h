/* SPDX-License-Identifier: MIT */
/** \file
 * Whitening: the weight of a first convolution, computed from the samples. */
#ifndef LAM_WHITEN_H
#define LAM_WHITEN_H

#include "dataset.h"
#include "named.h"
#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of lam_whiten(). */
typedef struct lam_whiten_options {
	size_t size;
	lam_net *net;               /**< of one input */
	const char *path;           /**< of the convolution, as in its parameters' names: "1" */
	const lam_dataset *dataset; /**< of samples of the net's input, with a count */
	LAM_NAMED;
	int64_t samples; /**< the first so many are looked at; default 5000, or all if fewer */
	lam_real eps;    /**< added to each eigenvalue: above 0; default 5e-4 */
} lam_whiten_options;

/** lam_whiten(net, "1", train): sets the weight of a convolution so that its outputs are not
 * correlated, and have equal mean squares. Let p be a patch that the kernel covers, a vector of
 * D = C x kernel values, and
 *
 *     mean(p p^T) = sum_i v_i e_i e_i^T,   v_1 >= v_2 >= …
 *
 * over all places of all samples, without padding, stride 1. Then filter i is e_i / sqrt(v_i + eps)
 * for i up to D, and the filters behind them are the same with a minus, in the same order. The
 * largest component of e_i is positive. The mean of p is not taken away: standardise before it.
 *
 * What the convolution reads is computed by the net: the layers before it may be any. The weight
 * stays trainable, lam_param_set_trainable() freezes it; the bias stays as it is. It takes time and
 * memory for a prediction of the samples, unless the convolution is the first layer, and 8 D^2
 * bytes.
 *
 * LAM_ERR_ARGUMENT: no such layer, or none of lam_conv1d() and lam_conv2d() without groups and
 * dilation; LAM_ERR_SHAPE: more than 2 D filters, D above 1024, or samples of another shape than
 * the net's; LAM_ERR_NUMERIC: a value that is not finite; LAM_ERR_STATE: the net runs.
 *
 * Page, "How to train your ResNet" (2018); Jordan, "94% on CIFAR-10 in 3.29 seconds on a single
 * GPU" (2024). */
LAM_MUST_CHECK lam_status lam_whiten_with(const lam_whiten_options *options);

#ifndef __cplusplus
#define lam_whiten(...) \
	lam_whiten_with( \
		&(lam_whiten_options){.size = sizeof(lam_whiten_options), .net = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
