/* SPDX-License-Identifier: MIT */
#include "framework/vec.h"

#include "framework/kernels/kernels.h"

void lam_vec_exp(lam_real *y, const lam_real *x, size_t count)
{
	lam_kernel()->map.exp(y, x, count);
}

void lam_vec_log(lam_real *y, const lam_real *x, size_t count)
{
	lam_kernel()->map.log(y, x, count);
}

void lam_vec_tanh(lam_real *y, const lam_real *x, size_t count)
{
	lam_kernel()->map.curve[LAM_CURVE_tanh].forward(
		y, x, count, (struct lam_curve_options){{0}});
}

void lam_vec_sigmoid(lam_real *y, const lam_real *x, size_t count)
{
	lam_kernel()->map.curve[LAM_CURVE_sigmoid].forward(
		y, x, count, (struct lam_curve_options){{0}});
}

void lam_vec_erf(lam_real *y, const lam_real *x, size_t count)
{
	lam_kernel()->map.erf(y, x, count);
}
