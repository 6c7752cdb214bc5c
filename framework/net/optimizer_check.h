/* SPDX-License-Identifier: MIT */
/* Checks an optimizer when it is used, as its members may have been edited. Private to the
 * framework. */
#ifndef LAM_OPTIMIZER_CHECK_H
#define LAM_OPTIMIZER_CHECK_H

#include "framework/layer/option_table.h"
#include "framework/optimizer.h"
#include "framework/status.h"

#pragma GCC visibility push(hidden)

/* The constructors, indexed by lam_rule; LAM_RULE_NONE has none. */
extern const lam_value_constructor lam_optimizer_constructors[];

/* LAM_ERR_ARGUMENT and a sentence for NULL, LAM_RULE_NONE, an unknown rule, and options out of
 * range. */
lam_status lam_optimizer_check(const lam_optimizer *optimizer);

/* A number that identifies which moments the rule keeps with these options. Two optimizers of one
 * rule may have equally many moments, one a momentum where the other has a mean. */
unsigned lam_optimizer_layout(const lam_optimizer *);

#pragma GCC visibility pop
#endif
