/* SPDX-License-Identifier: MIT */
/* What a kernel does to its outputs after sum and bias: lam_finish of framework/epilogue.h, from
 * one output on.
 *
 *   y = f(epilogue((y - center[a]) factor[a] + term[a] + added)) */
#ifndef LAM_KERNELS_FINISH_H
#define LAM_KERNELS_FINISH_H

#include "framework/epilogue.h"
#include "framework/kernels/sizes.h"

#include <stdbool.h>
#include <stdint.h>

struct finish {
	const lam_real *center, *factor, *term; /* one per output; NULL: none */
	bool adds;
	ptrdiff_t added; /* bytes from a value of y to the one that is added to it */
	lam_epilogue epilogue;
	void (*apply)(const struct lam_layer *layer, lam_real *y, size_t count);
	const struct lam_layer *layer;
};

/* All of a call whose output begins at `to`. */
static inline struct finish finish_of(
	const lam_finish *given, lam_epilogue epilogue, const lam_real *to)
{
	struct finish finish = {.epilogue = epilogue};

	if (!given)
		return finish;
	finish.center = given->center;
	finish.factor = given->factor;
	finish.term = given->term;
	finish.adds = given->added;
	if (finish.adds)
		finish.added = (intptr_t)given->added - (intptr_t)to;
	finish.apply = given->apply;
	finish.layer = given->layer;
	return finish;
}

/* The same from output `output` on. */
static inline struct finish finish_from(struct finish finish, int64_t output)
{
	if (finish.center) {
		finish.center += output;
		finish.factor += output;
		finish.term += output;
	}
	return finish;
}

/* The values that are added to those from y on. */
static inline const lam_real *finish_added(const struct finish *finish, const lam_real *y)
{
	return (const lam_real *)((intptr_t)y + finish->added);
}

/* Applies the function to `pixels` pixels of `lanes` values each, `step` values apart. */
static inline void finish_apply(
	const struct finish *finish, lam_real *y, int64_t pixels, int64_t step, int64_t lanes)
{
	const int64_t runs = step == lanes ? 1 : pixels;

	for (int64_t i = 0; i < runs; i++)
		finish->apply(finish->layer, y + i * step, (size_t)(pixels / runs * lanes));
}

#endif
