/* SPDX-License-Identifier: MIT */
/* The ends of a plan: its inputs, outputs and losses. Private to plan/. */
#ifndef LAM_ENDS_H
#define LAM_ENDS_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Makes the slots of the inputs. A model that carries its inputs' shapes makes its own if `input`
 * has rank 0; others have one input, of shape `input`. */
lam_status lam_plan_inputs(lam_plan *plan, const lam_layer *model, lam_shape input);

/* Completes the list of outputs by the slot that the model returned, converts outputs to layouts
 * that the net's caller can read, and checks that names differ. */
lam_status lam_plan_outputs(lam_plan *plan, lam_slot last);

#pragma GCC visibility pop
#endif
