/* SPDX-License-Identifier: MIT */
/* Optimizers: constructors, the check of their numbers, and the rules, which are kernels.
 *
 * One table lists the rules; which numbers each rule reads, and in which range they make sense,
 * stands in another. */
#include "framework/optimizer.h"

#include "framework/base/options.h"
#include "framework/kernels/kernels.h"
#include "framework/layer.h"
#include "framework/net/optimizer_check.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define RULE(rule) (1u << LAM_RULE_##rule)

/* The numbers of an optimizer: who reads them, and [least, most), for `lr` without an upper end. */
static const struct number {
	const char *name;
	size_t offset;
	double least, below;
	unsigned rules;
	bool above_least; /* the least is not legal itself */
} numbers[] = {
	{"lr", offsetof(lam_optimizer, lr), 0, INFINITY,
		RULE(SGD) | RULE(ADAM) | RULE(ADAMW) | RULE(RMSPROP), false},
	{"momentum", offsetof(lam_optimizer, momentum), 0, 1, RULE(SGD) | RULE(RMSPROP), false},
	{"weight_decay", offsetof(lam_optimizer, weight_decay), 0, INFINITY,
		RULE(SGD) | RULE(ADAM) | RULE(ADAMW) | RULE(RMSPROP), false},
	{"beta1", offsetof(lam_optimizer, beta1), 0, 1, RULE(ADAM) | RULE(ADAMW), false},
	{"beta2", offsetof(lam_optimizer, beta2), 0, 1, RULE(ADAM) | RULE(ADAMW), false},
	{"alpha", offsetof(lam_optimizer, alpha), 0, 1, RULE(RMSPROP), false},
	{"eps", offsetof(lam_optimizer, eps), 0, INFINITY, RULE(ADAM) | RULE(ADAMW) | RULE(RMSPROP),
		true},
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
	lam_kernel()->update.sgd(u->value, u->grad, u->moment[0], (size_t)u->count,
		&(struct lam_sgd_rule){
			.lr = o->lr,
			.momentum = o->momentum,
			.weight_decay = u->decays ? o->weight_decay : 0,
			.gradient_scale = u->grad_scale,
			.nesterov = o->nesterov,
			.first = u->step == 0,
		});
}

static void adam_apply(const lam_update *u)
{
	const lam_optimizer *o = u->optimizer;
	lam_kernel()->update.adam(u->value, u->grad, u->moment[0], u->moment[1], (size_t)u->count,
		&(struct lam_adam_rule){
			.lr = o->lr,
			.beta1 = o->beta1,
			.beta2 = o->beta2,
			.eps = o->eps,
			.weight_decay = u->decays ? o->weight_decay : 0,
			.gradient_scale = u->grad_scale,
			.decoupled = o->rule == LAM_RULE_ADAMW,
			.step = u->step + 1,
		});
}

/* Moments in order: v, then m with momentum, then a when centered. */
static void rmsprop_apply(const lam_update *u)
{
	const lam_optimizer *o = u->optimizer;
	bool moves = o->momentum > 0;
	lam_kernel()->update.rmsprop(u->value, u->grad, u->moment[0], moves ? u->moment[1] : NULL,
		o->centered ? u->moment[1 + moves] : NULL, (size_t)u->count,
		&(struct lam_rmsprop_rule){
			.lr = o->lr,
			.alpha = o->alpha,
			.eps = o->eps,
			.weight_decay = u->decays ? o->weight_decay : 0,
			.momentum = o->momentum,
			.gradient_scale = u->grad_scale,
			.centered = o->centered,
		});
}

static const struct rule {
	const char *name;
	int (*moments)(const lam_optimizer *optimizer);
	void (*apply)(const lam_update *update);
} rules[] = {
	[LAM_RULE_NONE] = {"none", NULL, NULL},
	[LAM_RULE_SGD] = {"sgd", sgd_moments, sgd_apply},
	[LAM_RULE_ADAM] = {"adam", adam_moments, adam_apply},
	[LAM_RULE_ADAMW] = {"adamw", adam_moments, adam_apply},
	[LAM_RULE_RMSPROP] = {"rmsprop", rmsprop_moments, rmsprop_apply},
};

static bool rule_known(lam_rule rule)
{
	return (unsigned)rule < sizeof rules / sizeof *rules;
}

const char *lam_rule_name(lam_rule rule)
{
	return rules[rule_known(rule) ? rule : LAM_RULE_NONE].name;
}

int lam_optimizer_moments(const lam_optimizer *optimizer)
{
	if (!optimizer || !rule_known(optimizer->rule) || !rules[optimizer->rule].moments)
		return 0;
	return rules[optimizer->rule].moments(optimizer);
}

static lam_status check_number(const lam_optimizer *optimizer, const struct number *number)
{
	lam_real value;
	memcpy(&value, (const char *)optimizer + number->offset, sizeof value);
	bool enough = number->above_least ? value > number->least : value >= number->least;
	if (enough && value < number->below) /* false for NaN */
		return LAM_OK;
	const char *from = number->above_least ? "above" : "at least";
	if (isinf(number->below))
		return lam_fail(LAM_ERR_ARGUMENT, "%s: %s %g; expected a number, %s %g",
			lam_rule_name(optimizer->rule), number->name, (double)value, from,
			number->least);
	return lam_fail(LAM_ERR_ARGUMENT, "%s: %s %g; expected a number, %s %g and below %g",
		lam_rule_name(optimizer->rule), number->name, (double)value, from, number->least,
		number->below);
}

lam_status lam_optimizer_check(const lam_optimizer *optimizer)
{
	if (!optimizer)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the optimizer is NULL; expected one made by lam_sgd() or its kin");
	/* What a constructor refused has a size: its sentence says more than one from here would.
	 */
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
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (numbers[i].rules & 1u << optimizer->rule) {
			lam_status status = check_number(optimizer, &numbers[i]);
			if (status)
				return status;
		}
	if (optimizer->rule == LAM_RULE_SGD && optimizer->nesterov && optimizer->momentum == 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"sgd: .nesterov without momentum; expected .momentum above 0");
	return LAM_OK;
}

static const lam_optimizer refused = {.size = sizeof refused};

/* What a constructor made, if its numbers make sense: an lr of 0 is one that was left out. */
static lam_optimizer checked(lam_optimizer optimizer)
{
	optimizer.size = sizeof optimizer;
	if (optimizer.lr == 0) {
		lam_fail(LAM_ERR_ARGUMENT, "%s: .lr is missing; expected a learning rate above 0",
			lam_rule_name(optimizer.rule));
		return refused;
	}
	return lam_optimizer_check(&optimizer) ? refused : optimizer;
}

static lam_real or_default(lam_real value, lam_real fallback)
{
	return value == 0 ? fallback : value;
}

lam_optimizer lam_sgd_new(const lam_sgd_options *options)
{
	lam_sgd_options o;
	if (!lam_take_options("lam_sgd", &o, sizeof o, 2 * sizeof o.size, options))
		return refused;
	return checked((lam_optimizer){
		.rule = LAM_RULE_SGD,
		.lr = o.lr,
		.momentum = o.momentum,
		.weight_decay = o.weight_decay,
		.nesterov = o.nesterov,
	});
}

static lam_optimizer adam_of(lam_rule rule, const lam_adam_options *options)
{
	lam_adam_options o;
	if (!lam_take_options(rule == LAM_RULE_ADAM ? "lam_adam" : "lam_adamw", &o, sizeof o,
		    2 * sizeof o.size, options))
		return refused;
	return checked((lam_optimizer){
		.rule = rule,
		.lr = o.lr,
		.beta1 = or_default(o.beta1, (lam_real)0.9),
		.beta2 = or_default(o.beta2, (lam_real)0.999),
		.eps = or_default(o.eps, (lam_real)1e-8),
		.weight_decay = o.weight_decay,
	});
}

lam_optimizer lam_adam_new(const lam_adam_options *options)
{
	return adam_of(LAM_RULE_ADAM, options);
}

lam_optimizer lam_adamw_new(const lam_adam_options *options)
{
	return adam_of(LAM_RULE_ADAMW, options);
}

lam_optimizer lam_rmsprop_new(const lam_rmsprop_options *options)
{
	lam_rmsprop_options o;
	if (!lam_take_options("lam_rmsprop", &o, sizeof o, 2 * sizeof o.size, options))
		return refused;
	return checked((lam_optimizer){
		.rule = LAM_RULE_RMSPROP,
		.lr = o.lr,
		.alpha = or_default(o.alpha, (lam_real)0.99),
		.eps = or_default(o.eps, (lam_real)1e-8),
		.momentum = o.momentum,
		.weight_decay = o.weight_decay,
		.centered = o.centered,
	});
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
