/* SPDX-License-Identifier: MIT */
/* The members of struct lam_channel_kernels for gradients of the affine map. Private to the
 * kernels. */
#ifndef LAM_CHANNEL_AFFINE_WEIGHT_H
#define LAM_CHANNEL_AFFINE_WEIGHT_H

#include "framework/kernels/channel.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

#define channel_affine_pack_transposed LAM_KERNEL(channel_affine_pack_transposed)
#define channel_affine_gradient LAM_KERNEL(channel_affine_gradient)

void channel_affine_pack_transposed(
	const lam_affine_geometry *, const lam_real *w, lam_real *packed, struct lam_slices);
void channel_affine_gradient(
	const lam_affine_geometry *, const struct lam_channel_affine_gradient *);

#pragma GCC visibility pop
#endif
