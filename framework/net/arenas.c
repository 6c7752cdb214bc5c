/* SPDX-License-Identifier: MIT */
#include "framework/net/arenas.h"

#include "framework/memory.h"
#include "framework/net/inside.h"

static const lam_net *owner(const lam_net *net)
{
	return net->source ? net->source : net;
}

lam_arena lam_net_params(const lam_net *net)
{
	const lam_plan *plan = &net->plan;
	return (lam_arena){owner(net)->values, plan->param_values, plan->params, plan->param_count};
}

lam_arena lam_net_states(const lam_net *net)
{
	const lam_plan *plan = &net->plan;
	return (lam_arena){owner(net)->states, plan->state_values, plan->states, plan->state_count};
}

void lam_arena_changed(lam_arena arena)
{
	for (int i = 0; i < arena.count; i++)
		atomic_fetch_add(arena.params[i]->version, 1);
}

lam_real *lam_net_moment(const lam_net *net, int m)
{
	return m < net->moment_count ? net->moments[m] : NULL;
}

const char *lam_net_rule_text(const lam_net *net)
{
	return net->rule == LAM_RULE_OWN ? net->rule_text : NULL;
}

lam_counts lam_net_counts(const lam_net *net)
{
	return (lam_counts){net->updates, net->passes};
}

void lam_net_set_counts(lam_net *net, lam_counts counts)
{
	net->updates = counts.updates;
	net->passes = counts.passes;
}

void lam_net_restart(lam_net *net)
{
	net->rule = LAM_RULE_NONE;
	net->sum_begun = false;
	net->passes = net->run_passes;
}

void lam_net_count_run(lam_net *net)
{
	net->run_passes = net->passes;
}

void lam_net_forget_input(lam_net *net)
{
	net->has_output = net->can_backward = false;
}

lam_tally *lam_net_tally(const lam_net *net, int loss, lam_scored which)
{
	return &net->losses[loss].tallies[which];
}

lam_real lam_net_loss_weight(const lam_net *net, int loss)
{
	return net->plan.losses[loss].weight;
}

lam_real lam_net_made_weight(const lam_net *net, int loss)
{
	return net->losses[loss].made_weight;
}

void lam_net_restore_weight(lam_net *net, int loss, lam_real weight)
{
	net->plan.losses[loss].weight = weight;
}

int64_t *lam_net_confusion(const lam_net *net, int loss, lam_scored which)
{
	return net->losses[loss].confusion[which];
}

lam_status lam_net_confusion_room(lam_net *net, int loss, lam_scored which, int64_t classes)
{
	int64_t **at = &net->losses[loss].confusion[which];
	if (!*at)
		*at = lam_alloc((size_t)(classes * classes), sizeof **at);
	return *at ? LAM_OK : LAM_ERR_MEMORY;
}
