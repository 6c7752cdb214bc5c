/** \file
 * The number that lamina computes with, and how many samples lie side by side.
 *
 * This header includes nothing and is included by everything, the kernels too. */
#ifndef LAM_REAL_H
#define LAM_REAL_H

/** Samples in one lane block: an activation of C x H x W features lies as
 * `[block][C][H][W][LAM_LANES]`. */
#define LAM_LANES 16

/** Alignment in bytes of every array that the library hands to a layer; no vector register is
 * wider. */
#define LAM_ALIGN 64

/** `float` in liblamina, `double` in liblamina-double (compile with -DLAM_DOUBLE; its .pc file
 * does). */
#ifdef LAM_DOUBLE
typedef double lam_real;
#else
typedef float lam_real;
#endif

#endif
