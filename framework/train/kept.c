/* SPDX-License-Identifier: MIT */
#include "framework/train/kept.h"

#include "framework/memory.h"

#include <string.h>

lam_status lam_copy_new(lam_copy *copy, const lam_net *net)
{
	copy->params = lam_alloc((size_t)lam_net_params(net).size, sizeof *copy->params);
	copy->states = lam_alloc((size_t)lam_net_states(net).size, sizeof *copy->states);
	return copy->params && copy->states ? LAM_OK : LAM_ERR_MEMORY;
}

void lam_copy_free(lam_copy *copy)
{
	lam_free(copy->params);
	lam_free(copy->states);
	*copy = (lam_copy){NULL, NULL};
}

static void swap_reals(lam_real *a, lam_real *b, int64_t count)
{
	for (int64_t i = 0; i < count; i++) {
		const lam_real other = a[i];
		a[i] = b[i];
		b[i] = other;
	}
}

/* The next run of the net makes its packed copies again. */
static void mark_edited(lam_net *net)
{
	lam_arena_changed(lam_net_params(net));
	lam_arena_changed(lam_net_states(net));
}

void lam_copy_take(lam_copy *copy, const lam_net *net)
{
	const lam_arena params = lam_net_params(net), states = lam_net_states(net);
	lam_copy_reals(copy->params, params.values, params.size);
	lam_copy_reals(copy->states, states.values, states.size);
}

void lam_copy_put(const lam_copy *copy, lam_net *net)
{
	const lam_arena params = lam_net_params(net), states = lam_net_states(net);
	lam_copy_reals(params.values, copy->params, params.size);
	lam_copy_reals(states.values, copy->states, states.size);
	mark_edited(net);
}

void lam_copy_swap(lam_copy *copy, lam_net *net)
{
	const lam_arena params = lam_net_params(net), states = lam_net_states(net);
	swap_reals(params.values, copy->params, params.size);
	swap_reals(states.values, copy->states, states.size);
	mark_edited(net);
}
