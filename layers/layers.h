/** \file
 * All layers. */
#ifndef LAM_LAYERS_H
#define LAM_LAYERS_H

#include "layers/activation.h"
#include "layers/affine.h"
#include "layers/batch_norm.h"
#include "layers/conv.h"
#include "layers/dropout.h"
#include "layers/loss.h"
#include "layers/pool.h"
#include "layers/reshape.h"
#include "layers/residual.h"
#include "layers/sequential.h"
#include "layers/softmax.h"
#include "layers/standardize.h"
#include "layers/transposed_conv.h"
#include "layers/zero_pad.h"

#endif
