/* SPDX-License-Identifier: MIT */
/* A loop around each formula of curves.h, and around the functions behind lam_vec_exp() and the
 * like. The formula is a constant wherever a loop is called, so the compiler inlines both. */
#include "framework/kernels/map_parts.h"
#include "framework/kernels/vector_math.h"

#define LAM_CURVE_FORMULAS
#include "framework/kernels/curves.h"

#include <string.h>

/* The last values, fewer than a vector, pass through a vector of their own. It is given to `curve`
 * itself, so that there is no second copy of the formula. */
static __attribute__((noinline)) void last_values(lam_real *y, const lam_real *x, size_t values,
	struct lam_curve_options o,
	void (*curve)(lam_real *, const lam_real *, size_t, struct lam_curve_options))
{
	vec last = {0};
	memcpy(&last, x, values * sizeof *x);
	curve((lam_real *)&last, (const lam_real *)&last, VEC, o);
	memcpy(y, &last, values * sizeof *y);
}

/* y = formula(x); `curve` is the function that this is inlined into. */
ALWAYS_INLINE void each(lam_real *y, const lam_real *x, size_t values, struct lam_curve_options o,
	vec (*formula)(vec, struct lam_curve_options),
	void (*curve)(lam_real *, const lam_real *, size_t, struct lam_curve_options))
{
	size_t i = 0;
	for (; i + VEC <= values; i += VEC)
		vec_store(y + i, formula(vec_load(x + i), o));
	if (i < values)
		last_values(y + i, x + i, values - i, o, curve);
}

/* dx = formula(dy, kept), in whole vectors */
ALWAYS_INLINE void each_backward(lam_real *dx, const lam_real *dy, const lam_real *kept,
	size_t values, struct lam_curve_options o,
	vec (*formula)(vec, vec, struct lam_curve_options))
{
	for (size_t i = 0; i < values; i += VEC)
		vec_store(dx + i, formula(vec_load(dy + i), vec_load(kept + i), o));
}

#define CURVE(name, ...) \
	static void name##_forward( \
		lam_real *y, const lam_real *x, size_t values, struct lam_curve_options o) \
	{ \
		each(y, x, values, o, name##_y, name##_forward); \
	} \
	static void name##_backward(lam_real *dx, const lam_real *dy, const lam_real *kept, \
		size_t values, struct lam_curve_options o) \
	{ \
		each_backward(dx, dy, kept, values, o, name##_dx); \
	}
LAM_CURVES(CURVE)
#undef CURVE

#define CURVE(name, ...) {name##_forward, name##_backward},
const struct lam_curve LAM_KERNEL(map_curves)[] = {LAM_CURVES(CURVE)};
#undef CURVE

#define UNARY(name) \
	FORMULA name##_y(vec x, struct lam_curve_options o) \
	{ \
		(void)o; \
		return vec_##name(x); \
	} \
	static void name##_each( \
		lam_real *y, const lam_real *x, size_t values, struct lam_curve_options o) \
	{ \
		each(y, x, values, o, name##_y, name##_each); \
	} \
	void LAM_KERNEL(map_##name)(lam_real * y, const lam_real *x, size_t values) \
	{ \
		name##_each(y, x, values, (struct lam_curve_options){{0}}); \
	}
UNARY(exp)
UNARY(log)
UNARY(erf)
