/* SPDX-License-Identifier: MIT */
/** \file
 * The gradient check: compares a layer's backward with numeric differentiation of its forward,
 *
 *     dL/dw ~ (L(w + h) - L(w - h)) / 2h,      L = sum over samples and features of r * y
 *
 * where the output gradient r is random. For a loss layer, L is its loss with random targets. */
#ifndef LAM_GRADCHECK_H
#define LAM_GRADCHECK_H

#include "layer.h"
#include "named.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_gradcheck_report {
	size_t size;
	/** the largest |analytic - numeric|, divided by the largest gradient of the same array, or
	 * by a tenth of the largest of all arrays if that is more */
	double max_error;
	int64_t checked; /**< values compared */
	char worst[160]; /**< "input[17]: analytic 0.1234 numeric 0.1301" */
} lam_gradcheck_report;

typedef struct lam_gradcheck_options {
	/** set by the macro. If it is 0, the call fails without reading or consuming anything
	 * else */
	size_t size;
	size_t report_size;           /**< sizeof(lam_gradcheck_report); set by the macro */
	lam_layer *layer;             /**< consumed, also on failure */
	lam_shape shape;              /**< of one input sample */
	lam_gradcheck_report *report; /**< may be NULL */
	LAM_NAMED;
	int64_t batch;      /**< samples; default 4 */
	lam_real tolerance; /**< default 1e-3; in the double library 1e-7 */
	uint64_t seed;      /**< of inputs, parameters, r and targets */
	/** h; default 1e-2 in float, 1e-5 in double. Where the gradients disagree, h / 4 and h / 16
	 * are tried, because a kink (ReLU at 0, a tie of two maxima) may be within h. If the
	 * one-sided differences over h / 16 disagree, a kink is within that, too, and either side's
	 * slope is accepted. A wrong gradient disagrees with all of them */
	lam_real step;
	/** the most values to check in the input and each parameter, evenly spread; default: all */
	int64_t most;
	/** inputs are uniform in this range, in which LAM_ZERO is 0; default: normal with mean 0
	 * and variance 1 */
	lam_real low, high;
} lam_gradcheck_options;

/** Checks the gradients of the input and of every parameter. Every forward is a training forward
 * with the same random numbers. LAM_ERR_NUMERIC when max_error is above the tolerance, with
 * report.worst as the sentence; other errors as lam_net_create(). May be called on any thread. */
LAM_MUST_CHECK lam_status lam_gradcheck_with(const lam_gradcheck_options *options);

#ifndef __cplusplus
#define lam_gradcheck(...) \
	lam_gradcheck_with(&(lam_gradcheck_options){.size = sizeof(lam_gradcheck_options), \
		.report_size = sizeof(lam_gradcheck_report), \
		.layer = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
