/* SPDX-License-Identifier: MIT */
/* The sum of several values. Its class stands in framework/plan/add.c, because the plan makes sums
 * of its own. */
#include "layers/classes.h"
#include "layers/composition.h"
#include "layers/join.h"

_Static_assert(sizeof(struct composition) == sizeof(struct { LAM_LAYER_OPTIONS; }),
	"the class has the state of a composition");

lam_layer *lam_add_new(const lam_join_options *given)
{
	return lam_composition_new(&lam_add_class, given);
}

lam_layer *lam_add_of(lam_layer *const *list)
{
	return lam_composition_of(&lam_add_class, list);
}
