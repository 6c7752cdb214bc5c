/* SPDX-License-Identifier: MIT */
/* Appending calls to the plan. Private to plan/. */
#ifndef LAM_PLAN_EMIT_H
#define LAM_PLAN_EMIT_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Infers the shape of a call's output by its class. The error sentence names the call. */
lam_status lam_plan_infer(lam_plan *plan, const lam_call *call, lam_shape *out);

/* Appends a call with output shape `out`, whose inputs already have the layout that it reads, and
 * lets its class declare what it needs. Reads of `call` only layer, layer_class, owns_layer, path,
 * inputs, in, the layouts and by_sample. Consumes path, in and, if owns_layer, the layer. Returns
 * the slot of the call's output, or -1 on failure. */
lam_slot lam_plan_emit(lam_plan *plan, const lam_call *call, lam_shape out);

/* Finds the answers of lam_plan_rectified(), when all calls are there. */
void lam_plan_find_rectified(lam_plan *plan);

/* Frees what lam_plan_emit() would have consumed; returns -1. */
lam_slot lam_plan_drop(const lam_call *call);

#pragma GCC visibility pop
#endif
