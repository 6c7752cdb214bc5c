/* SPDX-License-Identifier: MIT */
/* Gathers the kernels of one ISA from the sources beside this one. Each source has a constant
 * table. C allows no constant that copies a constant of another source. So the whole table is
 * filled once, at start-up, for the ISA that was chosen. */
#include "framework/kernels/kernels.h"
#include "framework/kernels/vector.h"

#define ISA_TEXT(isa) ISA_TEXT_2(isa)
#define ISA_TEXT_2(isa) #isa

extern const struct lam_affine_kernels LAM_KERNEL(affine_kernels);
extern const struct lam_channel_kernels LAM_KERNEL(channel_kernels);
extern const struct lam_conv_kernels LAM_KERNEL(conv_kernels);
extern const struct lam_map_kernels LAM_KERNEL(map_kernels);
extern const struct lam_norm_kernels LAM_KERNEL(norm_kernels);
extern const struct lam_pool_kernels LAM_KERNEL(pool_kernels);
extern const struct lam_reduce_kernels LAM_KERNEL(reduce_kernels);
extern const struct lam_transpose_kernels LAM_KERNEL(transpose_kernels);
extern const struct lam_update_kernels LAM_KERNEL(update_kernels);
extern const struct lam_upsample_kernels LAM_KERNEL(upsample_kernels);

void LAM_KERNEL(kernels)(lam_kernels *table);

void LAM_KERNEL(kernels)(lam_kernels *table)
{
	*table = (lam_kernels){
		.isa = ISA_TEXT(LAM_ISA),
		.affine = LAM_KERNEL(affine_kernels),
		.channel = LAM_KERNEL(channel_kernels),
		.conv = LAM_KERNEL(conv_kernels),
		.map = LAM_KERNEL(map_kernels),
		.norm = LAM_KERNEL(norm_kernels),
		.pool = LAM_KERNEL(pool_kernels),
		.reduce = LAM_KERNEL(reduce_kernels),
		.transpose = LAM_KERNEL(transpose_kernels),
		.update = LAM_KERNEL(update_kernels),
		.upsample = LAM_KERNEL(upsample_kernels),
	};
}
