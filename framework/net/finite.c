/* SPDX-License-Identifier: MIT */
#include "framework/net/finite.h"

#include "framework/kernels/kernels.h"
#include "framework/net/arenas.h"

#include <math.h>

int64_t lam_first_not_finite(const lam_real *values, int64_t count)
{
	if (lam_kernel()->reduce.all_finite(values, (size_t)count))
		return -1;
	for (int64_t i = 0; i < count; i++)
		if (!isfinite(values[i]))
			return i;
	return -1;
}

const lam_param *lam_net_not_finite(const lam_net *net, int64_t *at)
{
	const lam_arena arenas[] = {lam_net_params(net), lam_net_states(net)};
	for (int a = 0; a < 2; a++)
		for (int i = 0; i < arenas[a].count; i++) {
			const struct lam_param *param = arenas[a].params[i];
			*at = lam_first_not_finite(param->value, param->count);
			if (*at >= 0)
				return param;
		}
	return NULL;
}
