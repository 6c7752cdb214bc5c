/* SPDX-License-Identifier: MIT */
/* Rows to lane blocks and back, by transposing VEC x VEC tiles in registers; and axes in another
 * order, which moves whole elements.
 *
 * A register is QUADS quads of 16 bytes, and a quad holds E values. First the tile is transposed
 * within quads, by interleaving pairs of rows in log2 E stages. Then whole quads are transposed
 * between registers, in log2 QUADS stages. Each stage moves every value once. */
#include "framework/kernels/transpose.h"
#include "framework/kernels/vector.h"

#define QUADS (VEC_BYTES / 16)
enum { E = 16 / (int)sizeof(lam_real) };

#define INLINE static inline __attribute__((always_inline))

/* Repeats a shuffle pattern of one quad for all quads. A pattern is a list of indices into two
 * registers a, b: 0 to VEC - 1 are values of a, VEC and more are values of b. */
#if QUADS == 4
#define EACH_QUAD(pattern) pattern(0), pattern(E), pattern(2 * E), pattern(3 * E)
#elif QUADS == 2
#define EACH_QUAD(pattern) pattern(0), pattern(E)
#else
#define EACH_QUAD(pattern) pattern(0)
#endif
#define PICK(a, b, pattern) __builtin_shufflevector(a, b, EACH_QUAD(pattern))

/* Transposes the tile within quads. Quad q of registers E i … E i + E - 1 is a matrix of E x E
 * values; it is replaced by its transpose. */
#ifdef LAM_DOUBLE

#define LOW(q) (q), (q) + VEC
#define HIGH(q) (q) + 1, (q) + 1 + VEC

INLINE void transpose_in_quads(vec t[VEC])
{
#pragma GCC unroll 16
	for (int i = 0; i < VEC; i += 2) {
		const vec a = t[i], b = t[i + 1];
		t[i] = PICK(a, b, LOW);
		t[i + 1] = PICK(a, b, HIGH);
	}
}

#else

#define LOW(q) (q), (q) + VEC, (q) + 1, (q) + 1 + VEC
#define HIGH(q) (q) + 2, (q) + 2 + VEC, (q) + 3, (q) + 3 + VEC
#define LOW_PAIR(q) (q), (q) + 1, (q) + VEC, (q) + 1 + VEC
#define HIGH_PAIR(q) (q) + 2, (q) + 3, (q) + 2 + VEC, (q) + 3 + VEC

INLINE void transpose_in_quads(vec t[VEC])
{
#pragma GCC unroll 16
	for (int i = 0; i < VEC; i += 4) {
		const vec ab_low = PICK(t[i], t[i + 1], LOW), ab_high = PICK(t[i], t[i + 1], HIGH);
		const vec cd_low = PICK(t[i + 2], t[i + 3], LOW),
			  cd_high = PICK(t[i + 2], t[i + 3], HIGH);
		t[i] = PICK(ab_low, cd_low, LOW_PAIR);
		t[i + 1] = PICK(ab_low, cd_low, HIGH_PAIR);
		t[i + 2] = PICK(ab_high, cd_high, LOW_PAIR);
		t[i + 3] = PICK(ab_high, cd_high, HIGH_PAIR);
	}
}

#endif

/* Transposes whole quads. For each j < E the quads of registers j, E + j, 2 E + j ... are a matrix
 * of QUADS x QUADS quads. A quad is two 64-bit numbers here. */
typedef int64_t halves __attribute__((vector_size(VEC_BYTES), may_alias));

INLINE void transpose_quads(vec t[VEC])
{
#if QUADS == 4
#pragma GCC unroll 4
	for (int j = 0; j < E; j++) {
		const halves a = (halves)t[j], b = (halves)t[E + j], c = (halves)t[2 * E + j],
			     d = (halves)t[3 * E + j];
		const halves ab_01 = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
		const halves ab_23 = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
		const halves cd_01 = __builtin_shufflevector(c, d, 0, 1, 2, 3, 8, 9, 10, 11);
		const halves cd_23 = __builtin_shufflevector(c, d, 4, 5, 6, 7, 12, 13, 14, 15);
		t[j] = (vec)__builtin_shufflevector(ab_01, cd_01, 0, 1, 4, 5, 8, 9, 12, 13);
		t[E + j] = (vec)__builtin_shufflevector(ab_01, cd_01, 2, 3, 6, 7, 10, 11, 14, 15);
		t[2 * E + j] = (vec)__builtin_shufflevector(ab_23, cd_23, 0, 1, 4, 5, 8, 9, 12, 13);
		t[3 * E + j] = (vec)__builtin_shufflevector(
			ab_23, cd_23, 2, 3, 6, 7, 10, 11, 14, 15);
	}
#elif QUADS == 2
#pragma GCC unroll 4
	for (int j = 0; j < E; j++) {
		const halves a = (halves)t[j], b = (halves)t[E + j];
		t[j] = (vec)__builtin_shufflevector(a, b, 0, 1, 4, 5);
		t[E + j] = (vec)__builtin_shufflevector(a, b, 2, 3, 6, 7);
	}
#else
	(void)t;
#endif
}

/* to[i * to_stride + k] = from[k] [i], for i, k < VEC */
INLINE void transpose_tile(lam_real *to, size_t to_stride, const lam_real *const from[VEC])
{
	vec t[VEC];
#pragma GCC unroll 16
	for (int i = 0; i < VEC; i++)
		t[i] = vec_load(from[i]);
	transpose_in_quads(t);
	transpose_quads(t);
#pragma GCC unroll 16
	for (int i = 0; i < VEC; i++)
		vec_store(to + (size_t)i * to_stride, t[i]);
}

static void rows_to_block(
	lam_real *block, const lam_real *rows, size_t stride, size_t features, int used)
{
	const size_t whole = features - features % VEC;
	for (size_t part = 0; part < LAM_LANES; part += VEC) {
		const lam_real *row[VEC];
		for (size_t i = 0; i < VEC; i++)
			row[i] = rows
				+ stride * (part + i < (size_t)used ? part + i : (size_t)used - 1);
		for (size_t f = 0; f < whole; f += VEC) {
			const lam_real *from[VEC];
#pragma GCC unroll 16
			for (int i = 0; i < VEC; i++)
				from[i] = row[i] + f;
			transpose_tile(block + f * LAM_LANES + part, LAM_LANES, from);
		}
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
#pragma GCC unroll 16
			for (int i = 0; i < VEC; i++)
				from[i] = block + (f + (size_t)i) * LAM_LANES + part;
			transpose_tile(rows + part * stride + f, stride, from);
		}
	for (size_t row = 0; row < rows_used; row++)
		for (size_t f = row < tiled_rows ? whole : 0; f < features; f++)
			rows[row * stride + f] = block[f * LAM_LANES + row];
}

INLINE void permute_by(
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
