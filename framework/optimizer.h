/* SPDX-License-Identifier: MIT */
/** \file
 * Optimizers: a rule and its options, as a plain struct. The net holds the moments. Formulas are
 * those of PyTorch's torch.optim. */
#ifndef LAM_OPTIMIZER_H
#define LAM_OPTIMIZER_H

#include "named.h"
#include "real.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	LAM_MAX_MOMENTS = 3, /**< arrays of moments of a rule */
	LAM_OWN_OPTIONS = 8, /**< numbers of a rule of one's own, beside those with names */
};

/** The class of a rule of one's own (rule.h). */
typedef struct lam_rule_class lam_rule_class;

/** The rule of an optimizer. */
typedef enum lam_rule {
	LAM_RULE_NONE = 0, /**< from a constructor that refused its options; using it is an error */
	LAM_RULE_SGD,      /**< lam_sgd() */
	LAM_RULE_ADAM,     /**< lam_adam() */
	LAM_RULE_ADAMW,    /**< lam_adamw() */
	LAM_RULE_RMSPROP,  /**< lam_rmsprop() */
	LAM_RULE_OWN = 100, /**< a class of the caller's: lam_optimizer_of(), rule.h */
} lam_rule;

/** An optimizer, made by lam_sgd(...), lam_adam(...), lam_adamw(...), lam_rmsprop(...) or
 * lam_optimizer_of(...), which fill in the defaults. `lr` and the other members may be changed
 * between steps. */
typedef struct lam_optimizer {
	size_t size;
	lam_rule rule;         /**< set by the constructor */
	lam_real lr;           /**< the learning rate, at least 0 */
	lam_real momentum;     /**< sgd, rmsprop */
	lam_real weight_decay; /**< added to the gradient; decoupled in adamw */
	lam_real beta1, beta2; /**< adam, adamw: 0.9, 0.999 */
	lam_real alpha;        /**< rmsprop: smoothing, 0.99 */
	lam_real eps;          /**< adam, adamw, rmsprop: 1e-8 */
	bool nesterov;         /**< sgd; needs momentum */
	bool centered;         /**< rmsprop */
	/* A rule of the caller's own may use any of these members, and: */
	const lam_rule_class *rule_class; /**< with LAM_RULE_OWN; others do not read it */
	LAM_NAMED;
	lam_real own[LAM_OWN_OPTIONS]; /**< its own numbers, which its table gives names */
} lam_optimizer;

/** Stochastic gradient descent: v = momentum v + g, w = w - lr v; with `.nesterov` w = w - lr (g +
 * momentum v). As torch.optim.SGD. */
typedef struct lam_sgd_options {
	size_t size;
	LAM_NAMED;
	lam_real lr;           /**< above 0; required */
	lam_real momentum;     /**< 0 to below 1; default 0 */
	bool nesterov;         /**< needs momentum */
	lam_real weight_decay; /**< at least 0; default 0 */
} lam_sgd_options;

/** Adam, and AdamW, whose weight decay is apart from the gradient: m = beta1 m + (1 - beta1) g,
 * s = beta2 s + (1 - beta2) g^2, w = w - lr m' / (sqrt(s') + eps), where m' and s' are m and s
 * divided by 1 - beta1^t and 1 - beta2^t in update t. As torch.optim.Adam and AdamW. */
typedef struct lam_adam_options {
	size_t size;
	LAM_NAMED;
	lam_real lr;    /**< above 0; required */
	lam_real beta1; /**< 0 to below 1 (LAM_ZERO for 0); default 0.9 */
	lam_real beta2; /**< 0 to below 1 (LAM_ZERO for 0); default 0.999 */
	lam_real eps;   /**< above 0; default 1e-8 */
	/** at least 0; default 0; added to the gradient by adam, decoupled by adamw */
	lam_real weight_decay;
} lam_adam_options;

/** RMSprop: s = alpha s + (1 - alpha) g^2, w = w - lr g / (sqrt(s) + eps); with `.centered` s minus
 * the square of the mean gradient; with `.momentum` that of the quotients. As torch.optim.RMSprop.
 */
typedef struct lam_rmsprop_options {
	size_t size;
	LAM_NAMED;
	lam_real lr;           /**< above 0; required */
	lam_real alpha;        /**< 0 to below 1 (LAM_ZERO for 0); default 0.99 */
	lam_real eps;          /**< above 0; default 1e-8 */
	lam_real momentum;     /**< 0 to below 1; default 0 */
	lam_real weight_decay; /**< at least 0; default 0 */
	bool centered;         /**< by the variance of the gradient */
} lam_rmsprop_options;

/** The constructors. If options are invalid, they set a sentence and return an optimizer with
 * LAM_RULE_NONE, and functions that are given it fail. */
LAM_MUST_CHECK lam_optimizer lam_sgd_new(const lam_sgd_options *options);
LAM_MUST_CHECK lam_optimizer lam_adam_new(const lam_adam_options *options);
LAM_MUST_CHECK lam_optimizer lam_adamw_new(const lam_adam_options *options);
LAM_MUST_CHECK lam_optimizer lam_rmsprop_new(const lam_rmsprop_options *options);

#ifndef __cplusplus
#define lam_sgd(...) lam_sgd_new(&(lam_sgd_options){.size = sizeof(lam_sgd_options), __VA_ARGS__})
#define lam_adam(...) \
	lam_adam_new(&(lam_adam_options){.size = sizeof(lam_adam_options), __VA_ARGS__})
#define lam_adamw(...) \
	lam_adamw_new(&(lam_adam_options){.size = sizeof(lam_adam_options), __VA_ARGS__})
#define lam_rmsprop(...) \
	lam_rmsprop_new(&(lam_rmsprop_options){.size = sizeof(lam_rmsprop_options), __VA_ARGS__})
#endif

/** "sgd", "adam", "adamw", "rmsprop", "own"; "none". Static storage. */
const char *lam_rule_name(lam_rule rule);

/** The name of an optimizer's rule: that of its class with LAM_RULE_OWN. */
const char *lam_optimizer_name(const lam_optimizer *optimizer);

/** The number of moment arrays that the rule needs with these options (sgd without momentum: 0). */
int lam_optimizer_moments(const lam_optimizer *optimizer);

#ifdef __cplusplus
}
#endif
#endif
