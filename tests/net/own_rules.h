/* SPDX-License-Identifier: MIT */
/* Rules of a caller's own, as one would write them outside of the library. */
#ifndef OWN_RULES_H
#define OWN_RULES_H

#include "framework/lamina.h"

#include <math.h>

#define OWN_RULE_LR \
	LAM_OPTION(lam_optimizer, lr, REAL, .most = INT_MAX, .above = true, .required = true)
#define OWN_RULE_BETA(member, value) \
	LAM_OPTION(lam_optimizer, member, REAL, .fallback = (lam_real)(value), .most = 1, \
		.below = true)

/* Lion (Chen et al. 2023):
 *
 *     w -= lr (sign(beta1 m + (1 - beta1) g) + weight_decay w)
 *     m  = beta2 m + (1 - beta2) g */
static lam_status lion_update(const lam_update *u)
{
	const lam_optimizer *o = u->optimizer;
	lam_real *w = u->value, *m = u->moment[0];
	for (int64_t i = 0; i < u->count; i++) {
		const lam_real g = u->gradient_scale * u->gradient[i],
			       c = o->beta1 * m[i] + (1 - o->beta1) * g;
		w[i] -= o->lr * ((lam_real)((c > 0) - (c < 0)) + o->weight_decay * w[i]);
		m[i] = o->beta2 * m[i] + (1 - o->beta2) * g;
	}
	return LAM_OK;
}

static const lam_option lion_options[] = {
	OWN_RULE_LR,
	OWN_RULE_BETA(beta1, 0.9),
	OWN_RULE_BETA(beta2, 0.99),
	LAM_OPTION(lam_optimizer, weight_decay, REAL, .most = INT_MAX),
	LAM_OPTIONS_END,
};

static const lam_rule_class lion_class = {
	LAM_RULE_ABI,
	.name = "lion",
	.options = lion_options,
	.moments = 1,
	.update = lion_update,
};

/* LAMB (You et al. 2020), with norms over the whole parameter:
 *
 *     m  = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
 *     r  = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay w
 *     w -= lr min(|w| / |r|, trust) r      the ratio is 1 if a norm is 0 */
typedef struct lamb_terms {
	double m, v, eps, decay; /* factors of m and v */
} lamb_terms;

static lamb_terms lamb_terms_of(const lam_update *u)
{
	const lam_optimizer *o = u->optimizer;
	const double t = (double)(u->step + 1);
	return (lamb_terms){1 / (1 - pow((double)o->beta1, t)), 1 / (1 - pow((double)o->beta2, t)),
		(double)o->eps, (double)o->weight_decay};
}

static double lamb_direction(const lam_update *u, const lamb_terms *k, int64_t i)
{
	return (double)u->moment[0][i] * k->m / (sqrt((double)u->moment[1][i] * k->v) + k->eps)
		+ k->decay * (double)u->value[i];
}

static lam_status lamb_measure(const lam_update *u, double *sum)
{
	const lam_optimizer *o = u->optimizer;
	const lamb_terms terms = lamb_terms_of(u);
	lam_real *m = u->moment[0], *v = u->moment[1];
	for (int64_t i = 0; i < u->count; i++) {
		const lam_real g = u->gradient_scale * u->gradient[i];
		m[i] = o->beta1 * m[i] + (1 - o->beta1) * g;
		v[i] = o->beta2 * v[i] + (1 - o->beta2) * g * g;
		const double w = (double)u->value[i], r = lamb_direction(u, &terms, i);
		sum[0] += w * w;
		sum[1] += r * r;
	}
	return LAM_OK;
}

static lam_status lamb_update(const lam_update *u)
{
	const lamb_terms terms = lamb_terms_of(u);
	const double w = sqrt(u->sums[0]), r = sqrt(u->sums[1]),
		     ratio = w > 0 && r > 0 ? fmin(w / r, (double)u->optimizer->own[0]) : 1,
		     rate = (double)u->optimizer->lr * ratio;
	for (int64_t i = 0; i < u->count; i++)
		u->value[i] -= (lam_real)(rate * lamb_direction(u, &terms, i));
	return LAM_OK;
}

static const lam_option lamb_options[] = {
	OWN_RULE_LR,
	OWN_RULE_BETA(beta1, 0.9),
	OWN_RULE_BETA(beta2, 0.999),
	LAM_OPTION(lam_optimizer, eps, REAL, .fallback = (lam_real)1e-6, .most = INT_MAX,
		.above = true),
	LAM_OPTION(lam_optimizer, weight_decay, REAL, .most = INT_MAX),
	LAM_OWN_OPTION(0, trust, .fallback = 10, .most = INT_MAX, .above = true),
	LAM_OPTIONS_END,
};

static const lam_rule_class lamb_class = {
	LAM_RULE_ABI,
	.name = "lamb",
	.options = lamb_options,
	.moments = 2,
	.sums = 2,
	.measure = lamb_measure,
	.update = lamb_update,
};

#endif
