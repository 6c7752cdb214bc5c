/* SPDX-License-Identifier: MIT */
/* Runs a class's .update on guarded arrays, with an optimizer without moments and one with two. */
#include "framework/check/declared.h"

#include "framework/base/failure.h"

#include <string.h>

enum { VALUE, GRADIENT, MOMENT, ARRAYS = MOMENT + LAM_MAX_MOMENTS, ZONE = 4096 };

/* Fills an array with small numbers above 0. */
static void fill(const lam_guarded *array, int which)
{
	lam_real *values = lam_guarded_part(array, 0);
	for (size_t i = 0; i < array->bytes / sizeof *values; i++)
		values[i] = (lam_real)((double)(i % 7 + 1) / 8 + which);
}

/* Updates parameter k with arrays that have `pattern` where the optimizer has no moments. */
static lam_status update(const lam_alone *a, int k, const lam_optimizer *optimizer,
	const lam_guarded *arrays, int pattern)
{
	const struct lam_param *param = a->net->plan.params[a->call->first_param + k];
	const char *dot = strrchr(param->name, '.');
	const int moments = lam_optimizer_moments(optimizer);
	lam_update u = {
		.optimizer = optimizer,
		.name = dot ? dot + 1 : param->name,
		.param = k,
		.value = lam_guarded_part(&arrays[VALUE], 0),
		.gradient = lam_guarded_part(&arrays[GRADIENT], 0),
		.count = param->count,
		.gradient_scale = 1,
		.decays = param->decay > 0,
	};
	for (int i = 0; i < ARRAYS; i++) {
		lam_guarded_arm(&arrays[i], LAM_PATTERN_NAN);
		fill(&arrays[i], i);
		if (i >= MOMENT + moments)
			lam_guarded_fill(&arrays[i], pattern);
	}
	for (int m = 0; m < LAM_MAX_MOMENTS; m++)
		u.moment[m] = lam_guarded_part(&arrays[MOMENT + m], 0);
	const uint64_t before = lam_failures();
	const lam_call_name title = lam_call_title(a->call);
	lam_status status = a->call->layer_class->update(a->call->layer, &u);
	if (status)
		return lam_unsaid(status, before) ? lam_fail_unsaid(status, title.text, ".update")
						  : status;
	for (int i = 0; i < ARRAYS; i++)
		if (!lam_guarded_intact(&arrays[i], LAM_PATTERN_NAN))
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: .update writes beyond the %zu bytes of %s", title.text,
				arrays[i].bytes,
				i == VALUE              ? "update->value"
					: i == GRADIENT ? "update->gradient"
							: "update->moment");
	return LAM_OK;
}

/* Whether the part of an array holds the pattern alone. */
static bool holds(const lam_guarded *array, int pattern)
{
	const unsigned char *at = lam_guarded_part(array, 0);
	for (size_t i = 0; i < array->bytes; i++)
		if (at[i] != pattern)
			return false;
	return true;
}

/* Compares a run with NaN and one with 0 where there are no moments. */
static lam_status compare(const lam_alone *a, int k, const lam_optimizer *optimizer,
	const lam_guarded *arrays, const lam_guarded *other)
{
	const int moments = lam_optimizer_moments(optimizer);
	lam_status status = update(a, k, optimizer, arrays, LAM_PATTERN_NAN);
	if (!status)
		status = update(a, k, optimizer, other, LAM_PATTERN_ZERO);
	bool same = status
		|| memcmp(lam_guarded_part(&arrays[VALUE], 0), lam_guarded_part(&other[VALUE], 0),
			   arrays[VALUE].bytes)
			== 0;
	for (int m = moments; m < LAM_MAX_MOMENTS && !status; m++)
		same = same && holds(&arrays[MOMENT + m], LAM_PATTERN_NAN);
	if (same)
		return status;
	return lam_fail(LAM_ERR_ARGUMENT,
		"%s: .update uses update->moment[%d], but an optimizer may have %d moments "
		"(lam_optimizer_moments)",
		lam_call_title(a->call).text, moments, moments);
}

lam_status lam_declared_update(const lam_alone *a)
{
	const lam_optimizer optimizers[] = {
		lam_sgd(.lr = (lam_real)0.1), lam_adam(.lr = (lam_real)0.1)};
	lam_status status = LAM_OK;
	for (int k = 0; k < a->call->params && a->call->layer_class->update && !status; k++) {
		lam_guarded arrays[2][ARRAYS] = {0};
		const size_t bytes = lam_alone_array(a, REACH_W, k)->bytes;
		for (int i = 0; i < 2 * ARRAYS && !status; i++)
			if (!lam_guarded_make(&arrays[i / ARRAYS][i % ARRAYS], 1, bytes, ZONE))
				status = LAM_ERR_MEMORY;
		for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers && !status; i++)
			status = compare(a, k, &optimizers[i], arrays[0], arrays[1]);
		for (int i = 0; i < 2 * ARRAYS; i++)
			lam_guarded_free(&arrays[i / ARRAYS][i % ARRAYS]);
	}
	return status;
}
