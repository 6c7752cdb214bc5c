/* SPDX-License-Identifier: MIT */
/* The table of kernels: one per ISA, made of one group per kernel source. All arrays are aligned to
 * LAM_ALIGN and hold lane blocks unless a comment says otherwise. Kernels allocate nothing, know no
 * layer and contain no parallel region. */
#ifndef LAM_KERNELS_H
#define LAM_KERNELS_H

#include "framework/kernels/affine.h"
#include "framework/kernels/channel.h"
#include "framework/kernels/conv.h"
#include "framework/kernels/map.h"
#include "framework/kernels/norm.h"
#include "framework/kernels/pool.h"
#include "framework/kernels/reduce.h"
#include "framework/kernels/transpose.h"
#include "framework/kernels/update.h"
#include "framework/kernels/upsample.h"

#pragma GCC visibility push(hidden)

typedef struct lam_kernels {
	const char *isa; /* "base", "avx2", "avx512" */
	struct lam_conv_kernels conv;
	struct lam_affine_kernels affine;
	struct lam_channel_kernels channel;
	struct lam_map_kernels map;
	struct lam_norm_kernels norm;
	struct lam_pool_kernels pool;
	struct lam_reduce_kernels reduce;
	struct lam_transpose_kernels transpose;
	struct lam_update_kernels update;
	struct lam_upsample_kernels upsample;
} lam_kernels;

/* The table of the best ISA that this processor has, or of the one that $LAMINA_ISA names (an ISA
 * that the machine lacks is ignored). Chosen once, at the first call; the same pointer ever after.
 */
const lam_kernels *lam_kernel(void);

#pragma GCC visibility pop
#endif
