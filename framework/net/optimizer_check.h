/* SPDX-License-Identifier: MIT */
/* Rules and their checks. An optimizer is checked when it is used, too, as its members may have
 * been edited. Private to the framework. */
#ifndef LAM_OPTIMIZER_CHECK_H
#define LAM_OPTIMIZER_CHECK_H

#include "framework/rule.h"

#pragma GCC visibility push(hidden)

/* The library's own rules, indexed by lam_rule; LAM_RULE_NONE has no .update. Others' never fail.
 */
enum { LAM_RULES = LAM_RULE_RMSPROP + 1 };
extern const lam_rule_class lam_built_in_rules[LAM_RULES];

/* The class of an optimizer's rule; NULL: it has none, or an unknown one. */
const lam_rule_class *lam_optimizer_rule(const lam_optimizer *optimizer);

/* LAM_ERR_ARGUMENT and a sentence for a class that cannot be used. */
lam_status lam_rule_check(const lam_rule_class *rule);

/* LAM_ERR_ARGUMENT and a sentence for NULL, LAM_RULE_NONE, an unknown rule, a bad class, and
 * options out of range. */
lam_status lam_optimizer_check(const lam_optimizer *optimizer);

/* Which moments the rule keeps with these options: bit m for moment m of its class. Two optimizers
 * of one rule may have equally many moments, one a momentum where the other has a mean. */
unsigned lam_optimizer_layout(const lam_optimizer *optimizer);

/* The rule's name and its numbers in `own`, each as name=value, with spaces between. */
enum { LAM_RULE_TEXT = 1024 };
void lam_optimizer_text(const lam_optimizer *optimizer, char text[LAM_RULE_TEXT]);

/* The update of values [first, first + count) of those of `update`. */
lam_update lam_update_part(const lam_update *update, int64_t first, int64_t count);

/* Calls .measure of a rule of the caller's own for one piece. */
lam_status lam_rule_measure(const lam_update *piece, double sum[LAM_MAX_SUMS]);

#pragma GCC visibility pop
#endif
