/* SPDX-License-Identifier: MIT */
/* Whether a net of few samples computes one at a time. A file of its own, because tests take its
 * place: they ask for either layout. */
#include "framework/plan/inside.h"

bool lam_plan_prefers_batch_lanes(const lam_plan *plan)
{
	return (double)plan->few * plan->sample_work > plan->block_work;
}
