/* SPDX-License-Identifier: MIT */
/* Late gradients. In a step that is forward, backward and update at once, the gradient of a large
 * weight is the last thing that backward computes, and the weight is updated meanwhile: then what
 * the update reads and writes costs hardly any time. Private to the library. */
#ifndef LAM_PLAN_LATE_H
#define LAM_PLAN_LATE_H

#include "framework/plan.h"

#pragma GCC visibility push(hidden)

/* For .plan, in batch lanes: .gradient may run after .backward, which then must not overwrite dy,
 * and hands the gradient of the layer's first parameter to pass->taker, unless that is NULL. Its
 * input and dy stay until the end of the step, lam_fit()'s too, which gains nothing: so only where
 * they have at most a quarter as many values as the parameter. Nothing happens in nets that do not
 * train, where activations are computed again to need less memory, and if calls share the
 * parameter. */
void lam_plan_late(lam_plan *plan);

#pragma GCC visibility pop
#endif
