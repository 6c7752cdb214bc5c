/* Activations with a curve: sigmoid, tanh, gelu, silu, and the functions that they are made of.
 *
 * A formula is a function of one vector; `each` is the loop around it. The formula is a constant
 * wherever `each` is called, so the compiler inlines both into one loop. */
#include "framework/kernels/map_parts.h"
#include "framework/kernels/vector_math.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* Where a factor x meets a factor that has long become 0: keeps infinity times zero from happening.
 */
enum { FAR = 1000 };

/* The last values, fewer than a vector, pass through a vector of their own. */
INLINE void each(lam_real *y, const lam_real *x, size_t values, vec (*formula)(vec))
{
	size_t i = 0;
	for (; i + VEC <= values; i += VEC)
		vec_store(y + i, formula(vec_load(x + i)));
	if (i < values) {
		vec last = {0};
		memcpy(&last, x + i, (values - i) * sizeof *x);
		last = formula(last);
		memcpy(y + i, &last, (values - i) * sizeof *y);
	}
}

/* dx = dy derivative(kept), in whole vectors */
INLINE void each_backward(lam_real *dx, const lam_real *dy, const lam_real *kept, size_t values,
	vec (*derivative)(vec))
{
	for (size_t i = 0; i < values; i += VEC)
		vec_store(dx + i, vec_load(dy + i) * derivative(vec_load(kept + i)));
}

/* Phi(x) = (1 + erf(x / sqrt 2)) / 2 */
INLINE vec normal_distribution(vec x)
{
	return (lam_real)0.5 * (1 + vec_erf(x * (lam_real)0.70710678118654752440));
}

INLINE vec gelu(vec x)
{
	return vec_at_least(x, -FAR) * normal_distribution(x);
}

/* Phi(x) + x phi(x), phi(x) = exp(-x^2 / 2) / sqrt(2 pi) */
INLINE vec gelu_derivative(vec x)
{
	x = vec_at_most(vec_at_least(x, -FAR), FAR);
	const vec density = (lam_real)0.39894228040143267794 * vec_exp((lam_real)-0.5 * x * x);
	return normal_distribution(x) + x * density;
}

INLINE vec silu(vec x)
{
	return vec_at_least(x, -FAR) * vec_sigmoid(x);
}

INLINE vec silu_derivative(vec x)
{
	x = vec_at_most(vec_at_least(x, -FAR), FAR);
	const vec s = vec_sigmoid(x);
	return s * (1 + x * (1 - s));
}

INLINE vec sigmoid_derivative(vec y)
{
	return y * (1 - y);
}

INLINE vec tanh_derivative(vec y)
{
	return 1 - y * y;
}

void LAM_KERNEL(map_exp)(lam_real *y, const lam_real *x, size_t values)
{
	each(y, x, values, vec_exp);
}

void LAM_KERNEL(map_log)(lam_real *y, const lam_real *x, size_t values)
{
	each(y, x, values, vec_log);
}

void LAM_KERNEL(map_erf)(lam_real *y, const lam_real *x, size_t values)
{
	each(y, x, values, vec_erf);
}

void LAM_KERNEL(map_sigmoid_forward)(lam_real *y, const lam_real *x, size_t values)
{
	each(y, x, values, vec_sigmoid);
}

void LAM_KERNEL(map_sigmoid_backward)(
	lam_real *dx, const lam_real *dy, const lam_real *y, size_t values)
{
	each_backward(dx, dy, y, values, sigmoid_derivative);
}

void LAM_KERNEL(map_tanh_forward)(lam_real *y, const lam_real *x, size_t values)
{
	each(y, x, values, vec_tanh);
}

void LAM_KERNEL(map_tanh_backward)(
	lam_real *dx, const lam_real *dy, const lam_real *y, size_t values)
{
	each_backward(dx, dy, y, values, tanh_derivative);
}

void LAM_KERNEL(map_gelu_forward)(lam_real *y, const lam_real *x, size_t values)
{
	each(y, x, values, gelu);
}

void LAM_KERNEL(map_gelu_backward)(
	lam_real *dx, const lam_real *dy, const lam_real *x, size_t values)
{
	each_backward(dx, dy, x, values, gelu_derivative);
}

void LAM_KERNEL(map_silu_forward)(lam_real *y, const lam_real *x, size_t values)
{
	each(y, x, values, silu);
}

void LAM_KERNEL(map_silu_backward)(
	lam_real *dx, const lam_real *dy, const lam_real *x, size_t values)
{
	each_backward(dx, dy, x, values, silu_derivative);
}
