/* SPDX-License-Identifier: MIT */
/* The container of a net with two losses. */
#ifndef LAM_TESTS_TWO_LOSSES_H
#define LAM_TESTS_TWO_LOSSES_H

#include <lamina.h>

/* A trunk and two heads, each with a loss of its own. */
static lam_slot expand_two_losses(const lam_layer *self, lam_plan *plan, lam_slot in)
{
	static const char *const roles[] = {
		"trunk", "classes", "class_loss", "values", "value_loss"};
	lam_slot s[5];
	for (int i = 0; i < 5; i++)
		s[i] = lam_plan_layer(plan, lam_layer_child(self, i),
			i == 0               ? in
				: i % 2 == 1 ? s[0]
					     : s[i - 1],
			roles[i]);
	return s[4];
}

static const lam_layer_class two_losses_class = {LAM_LAYER_ABI, .kind = "two_losses",
	.expand = expand_two_losses, .min_children = 5, .max_children = 5};

#endif
