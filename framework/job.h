/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write layers: the kinds of work that a layer does in a step. The kernels and the
 * layers share this header. */
#ifndef LAM_JOB_H
#define LAM_JOB_H

/** The kinds of work that a layer does. */
typedef enum lam_job {
	LAM_FORWARD,  /**< out from x */
	LAM_BACKWARD, /**< dx from dy (and dw too, where the class has no .gradient) */
	LAM_GRADIENT, /**< dw from dy and x */
	LAM_JOBS      /**< their number */
} lam_job;

#endif
