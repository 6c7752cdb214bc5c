/* SPDX-License-Identifier: MIT */
/* Rows to lane blocks and back, by transposing VEC x VEC tiles in registers; and axes in another
 * order, which moves whole elements. */
#include "framework/kernels/transpose.h"
#include "framework/kernels/shuffle.h"

static void rows_to_block(
	lam_real *block, const lam_real *rows, size_t stride, size_t features, int used)
{
	const size_t whole = features - features % VEC;
	for (size_t part = 0; part < LAM_LANES; part += VEC) {
		const lam_real *row[VEC];
		for (size_t i = 0; i < VEC; i++)
			row[i] = rows
				+ stride * (part + i < (size_t)used ? part + i : (size_t)used - 1);
		for (size_t f = 0; f < whole; f += VEC)
			vec_transpose_square(
				row, (int64_t)f, block + f * LAM_LANES + part, LAM_LANES);
		for (size_t f = whole; f < features; f++)
			for (size_t i = 0; i < VEC; i++)
				block[f * LAM_LANES + part + i] = row[i][f];
	}
}

static void block_to_rows(
	lam_real *rows, size_t stride, const lam_real *block, size_t features, int used)
{
	/* A tile writes VEC rows; the rows left over are written value by value. */
	const size_t whole = features - features % VEC;
	const size_t rows_used = (size_t)used, tiled_rows = rows_used - rows_used % VEC;
	for (size_t part = 0; part < tiled_rows; part += VEC)
		for (size_t f = 0; f < whole; f += VEC) {
			const lam_real *from[VEC];
			UNROLL_FOR (int i = 0; i < VEC; i++)
				from[i] = block + (f + (size_t)i) * LAM_LANES + part;
			vec_transpose_square(from, 0, rows + part * stride + f, (int64_t)stride);
		}
	for (size_t row = 0; row < rows_used; row++)
		for (size_t f = row < tiled_rows ? whole : 0; f < features; f++)
			rows[row * stride + f] = block[f * LAM_LANES + row];
}

ALWAYS_INLINE void permute_by(
	lam_real *y, const lam_real *x, const struct lam_permutation *p, const int64_t width)
{
	for (int64_t i = 0; i < p->size[0]; i++)
		for (int64_t j = 0; j < p->size[1]; j++)
			for (int64_t k = 0; k < p->size[2]; k++) {
				const int64_t at = i * p->step[0] + j * p->step[1] + k * p->step[2];
				const lam_real *from = x + at * width;
				for (int64_t l = 0; l < p->size[3]; l++, y += width) {
					const lam_real *element = from + l * p->step[3] * width;
					if (width == 1)
						*y = *element;
					for (int64_t lane = 0; lane + VEC <= width; lane += VEC)
						vec_store(y + lane, vec_load(element + lane));
				}
			}
}

static void permute(lam_real *y, const lam_real *x, const struct lam_permutation *p, int64_t width)
{
	if (width == 1)
		permute_by(y, x, p, 1);
	else
		permute_by(y, x, p, LAM_LANES);
}

extern const struct lam_transpose_kernels LAM_KERNEL(transpose_kernels)
	__attribute__((visibility("hidden")));
const struct lam_transpose_kernels LAM_KERNEL(transpose_kernels) = {
	.rows_to_block = rows_to_block,
	.block_to_rows = block_to_rows,
	.permute = permute,
};
