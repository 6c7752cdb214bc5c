/* SPDX-License-Identifier: MIT */
/* What is asked of an optimizer's numbers at the moment of use: its fields may have been edited.
 * Private to the framework. */
#ifndef LAM_OPTIMIZER_CHECK_H
#define LAM_OPTIMIZER_CHECK_H

#include "framework/layer/option_table.h"
#include "framework/optimizer.h"
#include "framework/status.h"

#pragma GCC visibility push(hidden)

/* The options of each rule's constructor, by lam_rule; LAM_RULE_NONE has none. */
extern const lam_value_constructor lam_optimizer_constructors[];

/* LAM_ERR_ARGUMENT and a sentence for NULL, LAM_RULE_NONE, an unknown rule, and numbers that make
 * no sense. */
lam_status lam_optimizer_check(const lam_optimizer *optimizer);

/* Which moments a rule keeps with these numbers, as a number: of two optimizers of one rule and as
 * many moments, one may keep a momentum where the other keeps a mean. */
unsigned lam_optimizer_layout(const lam_optimizer *);

#pragma GCC visibility pop
#endif
