/* SPDX-License-Identifier: MIT */
/* Questions about a net that other rooms ask, beside those of net.h. Private to the framework. */
#ifndef LAM_QUERY_H
#define LAM_QUERY_H

#include "framework/io.h"
#include "framework/plan/title.h"

#pragma GCC visibility push(hidden)

enum { LAM_MOST_BATCH = 1 << 24 }; /* samples per step */

bool lam_net_inference(const lam_net *net);

/* The plan that the net was made of. */
const struct lam_plan *lam_net_plan(const lam_net *net);

/* Whether the net was created with .direct, which excludes algorithms that round differently. */
bool lam_net_direct(const lam_net *net);

/* The losses, from 0, in the order of their calls: what the targets of each are, the mean over the
 * last batch that had targets, what "correct" means for its output, and its name for sentences. */
lam_target_info lam_net_target_info(const lam_net *net, int loss);
double lam_net_loss_value(const lam_net *net, int loss);
/* What the sum of that batch was divided by (lam_pass.count). */
double lam_net_loss_divisor(const lam_net *net, int loss);
/* Whether the class has LAM_MIXES. */
bool lam_net_loss_mixes(const lam_net *net, int loss);

/* What is behind a loss's name in that of the weights of its samples. */
#define LAM_WEIGHTS_ENDING ".weights"

/* Whether the loss has a divisor from lam_net_set_divisor(). */
bool lam_net_has_divisor(const lam_net *net, int loss);

/* Whether the loss's class weighs samples. */
bool lam_net_loss_weighs(const lam_net *net, int loss);
lam_metric lam_net_metric(const lam_net *net, int loss);
lam_call_name lam_net_loss_title(const lam_net *net, int loss);

/* Whether the net computes one sample at a time: whether it does follows from .max_batch and
 * shapes, and decides the last bits of results. */
bool lam_net_by_sample(const lam_net *net);

/* Whether a training forward of n samples has too few for a layer. If so, *title is the name of the
 * first one, and *least is the number that it needs. */
bool lam_net_too_few(const lam_net *net, int64_t n, lam_call_name *title, int64_t *least);

#pragma GCC visibility pop
#endif
