/* SPDX-License-Identifier: MIT */
/* Checks the class of a rule, and an optimizer's options. */
#include "framework/base/failure.h"
#include "framework/base/number.h"
#include "framework/base/shown.h"
#include "framework/layer/option_table.h"
#include "framework/net/optimizer_check.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_WORD = 64 };

/* The members of lam_optimizer that a rule's table may have rows for, beside those of `own`. */
#define MEMBER(member, type) \
	{ \
#member, offsetof(lam_optimizer, member), LAM_OPTION_##type \
	}
static const struct member {
	const char *name;
	size_t offset;
	lam_option_type type;
} members[] = {
	MEMBER(lr, REAL),
	MEMBER(momentum, REAL),
	MEMBER(weight_decay, REAL),
	MEMBER(beta1, REAL),
	MEMBER(beta2, REAL),
	MEMBER(alpha, REAL),
	MEMBER(eps, REAL),
	MEMBER(nesterov, BOOL),
	MEMBER(centered, BOOL),
};
enum { MEMBERS = sizeof members / sizeof *members };

static struct member member(int i)
{
	if (i < MEMBERS)
		return members[i];
	return (struct member){"own",
		offsetof(lam_optimizer, own) + (size_t)(i - MEMBERS) * sizeof(lam_real),
		LAM_OPTION_REAL};
}

/* The row for a member, or NULL. */
static const lam_option *row_of(const lam_option *options, size_t offset)
{
	for (; options && options->name; options++)
		if (options->offset == offset)
			return options;
	return NULL;
}

/* Whether a name is one word of letters, digits and underscores. */
static bool word(const char *name)
{
	const size_t length = name ? strlen(name) : 0;
	return length > 0 && length <= LONGEST_WORD
		&& strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
		== length;
}

static lam_status check_row(const lam_rule_class *rule, const lam_option *row)
{
	int i = 0;
	while (i < MEMBERS + LAM_OWN_OPTIONS && member(i).offset != row->offset)
		i++;
	if (!word(row->name))
		return lam_fail(LAM_ERR_ARGUMENT,
			"the rule \"%s\" names an option \"%s\"; expected one word of 1 to %d "
			"letters, digits and underscores",
			rule->name, lam_show(row->name).text, LONGEST_WORD);
	if (i == MEMBERS + LAM_OWN_OPTIONS || member(i).type != row->type
		|| row_of(rule->options, row->offset) != row)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the rule \"%s\": its option %s is no member of lam_optimizer with that "
			"type, or is there twice; expected LAM_OPTION(lam_optimizer, …) or "
			"LAM_OWN_OPTION(0 to %d, …)",
			rule->name, row->name, LAM_OWN_OPTIONS - 1);
	return LAM_OK;
}

static lam_status check_options(const lam_rule_class *rule)
{
	lam_status status = LAM_OK;
	for (const lam_option *row = rule->options; row && row->name && !status; row++)
		status = check_row(rule, row);
	if (status)
		return status;
	if (!row_of(rule->options, offsetof(lam_optimizer, lr)))
		return lam_fail(LAM_ERR_ARGUMENT,
			"the rule \"%s\" has no option lr; expected a row for it, as schedules set "
			"it",
			rule->name);
	const lam_option *bad = lam_option_without_range(rule->options);
	if (bad)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the rule \"%s\" lets option %s lie from %g to %g; expected a range (does "
			"its row say .most?)",
			rule->name, bad->name, bad->least, bad->most);
	return LAM_OK;
}

lam_status lam_rule_check(const lam_rule_class *rule)
{
	if (!rule)
		return lam_fail(LAM_ERR_ARGUMENT, "the rule's class is NULL");
	if (rule->abi != LAM_RULE_ABI_NUMBER)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the rule's class was compiled for another lamina (abi %#x); expected %#x: "
			"begin it with LAM_RULE_ABI and check -DLAM_DOUBLE",
			(unsigned)rule->abi, (unsigned)LAM_RULE_ABI_NUMBER);
	if (!word(rule->name))
		return lam_fail(LAM_ERR_ARGUMENT,
			"the rule's name is \"%s\"; expected one word of 1 to %d letters, digits "
			"and underscores",
			lam_show(rule->name).text, LONGEST_WORD);
	if (!rule->update)
		return lam_fail(LAM_ERR_ARGUMENT, "the rule \"%s\" has no .update", rule->name);
	if (rule->moments < 0 || rule->moments > LAM_MAX_MOMENTS)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the rule \"%s\" has %d moments; expected 0 to %d (LAM_MAX_MOMENTS)",
			rule->name, rule->moments, LAM_MAX_MOMENTS);
	if (rule->sums < 0 || rule->sums > LAM_MAX_SUMS || (rule->sums > 0) != !!rule->measure)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the rule \"%s\" has %d sums and %s .measure; expected 1 to %d "
			"(LAM_MAX_SUMS) with one, 0 without",
			rule->name, rule->sums, rule->measure ? "a" : "no", LAM_MAX_SUMS);
	return check_options(rule);
}

/* Refuses what was given for an option that the rule does not have. */
static lam_status check_others(const lam_rule_class *rule, const lam_optimizer *optimizer)
{
	for (int i = 0; i < MEMBERS + LAM_OWN_OPTIONS; i++) {
		const struct member m = member(i);
		static const lam_real none = 0;
		const size_t bytes = m.type == LAM_OPTION_BOOL ? sizeof(bool) : sizeof none;
		if (row_of(rule->options, m.offset)
			|| !memcmp((const char *)optimizer + m.offset, &none, bytes))
			continue;
		char place[16] = "";
		if (i >= MEMBERS)
			snprintf(place, sizeof place, "[%d]", i - MEMBERS);
		return lam_fail(LAM_ERR_ARGUMENT, "%s: has no option %s%s; expected it left out",
			rule->name, m.name, place);
	}
	return LAM_OK;
}

static lam_status check_own(const lam_optimizer *optimizer)
{
	lam_status status = lam_rule_check(optimizer->rule_class);
	if (!status)
		status = check_others(optimizer->rule_class, optimizer);
	if (!status && lam_optimizer_layout(optimizer) >> optimizer->rule_class->moments)
		status = lam_fail(LAM_ERR_ARGUMENT,
			"%s: .keeps returned %#x for %d moments; expected a bit for each of them",
			optimizer->rule_class->name, lam_optimizer_layout(optimizer),
			optimizer->rule_class->moments);
	return status;
}

/* Checks an optimizer whose rule is known. */
static lam_status check_known(const lam_optimizer *optimizer)
{
	const lam_rule_class *rule = lam_optimizer_rule(optimizer);
	lam_optimizer edited = *optimizer;
	if (edited.lr == 0) /* constructors refuse 0, but a schedule may end there */
		edited.lr = 1;
	lam_status status = lam_options_check(rule->options, &edited);
	if (status)
		return lam_fail(status, "%s: %s", rule->name, lam_error());
	const uint64_t before = lam_failures();
	status = rule->check ? rule->check(optimizer) : LAM_OK;
	if (lam_unsaid(status, before))
		return lam_fail_unsaid(status, rule->name, ".check");
	return status ? lam_fail(status, "%s: %s", rule->name, lam_error()) : LAM_OK;
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
			"no optimizer; expected one made by lam_sgd(), lam_adam(), lam_adamw(), "
			"lam_rmsprop() or lam_optimizer_of()");
	if (optimizer->rule != LAM_RULE_OWN && (unsigned)optimizer->rule >= LAM_RULES)
		return lam_fail(LAM_ERR_ARGUMENT,
			"the optimizer's rule is %d; expected one made by lam_sgd() or its kin",
			(int)optimizer->rule);
	if (optimizer->rule == LAM_RULE_OWN && check_own(optimizer))
		return LAM_ERR_ARGUMENT;
	return check_known(optimizer);
}

void lam_optimizer_text(const lam_optimizer *optimizer, char text[LAM_RULE_TEXT])
{
	int length = snprintf(text, LAM_RULE_TEXT, "%s", lam_optimizer_name(optimizer));
	for (int k = 0; k < LAM_OWN_OPTIONS; k++) {
		const lam_option *row = row_of(
			lam_optimizer_rule(optimizer)->options, member(MEMBERS + k).offset);
		if (row)
			length += snprintf(text + length, (size_t)(LAM_RULE_TEXT - length),
				" %s=%s", row->name, lam_real_text(optimizer->own[k]).text);
	}
}
