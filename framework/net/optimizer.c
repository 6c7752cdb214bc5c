/* SPDX-License-Identifier: MIT */
/* Optimizers: their option tables, their checks, and the rules, which are kernels. */
#include "framework/optimizer.h"

#include "framework/base/options.h"
#include "framework/kernels/kernels.h"
#include "framework/layer.h"
#include "framework/net/optimizer_check.h"

#include <stddef.h>
#include <string.h>

static const lam_option sgd_options[] = {
	LAM_OPTION(lam_sgd_options, lr, REAL, .most = INT_MAX, .above = true, .required = true),
	LAM_OPTION(lam_sgd_options, momentum, REAL, .most = 1, .below = true),
	LAM_OPTION(lam_sgd_options, nesterov, BOOL),
	LAM_OPTION(lam_sgd_options, weight_decay, REAL, .most = INT_MAX),
	LAM_OPTIONS_END,
};

static const lam_option adam_options[] = {
	LAM_OPTION(lam_adam_options, lr, REAL, .most = INT_MAX, .above = true, .required = true),
	LAM_OPTION(
		lam_adam_options, beta1, REAL, .fallback = (lam_real)0.9, .most = 1, .below = true),
	LAM_OPTION(lam_adam_options, beta2, REAL, .fallback = (lam_real)0.999, .most = 1,
		.below = true),
	LAM_OPTION(lam_adam_options, eps, REAL, .fallback = (lam_real)1e-8, .most = INT_MAX,
		.above = true),
	LAM_OPTION(lam_adam_options, weight_decay, REAL, .most = INT_MAX),
	LAM_OPTIONS_END,
};

static const lam_option rmsprop_options[] = {
	LAM_OPTION(lam_rmsprop_options, lr, REAL, .most = INT_MAX, .above = true, .required = true),
	LAM_OPTION(lam_rmsprop_options, alpha, REAL, .fallback = (lam_real)0.99, .most = 1,
		.below = true),
	LAM_OPTION(lam_rmsprop_options, eps, REAL, .fallback = (lam_real)1e-8, .most = INT_MAX,
		.above = true),
	LAM_OPTION(lam_rmsprop_options, momentum, REAL, .most = 1, .below = true),
	LAM_OPTION(lam_rmsprop_options, weight_decay, REAL, .most = INT_MAX),
	LAM_OPTION(lam_rmsprop_options, centered, BOOL),
	LAM_OPTIONS_END,
};

/* The members of lam_optimizer that hold the options, in the order of their rows. */
#define PLACE(option) offsetof(lam_optimizer, option)
static const size_t sgd_places[] = {
	PLACE(lr), PLACE(momentum), PLACE(nesterov), PLACE(weight_decay)};
static const size_t adam_places[] = {
	PLACE(lr), PLACE(beta1), PLACE(beta2), PLACE(eps), PLACE(weight_decay)};
static const size_t rmsprop_places[] = {
	PLACE(lr), PLACE(alpha), PLACE(eps), PLACE(momentum), PLACE(weight_decay), PLACE(centered)};

const lam_value_constructor lam_optimizer_constructors[] = {
	[LAM_RULE_NONE] = {"none", NULL, 0, NULL},
	[LAM_RULE_SGD] = {"sgd", sgd_options, sizeof(lam_sgd_options), sgd_places},
	[LAM_RULE_ADAM] = {"adam", adam_options, sizeof(lam_adam_options), adam_places},
	[LAM_RULE_ADAMW] = {"adamw", adam_options, sizeof(lam_adam_options), adam_places},
	[LAM_RULE_RMSPROP] = {"rmsprop", rmsprop_options, sizeof(lam_rmsprop_options),
		rmsprop_places},
};

static int sgd_moments(const lam_optimizer *o)
{
	return o->momentum > 0;
}

static int adam_moments(const lam_optimizer *o)
{
	(void)o;
	return 2;
}

static int rmsprop_moments(const lam_optimizer *o)
{
	return 1 + (o->momentum > 0) + o->centered;
}

unsigned lam_optimizer_layout(const lam_optimizer *optimizer)
{
	return (optimizer->momentum > 0) | (unsigned)optimizer->centered << 1;
}

static void sgd_apply(const lam_update *u)
{
	const lam_optimizer *o = u->optimizer;
	lam_kernel()->update.sgd(u->value, u->gradient, u->moment[0], (size_t)u->count,
		&(struct lam_sgd_rule){
			.lr = o->lr,
			.momentum = o->momentum,
			.weight_decay = u->decays ? o->weight_decay : 0,
			.gradient_scale = u->gradient_scale,
			.nesterov = o->nesterov,
			.first = u->step == 0,
		});
}

static void adam_apply(const lam_update *u)
{
	const lam_optimizer *o = u->optimizer;
	lam_kernel()->update.adam(u->value, u->gradient, u->moment[0], u->moment[1],
		(size_t)u->count,
		&(struct lam_adam_rule){
			.lr = o->lr,
			.beta1 = o->beta1,
			.beta2 = o->beta2,
			.eps = o->eps,
			.weight_decay = u->decays ? o->weight_decay : 0,
			.gradient_scale = u->gradient_scale,
			.decoupled = o->rule == LAM_RULE_ADAMW,
			.step = u->step + 1,
		});
}

/* The moments are v, then m with momentum, then a if centered. */
static void rmsprop_apply(const lam_update *u)
{
	const lam_optimizer *o = u->optimizer;
	bool moves = o->momentum > 0;
	lam_kernel()->update.rmsprop(u->value, u->gradient, u->moment[0],
		moves ? u->moment[1] : NULL, o->centered ? u->moment[1 + moves] : NULL,
		(size_t)u->count,
		&(struct lam_rmsprop_rule){
			.lr = o->lr,
			.alpha = o->alpha,
			.eps = o->eps,
			.weight_decay = u->decays ? o->weight_decay : 0,
			.momentum = o->momentum,
			.gradient_scale = u->gradient_scale,
			.centered = o->centered,
		});
}

static const struct rule {
	int (*moments)(const lam_optimizer *optimizer);
	void (*apply)(const lam_update *update);
} rules[] = {
	[LAM_RULE_NONE] = {NULL, NULL},
	[LAM_RULE_SGD] = {sgd_moments, sgd_apply},
	[LAM_RULE_ADAM] = {adam_moments, adam_apply},
	[LAM_RULE_ADAMW] = {adam_moments, adam_apply},
	[LAM_RULE_RMSPROP] = {rmsprop_moments, rmsprop_apply},
};

static bool rule_known(lam_rule rule)
{
	return (unsigned)rule < sizeof rules / sizeof *rules;
}

const char *lam_rule_name(lam_rule rule)
{
	return lam_optimizer_constructors[rule_known(rule) ? rule : LAM_RULE_NONE].name;
}

int lam_optimizer_moments(const lam_optimizer *optimizer)
{
	if (!optimizer || !rule_known(optimizer->rule) || !rules[optimizer->rule].moments)
		return 0;
	return rules[optimizer->rule].moments(optimizer);
}

lam_status lam_optimizer_check(const lam_optimizer *optimizer)
{
	if (!optimizer)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the optimizer is NULL; expected one made by lam_sgd() or its kin");
	/* If it has a size, a constructor has refused it: keep the constructor's sentence. */
	if (optimizer->rule == LAM_RULE_NONE && optimizer->size && *lam_error())
		return LAM_ERR_ARGUMENT;
	if (optimizer->rule == LAM_RULE_NONE)
		return lam_fail(LAM_ERR_ARGUMENT,
			"no optimizer; expected one made by lam_sgd(), lam_adam(), lam_adamw() or "
			"lam_rmsprop()");
	if (!rule_known(optimizer->rule))
		return lam_fail(LAM_ERR_ARGUMENT,
			"the optimizer's rule is %d; expected one made by lam_sgd() or its kin",
			(int)optimizer->rule);
	lam_optimizer edited = *optimizer;
	if (edited.lr == 0) /* constructors refuse 0, but a schedule may end there */
		edited.lr = 1;
	lam_status status = lam_value_check(&lam_optimizer_constructors[edited.rule], &edited);
	if (status)
		return status;
	if (optimizer->rule == LAM_RULE_SGD && optimizer->nesterov && optimizer->momentum == 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"sgd: .nesterov without momentum; expected .momentum above 0");
	return LAM_OK;
}

static const lam_optimizer refused = {.size = sizeof refused};

/* Makes an optimizer from a copy of the caller's options; NULL if these could not be copied. */
static lam_optimizer made(lam_rule rule, void *options)
{
	lam_optimizer optimizer = {.size = sizeof optimizer, .rule = rule};
	if (!options || lam_value_construct(&lam_optimizer_constructors[rule], options, &optimizer)
		|| lam_optimizer_check(&optimizer))
		return refused;
	return optimizer;
}

lam_optimizer lam_sgd_new(const lam_sgd_options *options)
{
	lam_sgd_options o;
	return made(LAM_RULE_SGD,
		lam_take_options("lam_sgd", &o, sizeof o, 2 * sizeof o.size,
			offsetof(lam_sgd_options, named), options)
			? &o
			: NULL);
}

lam_optimizer lam_adam_new(const lam_adam_options *options)
{
	lam_adam_options o;
	return made(LAM_RULE_ADAM,
		lam_take_options("lam_adam", &o, sizeof o, 2 * sizeof o.size,
			offsetof(lam_adam_options, named), options)
			? &o
			: NULL);
}

lam_optimizer lam_adamw_new(const lam_adam_options *options)
{
	lam_adam_options o;
	return made(LAM_RULE_ADAMW,
		lam_take_options("lam_adamw", &o, sizeof o, 2 * sizeof o.size,
			offsetof(lam_adam_options, named), options)
			? &o
			: NULL);
}

lam_optimizer lam_rmsprop_new(const lam_rmsprop_options *options)
{
	lam_rmsprop_options o;
	return made(LAM_RULE_RMSPROP,
		lam_take_options("lam_rmsprop", &o, sizeof o, 2 * sizeof o.size,
			offsetof(lam_rmsprop_options, named), options)
			? &o
			: NULL);
}

lam_status lam_update_default(const lam_update *update)
{
	if (!update)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_update_default: the update is NULL");
	lam_status status = lam_optimizer_check(update->optimizer);
	if (status)
		return status;
	rules[update->optimizer->rule].apply(update);
	return LAM_OK;
}
