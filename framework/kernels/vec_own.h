/* SPDX-License-Identifier: MIT */
/* Where sums begin. */
#ifndef LAM_VEC_OWN_H
#define LAM_VEC_OWN_H

#include "framework/kernels/vector.h"

/* The value in a register of its own. Without it compilers keep one register for the sums of a tile
 * that begin equal, and copy it twice: before the loop over taps, and for a tile without taps. That
 * is a tenth of a tile's code. */
ALWAYS_INLINE vec vec_own(vec value)
{
#if defined __AVX512F__
	__asm__ volatile("" : "+v"(value));
#elif defined __x86_64__
	__asm__ volatile("" : "+x"(value));
#elif defined __aarch64__
	__asm__ volatile("" : "+w"(value));
#endif
	return value;
}

#endif
