/* What no run may go on with, nor leave in a checkpoint: numbers that are not finite where no later step will meet them. */
#include "framework/trainer_inside.h"

#include "framework/net_inside.h"

#include <inttypes.h>
#include <math.h>

/* The first value that is not finite, or -1. */
static int64_t first_bad(const lam_real *values, int64_t count)
{
	for (int64_t i = 0; i < count; i++)
		if (!isfinite(values[i]))
			return i;
	return -1;
}

/* A frozen parameter is what the caller made it: no update brought it there. */
lam_status lam_trainer_finite_params(const lam_trainer *trainer)
{
	const lam_plan *plan = &trainer->net->plan;
	for (int i = 0; i < plan->param_count; i++) {
		const struct lam_param *param = plan->params[i];
		const int64_t bad = param->trainable ? first_bad(param->value, param->count) : -1;
		if (bad >= 0)
			return lam_fail(LAM_ERR_NUMERIC, "lam_fit: the update of step %" PRId64 " left value %" PRId64 " of parameter \"%s\" at %g; expected finite ones",
				trainer->state.steps, bad, param->name, (double)param->value[bad]);
	}
	return LAM_OK;
}

lam_status lam_trainer_finite_validation(const lam_trainer *trainer)
{
	if (isfinite(trainer->validated.loss))
		return LAM_OK;
	return lam_fail(LAM_ERR_NUMERIC, "lam_fit: epoch %" PRId64 ": the validation loss is %g; expected a finite one", trainer->state.epochs + 1,
		trainer->validated.loss);
}
