/* Optimizers: numbers checked, defaults filled in, rules applied. A row of the table is a rule. */
#include "framework/optimizer.h"

#include "framework/kernels/kernels.h"
#include "framework/layer.h"
#include "framework/optimizer_check.h"

#include <math.h>
#include <string.h>

static int sgd_moments(const lam_optimizer *o)
{
	return o->momentum > 0;
}

static int adam_moments(const lam_optimizer *o)
{
	(void)o;
	return 2;
}

/* The mean square always; then momentum's and the mean's, as far as they are used. */
static int rmsprop_moments(const lam_optimizer *o)
{
	return 1 + (o->momentum > 0) + o->centered;
}

static void sgd_apply(const lam_update *u, const lam_optimizer *o, double weight_decay)
{
	lam_kernel()->update.sgd(u->value, u->grad, o->momentum > 0 ? u->moment[0] : NULL, (size_t)u->count, &(struct lam_sgd_rule){
		.lr = (double)o->lr, .momentum = (double)o->momentum, .weight_decay = weight_decay, .gradient_scale = (double)u->grad_scale,
		.nesterov = o->nesterov, .first = u->step == 0,
	});
}

static void adam_apply(const lam_update *u, const lam_optimizer *o, double weight_decay)
{
	lam_kernel()->update.adam(u->value, u->grad, u->moment[0], u->moment[1], (size_t)u->count, &(struct lam_adam_rule){
		.lr = (double)o->lr, .beta1 = (double)o->beta1, .beta2 = (double)o->beta2, .eps = (double)o->eps,
		.weight_decay = weight_decay, .gradient_scale = (double)u->grad_scale, .decoupled = o->rule == LAM_RULE_ADAMW, .step = u->step + 1,
	});
}

static void rmsprop_apply(const lam_update *u, const lam_optimizer *o, double weight_decay)
{
	lam_real *momentum = o->momentum > 0 ? u->moment[1] : NULL;
	lam_real *mean = o->centered ? u->moment[o->momentum > 0 ? 2 : 1] : NULL;
	lam_kernel()->update.rmsprop(u->value, u->grad, u->moment[0], momentum, mean, (size_t)u->count, &(struct lam_rmsprop_rule){
		.lr = (double)o->lr, .alpha = (double)o->alpha, .eps = (double)o->eps, .weight_decay = weight_decay,
		.momentum = (double)o->momentum, .gradient_scale = (double)u->grad_scale, .centered = o->centered,
	});
}

struct rule {
	const char *name;
	int (*moments)(const lam_optimizer *optimizer);
	void (*apply)(const lam_update *update, const lam_optimizer *optimizer, double weight_decay);
};

static const struct rule rules[] = {
	[LAM_RULE_NONE] = {"none", NULL, NULL},
	[LAM_RULE_SGD] = {"sgd", sgd_moments, sgd_apply},
	[LAM_RULE_ADAM] = {"adam", adam_moments, adam_apply},
	[LAM_RULE_ADAMW] = {"adamw", adam_moments, adam_apply},
	[LAM_RULE_RMSPROP] = {"rmsprop", rmsprop_moments, rmsprop_apply},
};

static bool known(lam_rule rule)
{
	return (unsigned)rule < sizeof rules / sizeof *rules && rules[rule].apply;
}

const char *lam_rule_name(lam_rule rule)
{
	return (unsigned)rule < sizeof rules / sizeof *rules ? rules[rule].name : "unknown";
}

int lam_optimizer_moments(const lam_optimizer *optimizer)
{
	return optimizer && known(optimizer->rule) ? rules[optimizer->rule].moments(optimizer) : 0;
}

/* Whether a number lies in [0, end); written so that NaN does not. */
static lam_status check_below(const lam_optimizer *o, const char *name, double value, double end)
{
	if (value >= 0 && value < end)
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT, "%s: .%s is %g; expected 0 to below %g", lam_rule_name(o->rule), name, value, end);
}

static lam_status check_finite(const lam_optimizer *o, const char *name, double value)
{
	if (value >= 0 && value <= (double)HUGE_VALF && isfinite(value))
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT, "%s: .%s is %g; expected a finite number of at least 0", lam_rule_name(o->rule), name, value);
}

lam_status lam_optimizer_check(const lam_optimizer *o)
{
	if (!o)
		return lam_fail(LAM_ERR_ARGUMENT, "the optimizer is NULL");
	if (o->rule == LAM_RULE_NONE)
		return *lam_error() ? LAM_ERR_ARGUMENT : lam_fail(LAM_ERR_ARGUMENT, "no optimizer; expected lam_sgd(…), lam_adam(…), lam_adamw(…) or lam_rmsprop(…)");
	if (!known(o->rule))
		return lam_fail(LAM_ERR_ARGUMENT, "optimizer rule %d; expected one that lam_sgd(…) or its kin made", (int)o->rule);
	/* A learning rate of 0 is legal here, not in the constructors: schedules end there. */
	lam_status status = check_finite(o, "lr", (double)o->lr);
	if (!status)
		status = check_finite(o, "weight_decay", (double)o->weight_decay);
	if (!status)
		status = check_finite(o, "eps", (double)o->eps);
	if (!status)
		status = check_below(o, "momentum", (double)o->momentum, 1);
	if (!status)
		status = check_below(o, "beta1", (double)o->beta1, 1);
	if (!status)
		status = check_below(o, "beta2", (double)o->beta2, 1);
	if (!status && !(o->alpha >= 0 && o->alpha <= 1))
		status = lam_fail(LAM_ERR_ARGUMENT, "%s: .alpha is %g; expected 0 to 1", lam_rule_name(o->rule), (double)o->alpha);
	if (!status && o->nesterov && !(o->momentum > 0))
		status = lam_fail(LAM_ERR_ARGUMENT, "%s: .nesterov without .momentum; expected momentum above 0", lam_rule_name(o->rule));
	return status;
}

/* The finished value, or one of no rule and the sentence. */
static lam_optimizer checked(lam_optimizer o)
{
	o.size = sizeof o;
	if (o.lr == 0)
		lam_fail(LAM_ERR_ARGUMENT, "%s: option lr is required", lam_rule_name(o.rule));
	else if (lam_optimizer_check(&o) == LAM_OK)
		return o;
	return (lam_optimizer){.size = sizeof o};
}

static lam_real or_else(lam_real value, double fallback)
{
	return value != 0 ? value : (lam_real)fallback;
}

/* Options of another size than this library's: from a newer header, or not set. */
static bool take(void *options, size_t room, const void *given)
{
	size_t size = given ? *(const size_t *)given : 0;
	memset(options, 0, room);
	if (size < sizeof size || size > room) {
		lam_fail(LAM_ERR_ARGUMENT, "optimizer options of %zu bytes; expected their size member to say at most %zu", size, room);
		return false;
	}
	memcpy(options, given, size);
	return true;
}

lam_optimizer lam_sgd_new(const lam_sgd_options *given)
{
	lam_sgd_options o;
	if (!take(&o, sizeof o, given))
		return (lam_optimizer){0};
	return checked((lam_optimizer){.rule = LAM_RULE_SGD, .lr = o.lr, .momentum = o.momentum, .nesterov = o.nesterov, .weight_decay = o.weight_decay});
}

static lam_optimizer adam(lam_rule rule, const lam_adam_options *given)
{
	lam_adam_options o;
	if (!take(&o, sizeof o, given))
		return (lam_optimizer){0};
	return checked((lam_optimizer){
		.rule = rule, .lr = o.lr, .beta1 = or_else(o.beta1, 0.9), .beta2 = or_else(o.beta2, 0.999), .eps = or_else(o.eps, 1e-8),
		.weight_decay = o.weight_decay,
	});
}

lam_optimizer lam_adam_new(const lam_adam_options *options)
{
	return adam(LAM_RULE_ADAM, options);
}

lam_optimizer lam_adamw_new(const lam_adam_options *options)
{
	return adam(LAM_RULE_ADAMW, options);
}

lam_optimizer lam_rmsprop_new(const lam_rmsprop_options *given)
{
	lam_rmsprop_options o;
	if (!take(&o, sizeof o, given))
		return (lam_optimizer){0};
	return checked((lam_optimizer){
		.rule = LAM_RULE_RMSPROP, .lr = o.lr, .alpha = or_else(o.alpha, 0.99), .eps = or_else(o.eps, 1e-8), .momentum = o.momentum,
		.weight_decay = o.weight_decay, .centered = o.centered,
	});
}

lam_status lam_update_default(const lam_update *update)
{
	const lam_optimizer *o = update->optimizer;
	lam_status status = known(o->rule) ? LAM_OK : lam_optimizer_check(o);
	if (!status)
		rules[o->rule].apply(update, o, update->decays ? (double)o->weight_decay : 0);
	return status;
}
