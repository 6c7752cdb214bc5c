/* SPDX-License-Identifier: MIT */
/* The optimizer's moments, which the net owns. */
#include "framework/net/arenas.h"
#include "framework/net/inside.h"
#include "framework/net/optimizer_check.h"
#include "framework/threads/region.h"

#include <string.h>

lam_status lam_net_moments(lam_net *net, const lam_optimizer *optimizer)
{
	int wanted = lam_optimizer_moments(optimizer);
	size_t values = (size_t)net->plan.param_values;
	for (int m = 0; m < wanted; m++)
		if (!net->moments[m]
			&& !(net->moments[m] = lam_region_alloc(
				     values, sizeof(lam_real), net->threads)))
			return LAM_ERR_MEMORY;
	const unsigned layout = lam_optimizer_layout(optimizer);
	if (net->rule != optimizer->rule || net->moment_count != wanted
		|| net->moment_layout != layout) {
		for (int m = 0; m < wanted; m++)
			memset(net->moments[m], 0, values * sizeof(lam_real));
		net->rule = optimizer->rule;
		net->moment_count = wanted;
		net->moment_layout = layout;
		net->updates = 0;
	}
	return LAM_OK;
}
