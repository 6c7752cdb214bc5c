/* SPDX-License-Identifier: MIT */
/* The library's rules: their option tables, and their updates, which are kernels. And which rule an
 * optimizer has. */
#include "framework/kernels/kernels.h"
#include "framework/net/optimizer_check.h"

#define LR LAM_OPTION(lam_optimizer, lr, REAL, .most = INT_MAX, .above = true, .required = true)
#define MOMENTUM LAM_OPTION(lam_optimizer, momentum, REAL, .most = 1, .below = true)
#define WEIGHT_DECAY LAM_OPTION(lam_optimizer, weight_decay, REAL, .most = INT_MAX)
#define EPS \
	LAM_OPTION(lam_optimizer, eps, REAL, .fallback = (lam_real)1e-8, .most = INT_MAX, \
		.above = true)

static const lam_option sgd_options[] = {
	LR,
	MOMENTUM,
	LAM_OPTION(lam_optimizer, nesterov, BOOL),
	WEIGHT_DECAY,
	LAM_OPTIONS_END,
};

static const lam_option adam_options[] = {
	LR,
	LAM_OPTION(lam_optimizer, beta1, REAL, .fallback = (lam_real)0.9, .most = 1, .below = true),
	LAM_OPTION(
		lam_optimizer, beta2, REAL, .fallback = (lam_real)0.999, .most = 1, .below = true),
	EPS,
	WEIGHT_DECAY,
	LAM_OPTIONS_END,
};

static const lam_option rmsprop_options[] = {
	LR,
	LAM_OPTION(
		lam_optimizer, alpha, REAL, .fallback = (lam_real)0.99, .most = 1, .below = true),
	EPS,
	MOMENTUM,
	WEIGHT_DECAY,
	LAM_OPTION(lam_optimizer, centered, BOOL),
	LAM_OPTIONS_END,
};

static unsigned sgd_keeps(const lam_optimizer *o)
{
	return o->momentum > 0;
}

static lam_status sgd_check(const lam_optimizer *o)
{
	if (o->nesterov && o->momentum == 0)
		return lam_fail(
			LAM_ERR_ARGUMENT, ".nesterov without momentum; expected .momentum above 0");
	return LAM_OK;
}

static lam_status sgd_update(const lam_update *u)
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
	return LAM_OK;
}

static lam_status adam_update(const lam_update *u)
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
	return LAM_OK;
}

/* The moments are v, then m with momentum, then a if centered. */
static unsigned rmsprop_keeps(const lam_optimizer *o)
{
	return 1 | (unsigned)(o->momentum > 0) << 1 | (unsigned)o->centered << 2;
}

static lam_status rmsprop_update(const lam_update *u)
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
	return LAM_OK;
}

const lam_rule_class lam_built_in_rules[LAM_RULES] = {
	[LAM_RULE_NONE] = {.name = "none"},
	[LAM_RULE_SGD] = {LAM_RULE_ABI, .name = "sgd", .options = sgd_options, .moments = 1,
		.keeps = sgd_keeps, .check = sgd_check, .update = sgd_update},
	[LAM_RULE_ADAM] = {LAM_RULE_ABI, .name = "adam", .options = adam_options, .moments = 2,
		.update = adam_update},
	[LAM_RULE_ADAMW] = {LAM_RULE_ABI, .name = "adamw", .options = adam_options, .moments = 2,
		.update = adam_update},
	[LAM_RULE_RMSPROP] = {LAM_RULE_ABI, .name = "rmsprop", .options = rmsprop_options,
		.moments = 3, .keeps = rmsprop_keeps, .update = rmsprop_update},
};

const lam_rule_class *lam_optimizer_rule(const lam_optimizer *optimizer)
{
	if (!optimizer || optimizer->rule == LAM_RULE_NONE)
		return NULL;
	if (optimizer->rule == LAM_RULE_OWN)
		return optimizer->rule_class;
	return (unsigned)optimizer->rule < LAM_RULES ? &lam_built_in_rules[optimizer->rule] : NULL;
}

const char *lam_rule_name(lam_rule rule)
{
	if (rule == LAM_RULE_OWN)
		return "own";
	return lam_built_in_rules[(unsigned)rule < LAM_RULES ? rule : LAM_RULE_NONE].name;
}

const char *lam_optimizer_name(const lam_optimizer *optimizer)
{
	const lam_rule_class *rule = lam_optimizer_rule(optimizer);
	return rule && rule->name ? rule->name : lam_rule_name(LAM_RULE_NONE);
}

unsigned lam_optimizer_layout(const lam_optimizer *optimizer)
{
	const lam_rule_class *rule = lam_optimizer_rule(optimizer);
	if (!rule)
		return 0;
	return rule->keeps ? rule->keeps(optimizer) : (1u << rule->moments) - 1;
}

int lam_optimizer_moments(const lam_optimizer *optimizer)
{
	return __builtin_popcount(lam_optimizer_layout(optimizer));
}
