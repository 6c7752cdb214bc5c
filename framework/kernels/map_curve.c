/* SPDX-License-Identifier: MIT */
/* A loop around each formula of curves.h, and around the functions behind lam_vec_exp() and the
 * like. The formula is a constant wherever a loop is called, so the compiler inlines both. */
#include "framework/kernels/map_parts.h"
#include "framework/kernels/vector_math.h"

#define LAM_CURVE_FORMULAS
#include "framework/kernels/curves.h"

#include <string.h>

/* y = formula(x). The last values, fewer than a vector, pass through a vector of their own. */
ALWAYS_INLINE void each(lam_real *y, const lam_real *x, size_t values, struct lam_curve_options o,
	vec (*formula)(vec, struct lam_curve_options))
{
	size_t i = 0;
	for (; i + VEC <= values; i += VEC)
		vec_store(y + i, formula(vec_load(x + i), o));
	if (i < values) {
		vec last = {0};
		memcpy(&last, x + i, (values - i) * sizeof *x);
		last = formula(last, o);
		memcpy(y + i, &last, (values - i) * sizeof *y);
	}
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
		each(y, x, values, o, name##_y); \
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
	void LAM_KERNEL(map_##name)(lam_real * y, const lam_real *x, size_t values) \
	{ \
		each(y, x, values, (struct lam_curve_options){{0}}, name##_y); \
	}
UNARY(exp)
UNARY(log)
UNARY(erf)
