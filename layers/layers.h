/* SPDX-License-Identifier: MIT */
/** \file
 * All layers. */
#ifndef LAM_LAYERS_H
#define LAM_LAYERS_H

#include "activation.h"
#include "affine.h"
#include "batch_norm.h"
#include "conv.h"
#include "dropout.h"
#include "graph.h"
#include "join.h"
#include "loss.h"
#include "norm.h"
#include "pool.h"
#include "rearrange.h"
#include "reshape.h"
#include "residual.h"
#include "sequential.h"
#include "softmax.h"
#include "standardize.h"
#include "transposed_conv.h"
#include "upsample.h"
#include "zero_pad.h"

#endif
