/* SPDX-License-Identifier: MIT */
/* Products of values, of channels and of places. */
#include "framework/kernels/map_parts.h"
#include "framework/kernels/vector.h"

void LAM_KERNEL(map_multiply)(lam_real *y, const lam_real *a, const lam_real *b, size_t values)
{
	for (size_t i = 0; i < values; i += VEC)
		vec_store(y + i, vec_load(a + i) * vec_load(b + i));
}

void LAM_KERNEL(map_multiply_channels)(
	lam_real *y, const lam_real *x, const lam_real *factor, size_t channels, size_t plane)
{
	for (size_t c = 0; c < channels; c++, factor += LAM_LANES)
		for (size_t i = 0; i < plane; i++, x += LAM_LANES, y += LAM_LANES)
			for (size_t l = 0; l < LAM_LANES; l += VEC)
				vec_store(y + l, vec_load(x + l) * vec_load(factor + l));
}

void LAM_KERNEL(map_multiply_places)(
	lam_real *y, const lam_real *x, const lam_real *factor, size_t channels, size_t plane)
{
	for (size_t c = 0; c < channels; c++)
		for (size_t i = 0; i < plane; i++, x += LAM_LANES, y += LAM_LANES)
			for (size_t l = 0; l < LAM_LANES; l += VEC)
				vec_store(y + l, vec_load(x + l) * factor[i * LAM_LANES]);
}

void LAM_KERNEL(map_add_product)(lam_real *y, const lam_real *a, const lam_real *b, size_t values)
{
	for (size_t i = 0; i < values; i += VEC)
		vec_store(y + i, vec_load(y + i) + vec_load(a + i) * vec_load(b + i));
}
