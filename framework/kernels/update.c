/* SPDX-License-Identifier: MIT */
/* The optimizers' rules. Each loop works on whole vectors. The last values of a range are copied to
 * a vector of their own, and the same loop updates them. So the bits of a parameter do not depend
 * on where ranges were cut. */
#include "framework/kernels/update.h"
#include "framework/kernels/vector.h"

#include <math.h>
#include <string.h>

/* The last values of a range, fewer than VEC, as whole vectors. NULL arrays stay NULL. */
enum { ARRAYS = 4 };
struct tail {
	lam_real value[ARRAYS][VEC];
	lam_real *of[ARRAYS];
};

static void tail_load(struct tail *tail, lam_real *const arrays[ARRAYS], size_t from, size_t count)
{
	memset(tail, 0, sizeof *tail);
	for (int a = 0; a < ARRAYS; a++)
		if (arrays[a]) {
			memcpy(tail->value[a], arrays[a] + from, count * sizeof(lam_real));
			tail->of[a] = tail->value[a];
		}
}

static void tail_store(
	const struct tail *tail, lam_real *const arrays[ARRAYS], size_t from, size_t count)
{
	for (int a = 0; a < ARRAYS; a++)
		if (arrays[a])
			memcpy(arrays[a] + from, tail->value[a], count * sizeof(lam_real));
}

/* g = gradient_scale gradient + weight_decay w */
static inline vec decayed(vec gradient, vec w, vec gradient_scale, vec weight_decay)
{
	return gradient * gradient_scale + w * weight_decay;
}

static void sgd_whole(lam_real *w, const lam_real *gradient, lam_real *m, size_t count,
	const struct lam_sgd_rule *rule)
{
	const vec lr = vec_splat((lam_real)rule->lr),
		  momentum = vec_splat((lam_real)rule->momentum);
	const vec decay = vec_splat((lam_real)rule->weight_decay),
		  scale = vec_splat((lam_real)rule->gradient_scale);

	if (rule->momentum == 0) {
		for (size_t i = 0; i < count; i += VEC) {
			const vec v = vec_load(w + i);
			vec_store(w + i, v - lr * decayed(vec_load(gradient + i), v, scale, decay));
		}
		return;
	}
	for (size_t i = 0; i < count; i += VEC) {
		const vec v = vec_load(w + i), g = decayed(vec_load(gradient + i), v, scale, decay);
		vec moment = g;
		if (!rule->first)
			moment += momentum * vec_load(m + i);
		vec_store(m + i, moment);
		if (rule->nesterov)
			moment = g + momentum * moment;
		vec_store(w + i, v - lr * moment);
	}
}

static void adam_whole(lam_real *w, const lam_real *gradient, lam_real *m, lam_real *v,
	size_t count, const struct lam_adam_rule *rule)
{
	const double correction1 = 1 - pow(rule->beta1, (double)rule->step),
		     correction2 = 1 - pow(rule->beta2, (double)rule->step);
	const vec beta1 = vec_splat((lam_real)rule->beta1),
		  one_less_beta1 = vec_splat((lam_real)(1 - rule->beta1));
	const vec beta2 = vec_splat((lam_real)rule->beta2),
		  one_less_beta2 = vec_splat((lam_real)(1 - rule->beta2));
	const vec eps = vec_splat((lam_real)rule->eps),
		  scale = vec_splat((lam_real)rule->gradient_scale);
	const vec decay = vec_splat(rule->decoupled ? 0 : (lam_real)rule->weight_decay);
	const vec shrink = vec_splat(
		rule->decoupled ? (lam_real)(1 - rule->lr * rule->weight_decay) : 1);
	const vec step = vec_splat((lam_real)(rule->lr / correction1)),
		  root2 = vec_splat((lam_real)sqrt(correction2));

	for (size_t i = 0; i < count; i += VEC) {
		const vec value = vec_load(w + i),
			  g = decayed(vec_load(gradient + i), value, scale, decay);
		const vec mean = vec_load(m + i) * beta1 + g * one_less_beta1;
		const vec square = vec_load(v + i) * beta2 + g * g * one_less_beta2;
		vec_store(m + i, mean);
		vec_store(v + i, square);
		vec_store(w + i, value * shrink - step * (mean / (vec_sqrt(square) / root2 + eps)));
	}
}

/* v is the running mean of g^2. a, kept only when centered, is the running mean of g, so that
 * v - a^2 is the variance of g. */
static void rmsprop_whole(lam_real *w, const lam_real *gradient, lam_real *v, lam_real *m,
	lam_real *a, size_t count, const struct lam_rmsprop_rule *rule)
{
	const vec lr = vec_splat((lam_real)rule->lr), eps = vec_splat((lam_real)rule->eps),
		  zero = {0};
	const vec alpha = vec_splat((lam_real)rule->alpha),
		  one_less_alpha = vec_splat((lam_real)(1 - rule->alpha));
	const vec decay = vec_splat((lam_real)rule->weight_decay),
		  scale = vec_splat((lam_real)rule->gradient_scale);
	const vec momentum = vec_splat((lam_real)rule->momentum);

	for (size_t i = 0; i < count; i += VEC) {
		const vec value = vec_load(w + i),
			  g = decayed(vec_load(gradient + i), value, scale, decay);
		const vec square = vec_load(v + i) * alpha + g * g * one_less_alpha;
		vec_store(v + i, square);
		vec variance = square;
		if (rule->centered) {
			const vec mean = vec_load(a + i) * alpha + g * one_less_alpha;
			vec_store(a + i, mean);
			variance = square - mean * mean;
			/* rounding may make it less than zero, which has no root */
			variance = vec_select(variance < zero, zero, variance);
		}
		vec moment = g / (vec_sqrt(variance) + eps);
		if (rule->momentum != 0) {
			moment = vec_load(m + i) * momentum + moment;
			vec_store(m + i, moment);
		}
		vec_store(w + i, value - lr * moment);
	}
}

static void sgd(lam_real *w, const lam_real *gradient, lam_real *m, size_t count,
	const struct lam_sgd_rule *rule)
{
	const size_t rest = count % VEC, whole = count - rest;
	sgd_whole(w, gradient, m, whole, rule);
	if (rest) {
		lam_real *const arrays[ARRAYS] = {w, rule->momentum == 0 ? NULL : m};
		struct tail tail;
		lam_real g[VEC] = {0};
		memcpy(g, gradient + whole, rest * sizeof *g);
		tail_load(&tail, arrays, whole, rest);
		sgd_whole(tail.of[0], g, tail.of[1], VEC, rule);
		tail_store(&tail, arrays, whole, rest);
	}
}

static void adam(lam_real *w, const lam_real *gradient, lam_real *m, lam_real *v, size_t count,
	const struct lam_adam_rule *rule)
{
	const size_t rest = count % VEC, whole = count - rest;
	adam_whole(w, gradient, m, v, whole, rule);
	if (rest) {
		lam_real *const arrays[ARRAYS] = {w, m, v};
		struct tail tail;
		lam_real g[VEC] = {0};
		memcpy(g, gradient + whole, rest * sizeof *g);
		tail_load(&tail, arrays, whole, rest);
		adam_whole(tail.of[0], g, tail.of[1], tail.of[2], VEC, rule);
		tail_store(&tail, arrays, whole, rest);
	}
}

static void rmsprop(lam_real *w, const lam_real *gradient, lam_real *v, lam_real *m, lam_real *a,
	size_t count, const struct lam_rmsprop_rule *rule)
{
	const size_t rest = count % VEC, whole = count - rest;
	rmsprop_whole(w, gradient, v, m, a, whole, rule);
	if (rest) {
		lam_real *const arrays[ARRAYS] = {w, v, m, a};
		struct tail tail;
		lam_real g[VEC] = {0};
		memcpy(g, gradient + whole, rest * sizeof *g);
		tail_load(&tail, arrays, whole, rest);
		rmsprop_whole(tail.of[0], g, tail.of[1], tail.of[2], tail.of[3], VEC, rule);
		tail_store(&tail, arrays, whole, rest);
	}
}

extern const struct lam_update_kernels LAM_KERNEL(update_kernels)
	__attribute__((visibility("hidden")));
const struct lam_update_kernels LAM_KERNEL(update_kernels) = {
	.sgd = sgd,
	.adam = adam,
	.rmsprop = rmsprop,
};
