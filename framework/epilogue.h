/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write layers, epilogues: what a convolution or an affine product applies to its
 * output before storing it, after the bias. The kernels and the layers share this header. */
#ifndef LAM_EPILOGUE_H
#define LAM_EPILOGUE_H

/** Elementwise functions that a class with LAM_ABSORBS can apply while its output is still in
 * registers. */
typedef enum lam_epilogue {
	LAM_EPILOGUE_NONE = 0, /**< nothing */
	LAM_EPILOGUE_RELU = 1, /**< max(0, y); NaN stays NaN */
} lam_epilogue;

#endif
