/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write layers: what a convolution or an affine product applies to its output before
 * storing it, after the bias. The kernels and the layers share this header. */
#ifndef LAM_EPILOGUE_H
#define LAM_EPILOGUE_H

#include "real.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* layer.h */
struct lam_layer;

/** Elementwise functions that a class with LAM_ABSORBS can apply while its output is still in
 * registers. */
typedef enum lam_epilogue {
	LAM_EPILOGUE_NONE = 0, /**< nothing */
	LAM_EPILOGUE_RELU = 1, /**< max(0, y); NaN stays NaN */
} lam_epilogue;

/** What a class with LAM_FINISHES applies to its output, in this order, before the epilogue: the
 * forward of the calls behind it, in nets for inference. */
typedef struct lam_finish {
	/** y = (y - center[c]) factor[c] + term[c] for channel c, the first dimension: a batch
	 * norm. The arrays are aligned to LAM_ALIGN, and padded to whole lane blocks. NULL: none */
	const lam_real *center, *factor, *term;
	/** y += added: values of the layout of out, and with its distance from block to block; in
	 * a call for one block, of this block. NULL: none */
	const lam_real *added;
	/** after the epilogue: apply(layer, y, count) to all values, in any number and order of
	 * calls. NULL: nothing */
	void (*apply)(const struct lam_layer *layer, lam_real *y, size_t count);
	const struct lam_layer *layer; /**< the first argument of `apply` */
} lam_finish;

#ifdef __cplusplus
}
#endif
#endif
