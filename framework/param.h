/* SPDX-License-Identifier: MIT */
/** \file
 * A parameter of a net: name, shape, value, gradient. The net owns it. It is valid as long as the
 * net. */
#ifndef LAM_PARAM_H
#define LAM_PARAM_H

#include "real.h"
#include "shape.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A parameter, or a running statistic, which has no gradient. */
typedef struct lam_param lam_param;

/** "0.weight", "4.body.0.bias", "conv1.weight". */
const char *lam_param_name(const lam_param *param);

/** PyTorch's shape: affine weight [out, in], convolution [out, in/groups, kh, kw], transposed [in,
 * out/groups, kh, kw]. */
lam_shape lam_param_shape(const lam_param *param);

/** The values, row-major in that shape. */
const lam_real *lam_param_value(const lam_param *param);

/** The values, for writing. The first forward after this call refreshes copies made from them, so
 * call it again for each round of writing. NULL and a sentence (LAM_ERR_STATE) while the net runs:
 * in a layer, and in a data set that is read beside a step. lam_fit() says what its callbacks may
 * do. */
lam_real *lam_param_edit(lam_param *param);

/** The gradient from the last backward, a mean over the batch, as the loss is. NULL for running
 * statistics and for nets for inference. */
const lam_real *lam_param_grad(const lam_param *param);

/** The gradient, for writing between a backward and the update. lam_net_gradients() has those of
 * all parameters. NULL and a sentence while the net runs (LAM_ERR_STATE), and for what has no
 * gradient (LAM_ERR_ARGUMENT). */
lam_real *lam_param_grad_edit(lam_param *param);

/** Freezes a parameter (false) or trains it (true, the default). A frozen parameter is not updated:
 * value, moments and gradient stay as they were, and weight decay does not apply. Adam's bias
 * correction counts the updates of the net, also those during which the parameter was frozen.
 * A backward leaves out what no trainable parameter needs: the gradients of frozen parameters, and
 * of all that lies before the first layer that trains.
 *
 * Running statistics are no parameters. A training forward moves them even if all parameters are
 * frozen, as in PyTorch; a forward with LAM_EVAL does not. With all parameters frozen,
 * lam_net_step() and lam_fit() compute losses and move the statistics, and change nothing else: so
 * statistics are estimated anew for other data. lam_net_backward() then computes the input's
 * gradient alone. While the net runs, this sets nothing but the sentence (LAM_ERR_STATE). */
void lam_param_set_trainable(lam_param *param, bool trainable);
bool lam_param_trainable(const lam_param *param);

/** Multiplies the learning rate for this parameter by `factor`, also the one that a schedule gives;
 * the default is 1. With 0 the moments move, but not the value. As a parameter group's `lr` in
 * PyTorch, divided by the optimizer's. A factor below 0, or not finite, sets nothing but the
 * sentence (LAM_ERR_ARGUMENT); so does any while the net runs (LAM_ERR_STATE). */
void lam_param_set_rate(lam_param *param, lam_real factor);
lam_real lam_param_rate(const lam_param *param);

/** Multiplies the optimizer's weight decay for this parameter by `factor`; the default is 1. As a
 * parameter group's `weight_decay` in PyTorch, divided by the optimizer's. Errors as for
 * lam_param_set_rate(). */
void lam_param_set_decay(lam_param *param, lam_real factor);
lam_real lam_param_decay(const lam_param *param);

/** Sets whether weight decay applies to the parameter: lam_param_set_decay() with 1 or 0. While
 * the net runs, this sets nothing but the sentence (LAM_ERR_STATE). lam_param_decays() is true for
 * any factor above 0. */
void lam_param_set_decays(lam_param *param, bool decays);
bool lam_param_decays(const lam_param *param);

#ifdef __cplusplus
}
#endif
#endif
