/* SPDX-License-Identifier: MIT */
/* The classes of layers that the plan itself adds. Private to plan/. */
#ifndef LAM_PLAN_CLASSES_H
#define LAM_PLAN_CLASSES_H

#include "framework/layer.h"

#pragma GCC visibility push(hidden)

/* The join that lam_plan_add() emits: out = x[0] + x[1] + … It is also lam_add()'s. */
extern const lam_layer_class lam_add_class;

/* The conversions between layouts. */
extern const lam_layer_class lam_relayout_class;

#pragma GCC visibility pop
#endif
