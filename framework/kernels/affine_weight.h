/* SPDX-License-Identifier: MIT */
/* The weight gradient of an affine map: an outer product per sample, with samples of dy as rows. */
#ifndef LAM_AFFINE_WEIGHT_H
#define LAM_AFFINE_WEIGHT_H

#include "framework/kernels/affine.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

/* The most vectors of a panel of outputs. */
#if defined LAM_SMALL
enum { AFFINE_VECTORS = 1 };
#else
enum { AFFINE_VECTORS = 3 };
#endif

/* The sums of the largest tile, of either gradient. */
#if defined LAM_SMALL
enum { OUTER_SUMS = 8 };
#else
enum { OUTER_SUMS = VEC_REGISTERS >= 32 ? 24 : 12 };
#endif

/* Outputs are cut into panels of at most AFFINE_VECTORS vectors, of sizes as equal as possible.
 * Panel p begins at vector affine_panel_begin(p). */
static inline int64_t affine_vectors(const lam_affine_geometry *g)
{
	return ceil_divide(g->out, VEC);
}

static inline int64_t affine_panels(const lam_affine_geometry *g)
{
	return ceil_divide(affine_vectors(g), AFFINE_VECTORS);
}

static inline int64_t affine_panel_begin(const lam_affine_geometry *g, int64_t panel)
{
	return piece_begin(affine_vectors(g), panel, affine_panels(g));
}

/* The panel that has this vector. */
static inline int64_t affine_panel_of(const lam_affine_geometry *g, int64_t vector)
{
	return ceil_divide((vector + 1) * affine_panels(g), affine_vectors(g)) - 1;
}

/* The rows of one panel, for all blocks. They are contiguous, so that what one pass over the
 * samples reads stays in the first cache for the next inputs. If rows had all outputs, often a
 * power of two, a panel's cache lines would evict each other. */
static inline lam_real *affine_panel_rows(
	const lam_affine_geometry *g, const lam_real *rows, int64_t blocks, int64_t panel)
{
	return (lam_real *)rows + affine_panel_begin(g, panel) * VEC * blocks * LAM_LANES;
}

/* The blocks of all samples. */
static inline int64_t affine_blocks(int64_t samples, const struct lam_affine_shards *shards)
{
	return shards ? shards->blocks : lane_blocks(samples);
}

/* Of a weight whose gradient has rows of x, too (affine_turned.c): the vectors of a panel of
 * inputs, and the outputs of a tile. */
#if defined LAM_SMALL
enum { TURN_VECTORS = 1, TURN_OUTPUTS = 8 };
#elif VEC_REGISTERS >= 32
enum { TURN_VECTORS = 3, TURN_OUTPUTS = 8 };
#else
enum { TURN_VECTORS = 2, TURN_OUTPUTS = 6 };
#endif
enum { TURN_WIDTH = TURN_VECTORS * VEC };

/* The tiles of dy lie behind all panels of x. */
static inline lam_real *turn_tiles(
	const lam_affine_geometry *g, const lam_real *rows, int64_t samples)
{
	return (lam_real *)rows + round_up(g->in, TURN_WIDTH) * samples;
}

/* The members of struct lam_affine_kernels that affine_weight.c, affine_turned.c and affine_rows.c
 * define, and what the first calls of the second. */
#define affine_turns LAM_KERNEL(affine_turns)
bool affine_turns(const lam_affine_geometry *);
#define affine_transposed_size LAM_KERNEL(affine_transposed_size)
int64_t affine_transposed_size(const lam_affine_geometry *, int64_t blocks);
#define affine_transpose LAM_KERNEL(affine_transpose)
void affine_transpose(const lam_affine_geometry *, const lam_real *dy, int64_t block,
	int64_t blocks, lam_real *rows);
#define affine_turned_size LAM_KERNEL(affine_turned_size)
int64_t affine_turned_size(const lam_affine_geometry *, int64_t blocks);
#define affine_turn LAM_KERNEL(affine_turn)
void affine_turn(const lam_affine_geometry *, const lam_real *x, const lam_real *dy, int64_t block,
	int64_t blocks, lam_real *rows);
#define affine_turned_gradient LAM_KERNEL(affine_turned_gradient)
void affine_turned_gradient(const lam_affine_geometry *, const struct lam_affine_gradient_call *);
#define affine_weight_gradient LAM_KERNEL(affine_weight_gradient)
void affine_weight_gradient(const lam_affine_geometry *, const struct lam_affine_gradient_call *);
#define affine_bias_gradient LAM_KERNEL(affine_bias_gradient)
void affine_bias_gradient(const lam_affine_geometry *, bool turned, const lam_real *rows,
	int64_t samples, const struct lam_affine_shards *, lam_real *db, int64_t begin,
	int64_t end);

#pragma GCC visibility pop
#endif
