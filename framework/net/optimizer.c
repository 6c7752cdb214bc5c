/* SPDX-License-Identifier: MIT */
/* Optimizers: their constructors, and the update of a slice by any rule. */
#include "framework/optimizer.h"

#include "framework/base/failure.h"
#include "framework/base/options.h"
#include "framework/layer/option_table.h"
#include "framework/net/optimizer_check.h"
#include "framework/threads/thresholds.h"

#include <stddef.h>
#include <string.h>

static const lam_optimizer refused = {.size = sizeof refused};

/* Fills in the defaults and checks an optimizer that has what the caller gave. */
static lam_optimizer made(lam_optimizer optimizer)
{
	const lam_rule_class *rule = lam_optimizer_rule(&optimizer);
	lam_status status = lam_options_resolve(rule->options, &optimizer);
	if (status)
		(void)lam_fail(status, "%s: %s", rule->name, lam_error());
	return status || lam_optimizer_check(&optimizer) ? refused : optimizer;
}

/* An optimizer of the library's rule `rule`. */
static lam_optimizer built_in(lam_rule rule, lam_optimizer options)
{
	options.size = sizeof options;
	options.rule = rule;
	return made(options);
}

/* Copies the caller's options to `o`; false and a sentence if it cannot. */
#define TAKE(function, o, given) \
	lam_take_options(function, &(o), sizeof(o), 2 * sizeof(o).size, \
		(size_t)((char *)&(o).named - (char *)&(o)), given)

lam_optimizer lam_sgd_new(const lam_sgd_options *options)
{
	lam_sgd_options o;
	if (!TAKE("lam_sgd", o, options))
		return refused;
	return built_in(LAM_RULE_SGD,
		(lam_optimizer){.lr = o.lr,
			.momentum = o.momentum,
			.nesterov = o.nesterov,
			.weight_decay = o.weight_decay});
}

static lam_optimizer adam(lam_rule rule, const char *function, const lam_adam_options *options)
{
	lam_adam_options o;
	if (!TAKE(function, o, options))
		return refused;
	return built_in(rule,
		(lam_optimizer){.lr = o.lr,
			.beta1 = o.beta1,
			.beta2 = o.beta2,
			.eps = o.eps,
			.weight_decay = o.weight_decay});
}

lam_optimizer lam_adam_new(const lam_adam_options *options)
{
	return adam(LAM_RULE_ADAM, "lam_adam", options);
}

lam_optimizer lam_adamw_new(const lam_adam_options *options)
{
	return adam(LAM_RULE_ADAMW, "lam_adamw", options);
}

lam_optimizer lam_rmsprop_new(const lam_rmsprop_options *options)
{
	lam_rmsprop_options o;
	if (!TAKE("lam_rmsprop", o, options))
		return refused;
	return built_in(LAM_RULE_RMSPROP,
		(lam_optimizer){.lr = o.lr,
			.alpha = o.alpha,
			.eps = o.eps,
			.momentum = o.momentum,
			.weight_decay = o.weight_decay,
			.centered = o.centered});
}

lam_optimizer lam_optimizer_of_with(const lam_optimizer *options)
{
	lam_optimizer o;
	if (!TAKE("lam_optimizer_of", o, options))
		return refused;
	o.size = sizeof o;
	o.rule = LAM_RULE_OWN;
	if (lam_rule_check(o.rule_class)) {
		(void)lam_fail(LAM_ERR_ARGUMENT, "lam_optimizer_of: %s", lam_error());
		return refused;
	}
	return made(o);
}

/* The rule's failure, with a sentence. */
static lam_status failed(
	const lam_update *update, lam_status status, uint64_t before, const char *function)
{
	const char *name = lam_optimizer_name(update->optimizer);
	return lam_unsaid(status, before) ? lam_fail_unsaid(status, name, function)
					  : lam_fail(status, "%s: %s", name, lam_error());
}

/* The update with an optimizer without weight decay, written to `plain`, if none applies. */
static lam_update decayed(const lam_update *given, lam_optimizer *plain)
{
	lam_update update = *given;
	if (!update.decays && update.optimizer->weight_decay != 0) {
		*plain = *update.optimizer;
		plain->weight_decay = 0;
		update.optimizer = plain;
	}
	return update;
}

lam_status lam_rule_measure(const lam_update *piece, double sum[LAM_MAX_SUMS])
{
	const lam_rule_class *rule = piece->optimizer->rule_class;
	lam_optimizer plain;
	const lam_update update = decayed(piece, &plain);
	const uint64_t before = lam_failures();
	memset(sum, 0, (size_t)rule->sums * sizeof *sum);
	const lam_status status = rule->measure(&update, sum);
	return status ? failed(&update, status, before, ".measure") : LAM_OK;
}

lam_update lam_update_part(const lam_update *update, int64_t first, int64_t count)
{
	lam_update part = *update;
	part.count = count;
	part.first += first;
	part.value += first;
	part.gradient += first;
	for (int m = 0; m < LAM_MAX_MOMENTS; m++)
		part.moment[m] = part.moment[m] ? part.moment[m] + first : NULL;
	return part;
}

static lam_update piece_of(const lam_update *update, int64_t first)
{
	const int64_t rest = update->count - first;
	return lam_update_part(update, first, rest < LAM_UPDATE_PIECE ? rest : LAM_UPDATE_PIECE);
}

/* Sums over a slice, for an update that was made by hand. */
static lam_status measure_slice(const lam_update *update, double sums[LAM_MAX_SUMS])
{
	double part[LAM_MAX_SUMS];
	lam_status status = LAM_OK;
	for (int64_t first = 0; first < update->count && !status; first += LAM_UPDATE_PIECE) {
		const lam_update piece = piece_of(update, first);
		status = lam_rule_measure(&piece, part);
		for (int k = 0; k < update->optimizer->rule_class->sums; k++)
			sums[k] += part[k];
	}
	return status;
}

/* Cuts the slice into pieces, which are the same for any number of threads. */
static lam_status update_own(const lam_update *given)
{
	const lam_rule_class *rule = given->optimizer->rule_class;
	double sums[LAM_MAX_SUMS] = {0};
	lam_optimizer plain;
	lam_update update = decayed(given, &plain);
	update.whole = update.whole ? update.whole : update.count;
	lam_status status = LAM_OK;
	if (rule->measure && !update.sums) {
		status = measure_slice(&update, sums);
		update.sums = sums;
	}
	for (int64_t first = 0; first < update.count && !status; first += LAM_UPDATE_PIECE) {
		const lam_update piece = piece_of(&update, first);
		const uint64_t before = lam_failures();
		status = rule->update(&piece);
		if (status)
			status = failed(&piece, status, before, ".update");
	}
	return status;
}

lam_status lam_update_default(const lam_update *update)
{
	if (!update)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_update_default: the update is NULL");
	lam_status status = lam_optimizer_check(update->optimizer);
	if (status)
		return status;
	return update->optimizer->rule == LAM_RULE_OWN
		? update_own(update)
		: lam_optimizer_rule(update->optimizer)->update(update);
}
