/* SPDX-License-Identifier: MIT */
/** \file
 * Nets of several inputs, outputs or losses, by name.
 *
 * An input is named by lam_graph_input(), an output by lam_graph_output(), a loss by
 * lam_graph_loss() or its layer's .name. An end without a name is called "input", "output" or
 * "loss". A loss's output, such as probabilities, has the loss's name. These functions also serve
 * nets of one input and one loss. Rows are as in net.h. */
#ifndef LAM_IO_H
#define LAM_IO_H

#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Data for an input, or targets for a loss. A list of them ends with {0}, may have any order, and
 * has each name at most once; an unknown name is LAM_ERR_ARGUMENT. */
typedef struct lam_io {
	const char *name;
	const void
		*data; /**< [n][shape of the input], or targets as lam_net_forward() takes them */
} lam_io;

/** Memory for an output. */
typedef struct lam_out {
	const char *name;
	lam_real *data; /**< [n][shape of the output] */
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

/** As lam_net_output() and lam_net_input_grad(), of one output or input. NULL and a sentence
 * (LAM_ERR_ARGUMENT) if there is none of this name. */
const lam_real *lam_net_output_of(lam_net *net, const char *name);
const lam_real *lam_net_input_grad_of(lam_net *net, const char *name);

#ifdef __cplusplus
}
#endif
#endif
