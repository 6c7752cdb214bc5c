/* What the files of the plan share. Private to the framework. */
#ifndef LAM_PLAN_INSIDE_H
#define LAM_PLAN_INSIDE_H

#include "framework/net/inside.h"

#pragma GCC visibility push(hidden)

/* Remembers the first failure; `status` is what a function that left a sentence returned. Returns
 * the plan's status. */
lam_status lam_plan_failed(lam_plan *plan, lam_status status);

/* The same for the sentence that a layer left: its kind and path go in front. */
lam_status lam_plan_failed_in(lam_plan *plan, const lam_call *call, lam_status status);

/* "4" + "body" = "4.body"; in memory of its own, NULL when there is none. */
char *lam_plan_path(const char *path, const char *role);

/* In which layouts a call reads and writes, and whether it does so sample by sample. */
typedef struct lam_call_layout {
	lam_layout x, out;
	bool by_sample;
} lam_call_layout;

/* Appends one call; consumes `path` and, if `owns_layer`, the layer. `layout`: NULL: as
 * lam_plan_choose_layout() says. Returns the slot of its output, -1 on failure. */
lam_slot lam_plan_call(lam_plan *plan, lam_layer *layer, bool owns_layer, const lam_slot *in,
	int inputs, char *path, const lam_call_layout *layout);

/* The layouts for a layer that reads slots `in` and writes `out`. */
lam_call_layout lam_plan_choose_layout(
	const lam_plan *plan, const lam_layer *layer, const lam_slot *in, const lam_shape *out);

/* `slot` itself, if it lies in this layout, or else a slot that holds it in that, converted by
 * calls. */
lam_slot lam_plan_relayout(lam_plan *plan, lam_slot slot, lam_layout to);

/* Says how a slot lies. */
void lam_plan_lay_out(lam_plan *plan, lam_slot slot, lam_layout layout);

#pragma GCC visibility pop
#endif
