/* SPDX-License-Identifier: MIT */
/* What the net keeps for an optimizer: its moments, and room for the sums of its rule. */
#include "framework/memory.h"
#include "framework/net/arenas.h"
#include "framework/net/inside.h"
#include "framework/net/optimizer_check.h"
#include "framework/net/task.h"
#include "framework/threads/region.h"

#include <string.h>

/* Room for the sums of a rule of the caller's own, which is there already unless the rule before
 * had fewer. */
static lam_status make_sums(lam_net *net, int sums)
{
	if (sums <= net->rule_sums)
		return LAM_OK;
	int64_t pieces = 0;
	for (int i = 0; i < net->plan.param_count; i++)
		pieces += lam_update_pieces(net->plan.params[i]->count);
	double *parts = lam_alloc((size_t)(pieces * sums), sizeof *parts),
	       *whole = lam_alloc((size_t)(net->plan.param_count * sums), sizeof *whole);
	if (!parts || !whole) {
		lam_free(parts);
		lam_free(whole);
		return LAM_ERR_MEMORY;
	}
	lam_free(net->sum_parts);
	lam_free(net->sums);
	net->sum_parts = parts;
	net->sums = whole;
	net->rule_sums = sums;
	net->sum_bytes = (pieces + net->plan.param_count) * sums * (int64_t)sizeof(double);
	return LAM_OK;
}

/* Notes how files describe a rule of the caller's own. */
static lam_status note_text(lam_net *net, const lam_optimizer *optimizer)
{
	if (optimizer->rule != LAM_RULE_OWN)
		return LAM_OK;
	if (!net->rule_text && !(net->rule_text = lam_alloc(LAM_RULE_TEXT, 1)))
		return LAM_ERR_MEMORY;
	lam_optimizer_text(optimizer, net->rule_text);
	return LAM_OK;
}

/* Begins anew with another rule, or with other moments. */
static lam_status begin(lam_net *net, const lam_optimizer *optimizer, int moments)
{
	const lam_rule_class *rule = lam_optimizer_rule(optimizer);
	lam_status status = make_sums(net, rule->sums);
	if (!status)
		status = note_text(net, optimizer);
	if (status)
		return status;
	for (int m = 0; m < moments; m++)
		memset(net->moments[m], 0, (size_t)net->plan.param_values * sizeof(lam_real));
	net->rule = optimizer->rule;
	net->rule_class = rule;
	net->moment_count = moments;
	net->moment_layout = lam_optimizer_layout(optimizer);
	net->updates = 0;
	return LAM_OK;
}

lam_status lam_net_moments(lam_net *net, const lam_optimizer *optimizer)
{
	int wanted = lam_optimizer_moments(optimizer);
	size_t values = (size_t)net->plan.param_values;
	for (int m = 0; m < wanted; m++)
		if (!net->moments[m]
			&& !(net->moments[m] = lam_region_alloc(
				     values, sizeof(lam_real), net->threads)))
			return LAM_ERR_MEMORY;
	return net->rule == optimizer->rule && net->rule_class == lam_optimizer_rule(optimizer)
			&& net->moment_count == wanted
			&& net->moment_layout == lam_optimizer_layout(optimizer)
		? LAM_OK
		: begin(net, optimizer, wanted);
}
