/** \file
 * A parameter of a net: name, shape, value, gradient. Owned by its net, valid as long as it. */
#ifndef LAM_PARAM_H
#define LAM_PARAM_H

#include "real.h"
#include "shape.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_param lam_param;

/** "0.weight", "4.body.0.bias", "conv1.weight". */
const char *lam_param_name(const lam_param *param);

/** PyTorch's shape: affine weight [out, in], convolution [out, in/groups, kh, kw], transposed [in,
 * out/groups, kh, kw]. */
lam_shape lam_param_shape(const lam_param *param);

/** The values, row-major in that shape. */
const lam_real *lam_param_value(const lam_param *param);

/** The values, to be written: packed copies are refreshed at the next forward after this call. Ask
 * again for each round of writing. */
lam_real *lam_param_edit(lam_param *param);

/** The gradient of the last backward (mean over the batch, as the loss is); NULL for running
 * statistics and nets for inference. */
const lam_real *lam_param_grad(const lam_param *param);

/** Frozen parameters get no gradient (it stays as it was) and no update. */
void lam_param_set_trainable(lam_param *param, bool trainable);
bool lam_param_trainable(const lam_param *param);

/** Whether weight decay applies; true at first, as in PyTorch. */
void lam_param_set_decays(lam_param *param, bool decays);
bool lam_param_decays(const lam_param *param);

#ifdef __cplusplus
}
#endif
#endif
