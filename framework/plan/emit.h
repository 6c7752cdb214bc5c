/* SPDX-License-Identifier: MIT */
/* Appending calls to the plan. Private to plan/. */
#ifndef LAM_PLAN_EMIT_H
#define LAM_PLAN_EMIT_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* The shape of a call's output, as its class infers it; the sentence gets the call's name. */
lam_status lam_plan_infer(lam_plan *plan, const lam_call *call, lam_shape *out);

/* Appends a call whose inputs lie as it reads them, which writes `out`, and lets its class declare
 * what it needs. Of `call` are looked at: layer, class, owns_layer, path, inputs, in, the
 * layouts, by_sample. Consumes the path and, if it owns it, the layer. Returns the slot of its
 * output, -1 on failure. */
lam_slot lam_plan_emit(lam_plan *plan, const lam_call *call, lam_shape out);

/* Frees what an appended call would have consumed; returns -1. */
lam_slot lam_plan_drop(const lam_call *call);

#pragma GCC visibility pop
#endif
