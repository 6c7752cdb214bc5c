/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write optimizers: the class of a rule, which the library's optimizers and a user's
 * own define alike.
 *
 * A class is static const data. An optimizer is a class and its options, as a plain struct
 * (optimizer.h). The net owns the moments. A run with a rule of one's own is saved and resumed as
 * any other: its checkpoint holds the rule's name, its options and its moments, and a run with
 * another rule or other options is refused by name.
 *
 *     static const lam_option lion_options[] = {
 *             LAM_OPTION(lam_optimizer, lr, REAL, .most = 1, .above = true, .required = true),
 *             LAM_OPTION(lam_optimizer, beta1, REAL, .fallback = 0.9f, .most = 1, .below = true),
 *             …
 *             LAM_OPTIONS_END,
 *     };
 *     static const lam_rule_class lion_class = {
 *             LAM_RULE_ABI,
 *             .name = "lion",
 *             .options = lion_options,
 *             .moments = 1,
 *             .update = lion_update,
 *     };
 *     lam_optimizer lion = lam_optimizer_of(&lion_class, .lr = 1e-4f, .weight_decay = 0.1f);
 */
#ifndef LAM_RULE_H
#define LAM_RULE_H

#include "optimizer.h"
#include "option.h"
#include "real.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	LAM_MAX_SUMS = 8, /**< of a rule's .measure */
};

/** A parameter, or a slice of it, to be updated. */
typedef struct lam_update {
	/** the rule and its options, defaults filled in; lr and weight_decay are multiplied by
	 * lam_param_rate() and lam_param_decay() */
	const lam_optimizer *optimizer;
	const char *name;                  /**< "weight" */
	int param;                         /**< index in the order of lam_plan_param() */
	lam_real *value;                   /**< [count] */
	const lam_real *gradient;          /**< [count] */
	lam_real *moment[LAM_MAX_MOMENTS]; /**< [count] each, as many as the rule has */
	int64_t count;                     /**< values in this slice */
	int64_t step;                      /**< updates of the net before this one */
	lam_real gradient_scale;           /**< factor of the gradients, for clipping; usually 1 */
	bool decays;                       /**< whether weight decay applies to this parameter */
	int64_t first;                     /**< index of value[0] in the whole parameter */
	int64_t whole;                     /**< values of the whole parameter */
	/** over the whole parameter, as the rule's .measure summed them; NULL: it has none, or
	 * lam_update_default() is to sum over this slice */
	const double *sums;
	/** for lam_random(): depends on the net's seed, its training forwards and updates so far,
	 * and the parameter. With a value's index in the whole parameter as the counter, numbers do
	 * not depend on pieces. 0 for the library's rules */
	uint64_t key;
} lam_update;

/** The vtable. A member left out (NULL, 0) has the stated meaning. Functions may run on any thread,
 * on several at once, must not allocate, and must be pure: what they write depends only on what
 * `update` holds. On failure they return lam_fail(…). */
typedef struct lam_rule_class {
	uint32_t abi; /**< set by LAM_RULE_ABI, which comes first */
	/** one word of at most 64 letters, digits and underscores, which names the rule in files
	 * and sentences */
	const char *name;
	/** Rows for the members of lam_optimizer that the rule uses, LAM_OPTION(lam_optimizer, lr,
	 * REAL, …), and for numbers of its own, LAM_OWN_OPTION(0, trust, …). One for lr is
	 * required: schedules set it, and lam_param_set_rate() multiplies it. Options without a row
	 * are refused. */
	const lam_option *options;
	/** arrays of the parameters' size that the rule keeps from step to step, 0 to
	 * LAM_MAX_MOMENTS; all 0 before the first step */
	int moments;
	/** Which of them it keeps with these options: bit m for moment m. update->moment has those
	 * alone, without gaps. NULL: all. */
	unsigned (*keeps)(const lam_optimizer *optimizer);
	/** Checks what a table cannot express, when an optimizer is made and when it is used. NULL:
	 * nothing. */
	lam_status (*check)(const lam_optimizer *optimizer);
	/** how many sums over a whole parameter .update needs, 0 to LAM_MAX_SUMS */
	int sums;
	/** Writes to sum[0], …, which are 0, this piece's part of each sum, such as its squares'.
	 * It may write moments, but not values. The net calls it for all pieces of all parameters
	 * before it calls .update, and adds the parts in the order of the pieces, so sums do not
	 * depend on the number of threads. */
	lam_status (*measure)(const lam_update *update, double *sum);
	/** Writes the values and moments of this piece. The gradient is gradient_scale *
	 * gradient[i]. Pieces have at most 16384 values, whatever the number of threads. Required.
	 */
	lam_status (*update)(const lam_update *update);
} lam_rule_class;

/** First in a class: `static const lam_rule_class lion_class = { LAM_RULE_ABI, .name = "lion", …
 * }`.
 */
#define LAM_RULE_ABI .abi = LAM_RULE_ABI_NUMBER
#define LAM_RULE_ABI_NUMBER (1u << 16 | (uint32_t)sizeof(lam_real))

/** A row for number `place` (0 to LAM_OWN_OPTIONS - 1) of lam_optimizer.own, which sentences and
 * files call `option`:
 *
 *     LAM_OWN_OPTION(0, trust, .fallback = 10, .most = INT_MAX)
 *
 * It is given as `.own = {10}`, and read as optimizer->own[0]. */
#define LAM_OWN_OPTION(place, option, ...) \
	{ \
		.name = #option, .type = LAM_OPTION_REAL, \
		.offset = offsetof(lam_optimizer, own) + (place) * sizeof(lam_real), __VA_ARGS__ \
	}

/** lam_optimizer_of(&rule_class, .lr = …) makes an optimizer of a rule of one's own, with the
 * defaults of its table filled in. If the class or an option is invalid, it sets a sentence and
 * returns an optimizer with LAM_RULE_NONE. The class must stay as long as the optimizer is used. */
LAM_MUST_CHECK lam_optimizer lam_optimizer_of_with(const lam_optimizer *options);

#ifndef __cplusplus
#define lam_optimizer_of(...) \
	lam_optimizer_of_with( \
		&(lam_optimizer){.size = sizeof(lam_optimizer), .rule_class = __VA_ARGS__})
#endif

/** Applies the optimizer's rule to a slice, for a layer's .update, or a rule's, that does more than
 * that. A slice should begin at a multiple of 16384 values of the parameter. */
LAM_MUST_CHECK lam_status lam_update_default(const lam_update *update);

#ifdef __cplusplus
}
#endif
#endif
