/* SPDX-License-Identifier: MIT */
/* Transposes of the ISA that this file is being compiled for. Included by kernel sources only. */
#ifndef LAM_TRANSPOSE_OWN_H
#define LAM_TRANSPOSE_OWN_H

#include "framework/kernels/transpose.h"

extern const struct lam_transpose_kernels LAM_KERNEL(transpose_kernels)
	__attribute__((visibility("hidden")));

#endif
