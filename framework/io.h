/* SPDX-License-Identifier: MIT */
/** \file
 * Nets of several inputs, outputs or losses, by name.
 *
 * An input is named by lam_graph_input(), an output by lam_graph_output(), a loss by
 * lam_graph_loss() or its layer's .name. An end without a name is called "input", "output" or
 * "loss". A loss's output, such as probabilities, has the loss's name. These functions also serve
 * nets of one input and one loss. Rows are as in net.h.
 *
 * The samples of a loss may have weights: lam_real [n], finite and at least 0, under the loss's
 * name with ".weights" behind it, beside its targets:
 *
 *     lam_net_step_io(net, &adam, (const lam_io[]){
 *             {"input", x}, {"loss", labels}, {"loss.weights", weights}, {0}}, n)
 *
 * With s_i the weight of sample i, l_t the loss of its target t (of a place, if it has several),
 * and w_t the weight of that target's class, 0 if it is ignored and 1 without weights of classes,
 *
 *     loss = sum of s_i l_t / sum of s_i w_t        over all samples i and their targets t
 *
 * where l_t has its factor w_t already. Losses that are means over elements have one target per
 * sample, w 1. So a weight of 2 is the same as the sample being in the batch twice, and 0 as it not
 * being there. If all are 0, loss and gradient are 0. (A batch norm sees all samples alike.) All
 * losses of the library take weights; a class of one's own with LAM_WEIGHS_SAMPLES does. */
#ifndef LAM_IO_H
#define LAM_IO_H

#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Data for an input, or targets or weights for a loss. A list of them ends with {0}, may have any
 * order, and has each name at most once; an unknown name is LAM_ERR_ARGUMENT. */
typedef struct lam_io {
	const char *name; /**< of the input or the loss */
	const void
		*data; /**< [n][shape of the input], or targets as lam_net_forward() takes them */
} lam_io;

/** Memory for an output. */
typedef struct lam_out {
	const char *name; /**< of the output */
	lam_real *data;   /**< [n][shape of the output] */
} lam_out;

/** As lam_net_forward(): every input must be in the list. A loss whose targets are not is not
 * computed; lam_net_loss() changes only if all are. */
LAM_MUST_CHECK lam_status lam_net_forward_io(
	lam_net *net, lam_mode mode, const lam_io *io, int64_t n);

/** As lam_net_step(): every input, and the targets of every loss. */
LAM_MUST_CHECK lam_status lam_net_step_io(
	lam_net *net, const lam_optimizer *optimizer, const lam_io *io, int64_t n);

/** As lam_net_predict(), for any n: every input, and the outputs that are wanted. Targets in the
 * list are not read. */
LAM_MUST_CHECK lam_status lam_net_predict_io(
	lam_net *net, const lam_io *io, int64_t n, const lam_out *out);

/** As lam_net_backward_from(): `dy` lists gradients of outputs, [n][shape of the output]; in a net
 * with losses gradients of what a loss reads, such as logits, under the loss's name. Outputs that
 * are not in the list have a gradient of 0. In a net with losses, outputs without one have no
 * gradient and may not be in the list. */
LAM_MUST_CHECK lam_status lam_net_backward_from_io(lam_net *net, const lam_io *dy);

/** The number of inputs, outputs and losses of the net. */
int lam_net_input_count(const lam_net *net);
int lam_net_output_count(const lam_net *net);
int lam_net_loss_count(const lam_net *net);
/** The name of input, output or loss `i`, from 0, in the order in which the graph made them; NULL
 * out of range. Valid until lam_net_free(). */
const char *lam_net_input_name(const lam_net *net, int i);
const char *lam_net_output_name(const lam_net *net, int i);
const char *lam_net_loss_name(const lam_net *net, int i);
/** The shape of a sample of the input or output of this name; rank 0 if there is none. */
lam_shape lam_net_shape_of(const lam_net *net, const char *name);

/** The mean of one loss in the last forward that had targets for it, without its weight; NaN
 * before, or if there is no such loss. */
double lam_net_loss_of(const lam_net *net, const char *name);
/** The targets that a loss needs. LAM_ERR_ARGUMENT: there is no such loss. */
LAM_MUST_CHECK lam_status lam_net_targets_of(
	const lam_net *net, const char *name, lam_target_info *info);
/** Changes a loss's weight, from the next step on. It must be finite. The net in a
 * file keeps the weight with which the graph was made; a checkpoint or a replay has the changed one
 * beside it. LAM_ERR_UNSUPPORTED: the loss has parameters of its own, and the weight is not 1.
 * LAM_ERR_STATE: the net runs. */
LAM_MUST_CHECK lam_status lam_net_set_loss_weight(lam_net *net, const char *name, lam_real weight);

/** Parts of a batch. A loss is a sum over samples divided by a count, their number or the sum of
 * their weights (lam_pass.count). A part's gradient is its own sum divided by its own count, and
 * lam_net_accumulate() adds such gradients, as PyTorch does. If the counts differ, or to get the
 * mean instead of a sum of means, divide all parts by the count of the whole:
 *
 *     double whole = 0, count;
 *     for each part
 *             lam_net_divisor_of(net, "loss", targets, weights, n, &count), whole += count;
 *     lam_net_accumulate(net, true), lam_net_set_divisor(net, "loss", whole);
 *     for each part
 *             lam_net_forward(net, LAM_TRAIN, x, targets, n), lam_net_backward(net);
 *     lam_net_update(net, &optimizer);
 *
 * Then the accumulated gradient is that of the whole batch in one step, but for the rounding of
 * sums in another order, whatever the parts' sizes and weights are; the parts' losses add up to the
 * whole's. Parts may as well lie on several machines, which add their counts before the backward
 * and their gradients after it. (A batch norm has the statistics of each part.)
 *
 * lam_net_divisor_of() gives the count of n samples, any number, for these targets and weights of
 * samples (NULL: 1). lam_net_set_divisor() sets what the loss is divided by in steps and forwards
 * that a backward may follow, from the next one on: finite and above 0; 0: again each batch's own
 * count. lam_fit() refuses a net that has one; lam_evaluate() does not use it. LAM_ERR_STATE: the
 * net runs. */
LAM_MUST_CHECK lam_status lam_net_divisor_of(const lam_net *net, const char *name,
	const void *targets, const lam_real *weights, int64_t n, double *divisor);
LAM_MUST_CHECK lam_status lam_net_set_divisor(lam_net *net, const char *name, double divisor);

/** As lam_net_output() and lam_net_input_grad(), of one output or input. NULL and a sentence
 * (LAM_ERR_ARGUMENT) if there is none of this name. */
const lam_real *lam_net_output_of(lam_net *net, const char *name);
const lam_real *lam_net_input_grad_of(lam_net *net, const char *name);

#ifdef __cplusplus
}
#endif
#endif
