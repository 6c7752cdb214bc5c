/* SPDX-License-Identifier: MIT */
/* What the tests of losses share. */
#ifndef LAM_LOSS_SUBJECT_H
#define LAM_LOSS_SUBJECT_H

#include "tests/battery/prove.h"

KIT_UNUSED static void loss_choose(struct trial *t, struct dice *dice)
{
	static const int64_t edges[] = {1, 2, 10, 15, 16, 17, 33};
	t->n = choose_batch(t, dice);
	t->in = LAM_SHAPE(t->small       ? dice_range(dice, 1, 6)
			: t->number < 42 ? edges[t->number / 6]
					 : dice_range(dice, 1, 40));
}

/* Any shape. */
KIT_UNUSED static void loss_choose_plane(struct trial *t, struct dice *dice)
{
	int64_t plane[2];
	loss_choose(t, dice);
	choose_plane(t, dice, 5, plane);
	if (dice_chance(dice, 40))
		t->in = LAM_SHAPE(dice_range(dice, 1, 3), plane[0], plane[1]);
}

/* Targets of the input's shape. */
KIT_UNUSED static bool loss_shapes(struct trial *t)
{
	t->out = t->in;
	t->target_values = lam_shape_count(&t->in);
	return true;
}

KIT_UNUSED static void loss_fill_wide(struct trial *t, struct dice *dice)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->x[i] = (lam_real)dice_real(dice, -4, 4);
}

#endif
