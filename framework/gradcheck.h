/* SPDX-License-Identifier: MIT */
/** \file
 * The gradient check: compares a layer's backward with numeric differentiation of its forward,
 *
 *     dL/dw ~ (L(w + h) - L(w - h)) / 2h,      L = sum over samples and features of r * y
 *
 * where the output gradient r is random. For a loss layer, L is its loss with random targets. In a
 * composition each layer is checked alone, with the input that it gets there, so that the report
 * can name the layer that is wrong. */
#ifndef LAM_GRADCHECK_H
#define LAM_GRADCHECK_H

#include "layer.h"
#include "named.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LAM_GRADCHECK_WORST = 5 /**< the most values in lam_gradcheck_report.worsts */ };

/** What a gradient check has found. */
typedef struct lam_gradcheck_report {
	size_t size;
	/** the largest |analytic - numeric| / max(|analytic|, |numeric|, m / 10, M / 100), where m
	 * is the largest gradient of the same array and M that of all arrays of the layer */
	double max_error;
	int64_t checked; /**< values compared, alone or in a group */
	/** the value with the largest error: "input[17]: analytic 0.1234 numeric 0.1301". A value
	 * of a batch is counted from its first sample. A layer's second input is "input 1"; an
	 * input of the net to which lam_graph_input() gave a name is `input "image"` */
	char worst[160];
	char layer[160];   /**< the layer of this value: `affine "0"` */
	int64_t wrong;     /**< the number of values with an error above the tolerance */
	int64_t undecided; /**< the number of values that could not be judged (lam_gradcheck()) */
	/** the wrong values with the largest errors, the largest first, with the name of the layer:
	 * `affine "0": weight[3]: analytic ...`; "" where there are fewer */
	char worsts[LAM_GRADCHECK_WORST][240];
} lam_gradcheck_report;

typedef struct lam_gradcheck_options {
	/** set by the macro. If it is 0, the call fails without reading or consuming anything
	 * else */
	size_t size;
	size_t report_size; /**< sizeof(lam_gradcheck_report); set by the macro */
	lam_layer *layer;   /**< consumed, also on failure */
	/** of one input sample; of rank 0, or left out, for a graph, which carries the shapes of
	 * its inputs, and with .shapes */
	lam_shape shape;
	lam_gradcheck_report *report; /**< may be NULL */
	LAM_NAMED;
	/** samples; default 4. A second batch is checked after it, of 35 samples in three blocks of
	 * 16, the last one uneven, unless this one already has two blocks and an uneven last one */
	int64_t batch;
	lam_real tolerance; /**< default 1e-3; in the double library 1e-7 */
	uint64_t seed;      /**< of inputs, parameters, r and targets */
	/** h; default: about 2e-2 times the root mean square of the array, in double 1e-3 times.
	 * Where the gradients disagree, steps from 4096 h to h / 65536 are tried */
	lam_real step;
	/** the most values to check in each input and each parameter, evenly spread; default: all.
	 * In the second batch all values are checked: in about 100 groups whose values move
	 * together, and each against the gradient of the same sample in a batch as small as the
	 * first one, or elsewhere in a batch. Where they differ, a value is moved alone */
	int64_t most;
	/** inputs are uniform in this range, in which LAM_ZERO is 0; default: normal with mean 0
	 * and variance 1 */
	lam_real low, high;
	/** [inputs]: the shapes of the inputs of a join, in place of .shape: for a layer of several
	 * inputs that stands alone, such as lam_concat() without branches. Read during the call.
	 * .inputs without .shapes, .shapes without .inputs, and .shapes for a graph are
	 * LAM_ERR_ARGUMENT */
	const lam_shape *shapes;
	int inputs; /**< 1 to 10,000; default: none, .shape says the one input's */
} lam_gradcheck_options;

/** Checks the gradients of the inputs and of every parameter of each layer:
 *
 *     lam_gradcheck(lam_relu(), LAM_SHAPE(3, 8, 8), &report)
 *     lam_gradcheck(lam_graph_done(g), .report = &report)
 *     lam_gradcheck(gate(), .report = &report, .inputs = 2,
 *             .shapes = (const lam_shape[]){LAM_SHAPE(4), LAM_SHAPE(4)})
 *
 * A graph may have several inputs, outputs and losses. Each layer is checked once, also one whose
 * value leads to no loss; each use of shared parameters (lam_share()) alone; a loss without its
 * weight in the graph. Where a loss ignores a class, one target in eight is of that class. If its
 * class has LAM_WEIGHS_SAMPLES, the samples of the second batch have weights; one in eight is 0.
 *
 * Every forward of a
 * batch has the same random numbers, and the states (running statistics) and the layer's own struct
 * as they were before the first one. Forwards are those of training, and then, for layers whose
 * class has LAM_EVAL_BACKWARD, those of evaluation.
 *
 * At a kink (ReLU at 0, a tie of two maxima) the slopes on both sides are different, and every
 * gradient between them is right. Where differences with several steps do not agree with each
 * other, because a kink is near or because rounding errors are too large, a value is not judged. It
 * is judged with another random batch, up to twice. If more than 5% of an array's values are left,
 * the check fails.
 *
 * Before the gradients, the check looks for what breaks the rules of layer.h, pass.h and plan.h in
 * silence:
 *
 *   - backward reads x or y, and the class lacks LAM_KEEP_X or LAM_KEEP_Y;
 *   - a function writes or reads beyond an array: an activation, a parameter, a packed copy, or
 *     the bytes of scratch, saved or shared memory that .plan has declared (unless far beyond);
 *   - it reads memory that it has not written, or leaves a part of its output or of a gradient
 *     unwritten;
 *   - it changes its input, a parameter, or the output gradient;
 *   - the result changes when it runs again, or with the order of units; or with LAM_IN_PLACE it
 *     depends on whether out is x, or dx is dy;
 *   - .update reads moments that the optimizer has not, or writes beyond its arrays.
 *
 * Returns
 *
 *   - LAM_ERR_NUMERIC when a gradient is wrong. The sentence names the layer and its worst value;
 *     the report has more. Also when too many values could not be judged;
 *   - LAM_ERR_ARGUMENT, with a sentence that names layer, function and array, when a layer breaks a
 *     rule;
 *   - other errors as lam_net_create().
 *
 * May be called on any thread. */
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
