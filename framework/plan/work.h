/* SPDX-License-Identifier: MIT */
/* What decides whether a net of few samples computes one sample at a time. Private to the library.
 */
#ifndef LAM_PLAN_WORK_H
#define LAM_PLAN_WORK_H

#include "framework/plan.h"

#pragma GCC visibility push(hidden)

/* For .plan, whichever layout x has: declares the multiply-adds of vectors of sixteen lanes that
 * `job` takes for one sample with channels in the lanes, and for a block of sixteen samples in
 * batch lanes. Layers that move data need not: of few samples, channel lanes move less. */
void lam_plan_work(lam_plan *plan, lam_job job, double sample, double block);

#pragma GCC visibility pop
#endif
