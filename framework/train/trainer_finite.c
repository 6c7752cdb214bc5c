/* SPDX-License-Identifier: MIT */
/* Looks for numbers that are not finite where no later step would notice them. A run with such
 * numbers does not go on, and no checkpoint of it is written. */
#include "framework/train/inside.h"

#include "framework/net/arenas.h"
#include "framework/net/finite.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static lam_status expect_finite(const lam_trainer *trainer, const char *what,
	const struct lam_param *param, const lam_real *values)
{
	const int64_t bad = lam_first_not_finite(values, param->count);
	if (bad < 0)
		return LAM_OK;
	return lam_fail(LAM_ERR_NUMERIC,
		"lam_fit: step %" PRId64 " left value %" PRId64
		" of %s \"%s\" at %g; expected finite ones",
		trainer->state.steps, bad, what, param->name, (double)values[bad]);
}

/* Skips frozen parameters, which no update has changed, and statistics that a layer of the caller
 * begins at infinity. */
lam_status lam_trainer_finite_net(const lam_trainer *trainer)
{
	const lam_arena params = lam_net_params(trainer->net),
			states = lam_net_states(trainer->net);
	lam_status status = LAM_OK;
	for (int i = 0; !status && i < params.count; i++) {
		const struct lam_param *param = params.params[i];
		if (!param->trainable)
			continue;
		status = expect_finite(trainer, "parameter", param, param->value);
		const lam_real *moments;
		for (int m = 0; !status && (moments = lam_net_moment(trainer->net, m)); m++) {
			char moment[40];
			snprintf(moment, sizeof moment, "moment %d of parameter", m + 1);
			status = expect_finite(trainer, moment, param, moments + param->offset);
		}
	}
	for (int i = 0; !status && i < states.count; i++)
		if (isfinite(states.params[i]->initial))
			status = expect_finite(
				trainer, "statistic", states.params[i], states.params[i]->value);
	return status;
}

lam_status lam_trainer_finite_validation(const lam_trainer *trainer)
{
	if (isfinite(trainer->validated.loss))
		return LAM_OK;
	return lam_fail(LAM_ERR_NUMERIC,
		"lam_fit: epoch %" PRId64 ": the validation loss is %g; expected a finite one",
		trainer->state.epochs + 1, trainer->validated.loss);
}
