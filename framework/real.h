/* SPDX-License-Identifier: MIT */
/** \file
 * The type of number that lamina computes with, and the number of samples in a block.
 *
 * This header includes nothing; all others include it, the kernels' too. */
#ifndef LAM_REAL_H
#define LAM_REAL_H

/** Samples in one block: an activation of C x H x W features has the layout
 * `[block][C][H][W][LAM_LANES]`. */
#define LAM_LANES 16

/** Alignment in bytes of every array that the library gives to a layer. No vector register is
 * wider. */
#define LAM_ALIGN 64

/** `float` in liblamina, `double` in liblamina-double. Programs for the latter are compiled with
 * -DLAM_DOUBLE, which its .pc file adds. */
#ifdef LAM_DOUBLE
typedef double lam_real;
#else
typedef float lam_real;
#endif

#endif
