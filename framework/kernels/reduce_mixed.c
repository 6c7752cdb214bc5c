/* SPDX-License-Identifier: MIT */
/* Softmax cross-entropy of mixed samples, at each place of a block [K][places][16]. A sample has
 * classes y_1 and y_2, with shares a_1 and a_2 = 1 - a_1; s is the smoothing, and w_k the weight of
 * class k:
 *
 *     t'_k = sum over j whose y_j counts of a_j ((1 - s) w_k (k = y_j) + s / K w_k)
 *
 * The loss and its gradient are those of reduce_places.c with this t'. */
#include "framework/kernels/reduce_parts.h"
#include "framework/kernels/vector_math.h"

#define QUARTER ((lam_real)0.25)

/* What the loss needs at one place, in lanes. */
struct mixed {
	vec_mask_element at[2][LAM_LANES]; /* the class, or -1 where it does not count */
	lam_real hit[2][LAM_LANES];        /* a (1 - s) w of the class */
	lam_real counted[LAM_LANES];       /* the sum of the shares that count */
	lam_real total[LAM_LANES];         /* the sum of t' */
} __attribute__((aligned(LAM_ALIGN)));

static void take(struct mixed *m, const struct lam_place_targets *t, size_t place)
{
	const lam_real spread = t->smoothing / (lam_real)t->features * t->weight_sum;
	*m = (struct mixed){.counted = {0}};
	for (size_t l = 0; l < LAM_LANES; l++)
		m->at[0][l] = m->at[1][l] = -1;
	for (size_t l = 0; l < (size_t)t->used; l++) {
		const size_t i = l * t->places + place;
		const int32_t y[2] = {t->classes[i], t->second[i]};
		const lam_real share[2] = {t->share[l], 1 - t->share[l]};
		for (int j = 0; j < 2; j++) {
			if (y[j] == t->ignore)
				continue;
			m->at[j][l] = y[j];
			m->hit[j][l] = share[j] * (1 - t->smoothing)
				* (t->weights ? t->weights[y[j]] : 1);
			m->counted[l] += share[j];
		}
		m->total[l] = m->hit[0][l] + m->hit[1][l] + spread * m->counted[l];
	}
}

/* t'_k of a vector of lanes from l on. */
INLINE vec soft_target(const struct mixed *m, const struct lam_place_targets *t, size_t k, size_t l)
{
	const lam_real share = t->smoothing / (lam_real)t->features
		* (t->weights ? t->weights[k] : 1);
	const vec_mask here = (vec_mask){0} + (vec_mask_element)k;
	const vec zero = {0};
	return share * vec_load(m->counted + l)
		+ vec_select(
			*(const vec_mask *)(m->at[0] + l) == here, vec_load(m->hit[0] + l), zero)
		+ vec_select(
			*(const vec_mask *)(m->at[1] + l) == here, vec_load(m->hit[1] + l), zero);
}

/* A quarter of the loss of a vector of lanes from l on, as in reduce_places.c; writes p. */
INLINE vec mixed_loss(lam_real *p, const lam_real *z, const struct mixed *m,
	const struct lam_place_targets *t, size_t plane, size_t l)
{
	vec greatest = vec_load(z);
	for (size_t k = 1; k < t->features; k++)
		greatest = vec_larger(vec_load(z + k * plane), greatest);
	const vec quarter = QUARTER * greatest;
	double totals[VEC] = {0}, products[VEC] = {0};
	for (size_t k = 0; k < t->features;) {
		vec sum = {0}, product = {0};
		for (const size_t end = terms_end(k, t->features); k < end; k++) {
			const vec v = vec_load(z + k * plane), e = vec_exp(v - greatest);
			sum += e;
			product += soft_target(m, t, k, l) * (QUARTER * v - quarter);
			vec_store(p + k * plane, e);
		}
		totals_add(totals, sum);
		totals_add(products, product);
	}
	const vec sum = totals_rounded(totals), factor = 1 / sum;
	for (size_t k = 0; k < t->features; k++)
		vec_store(p + k * plane, vec_load(p + k * plane) * factor);
	return vec_select(vec_load(m->counted + l) > (vec){0},
		vec_load(m->total + l) * (QUARTER * vec_log(sum)) - totals_rounded(products),
		(vec){0});
}

double LAM_KERNEL(cross_entropy_mixed)(
	lam_real *p, const lam_real *z, const struct lam_place_targets *t, size_t first, size_t end)
{
	double lanes[LAM_LANES] = {0};
	for (size_t place = first; place < end; place++) {
		struct mixed m;
		vec loss[PARTS];
		take(&m, t, place);
		for (size_t part = 0; part < PARTS; part++) {
			const size_t l = part * VEC, at = place * LAM_LANES + l;
			loss[part] = mixed_loss(p + at, z + at, &m, t, t->places * LAM_LANES, l);
		}
		lanes_add(lanes, loss);
	}
	return 4 * lanes_total(lanes, t->used);
}

void LAM_KERNEL(cross_entropy_mixed_backward)(lam_real *dz, const lam_real *p,
	const struct lam_place_targets *t, size_t first, size_t end, lam_real scale)
{
	const vec zero = {0};
	for (size_t place = first; place < end; place++) {
		struct mixed m;
		take(&m, t, place);
		for (size_t l = 0; l < LAM_LANES; l += VEC) {
			const vec_mask counts = vec_load(m.counted + l) > zero;
			const vec total = vec_load(m.total + l);
			for (size_t k = 0; k < t->features; k++) {
				const size_t i = (k * t->places + place) * LAM_LANES + l;
				const vec difference = vec_load(p + i) * total
					- soft_target(&m, t, k, l);
				vec_store(dz + i, vec_select(counts, scale * difference, zero));
			}
		}
	}
}
