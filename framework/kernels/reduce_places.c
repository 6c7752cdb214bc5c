/* SPDX-License-Identifier: MIT */
/* Softmax, its cross-entropy and arg-max at each place of a block [K][places][16], with weights of
 * classes. The targets' weights at a place, with s the smoothing, w_k the classes' weights, y the
 * place's class or t its soft target:
 *
 *     t'_k = (1 - s) w_k (k = y) + s / K w_k       or   w_k ((1 - s) t_k + s / K)
 *     T    = sum_k t'_k
 *     loss = T log S - sum_k t'_k z'_k             z' and S as in reduce_cross_entropy.c
 *     dz_k = scale (p_k T - t'_k)
 *
 * The K values of a place lie a whole plane apart, and if that is a power of two, few of them fit
 * into the caches at once. So forward copies a tile, all classes of some places, to `column`
 * [K][tile][16] and computes there. */
#include "framework/kernels/reduce_parts.h"
#include "framework/kernels/vector_math.h"

#define QUARTER ((lam_real)0.25)

enum { TILE = LAM_MOST_TILE };

/* What the loss needs at each place of a tile, in lanes. */
struct tile {
	/* The class, or -1 where none counts: idle lanes, ignored classes. */
	vec_mask_element at[TILE * LAM_LANES];
	lam_real hit[TILE * LAM_LANES];     /* (1 - s) w of the class */
	lam_real total[TILE * LAM_LANES];   /* T */
	lam_real largest[TILE * LAM_LANES]; /* logit */
} __attribute__((aligned(LAM_ALIGN)));

/* Reads the classes of the tile's places, from `first` on. */
static void take_classes(
	struct tile *tile, const struct lam_place_targets *t, size_t first, size_t count)
{
	const lam_real spread = t->smoothing / (lam_real)t->features * t->weight_sum;
	for (size_t i = 0; i < count * LAM_LANES; i++)
		tile->at[i] = -1;
	for (size_t l = 0; l < (size_t)t->used; l++) {
		const int32_t *classes = t->classes + l * t->places + first;
		for (size_t p = 0; p < count; p++)
			if (classes[p] != t->ignore)
				tile->at[p * LAM_LANES + l] = classes[p];
	}
	const lam_real rest = 1 - t->smoothing;
	const vec zero = {0};
	for (size_t i = 0; i < count * LAM_LANES; i += VEC)
		vec_store(tile->hit + i,
			vec_select(*(const vec_mask *)(tile->at + i) < 0, zero, vec_splat(rest)));
	for (size_t i = 0; t->weights && i < count * LAM_LANES; i++)
		tile->hit[i] *= tile->at[i] < 0 ? 0 : t->weights[tile->at[i]];
	/* A loop of its own, so that no product above is fused: T - t' is 0 for a single class. */
	for (size_t i = 0; i < count * LAM_LANES; i += VEC)
		vec_store(tile->total + i, vec_load(tile->hit + i) + spread);
}

/* The same from soft targets, whose places begin at `from` in t->values. */
static void take_values(
	struct tile *tile, const struct lam_place_targets *t, size_t from, size_t count)
{
	const vec spread = vec_splat(t->smoothing / (lam_real)t->features * t->weight_sum);
	for (size_t p = 0; p < count; p++)
		for (size_t l = 0; l < LAM_LANES; l++)
			tile->at[p * LAM_LANES + l] = l < (size_t)t->used ? 0 : -1;
	for (size_t i = 0; i < count * LAM_LANES; i += VEC)
		vec_store(tile->total + i, spread);
	for (size_t k = 0; k < t->features; k++) {
		const lam_real *values = t->values + (k * t->length + from) * LAM_LANES;
		const lam_real factor = (1 - t->smoothing) * (t->weights ? t->weights[k] : 1);
		for (size_t i = 0; i < count * LAM_LANES; i += VEC)
			vec_store(tile->total + i,
				vec_load(tile->total + i) + factor * vec_load(values + i));
	}
}

static void take(struct tile *tile, const struct lam_place_targets *t, size_t place, size_t first,
	size_t count)
{
	if (t->classes)
		take_classes(tile, t, place, count);
	else
		take_values(tile, t, place - first, count);
}

/* Copies a tile of logits to the column, and finds the largest of each place. */
static void gather(lam_real *column, lam_real *largest, const lam_real *z, size_t features,
	size_t plane, size_t row)
{
	for (size_t k = 0; k < features; k++)
		for (size_t i = 0; i < row; i += VEC) {
			const vec v = vec_load(z + k * plane + i);
			vec_store(column + k * row + i, v);
			vec_store(largest + i, k == 0 ? v : vec_larger(v, vec_load(largest + i)));
		}
}

/* Copies the column, times the factor of each place, to a tile of p. */
static void scatter(lam_real *p, const lam_real *column, const lam_real *factor, size_t features,
	size_t plane, size_t row)
{
	for (size_t k = 0; k < features; k++)
		for (size_t i = 0; i < row; i += VEC)
			vec_store(p + k * plane + i,
				vec_load(column + k * row + i) * vec_load(factor + i));
}

void LAM_KERNEL(softmax_places)(lam_real *p, const lam_real *z, size_t features, size_t places,
	size_t first, size_t end, lam_real *column)
{
	const size_t most = lam_places_tile(features, places);
	lam_real factor[TILE * LAM_LANES] __attribute__((aligned(LAM_ALIGN)));
	for (size_t place = first; place < end; place += most) {
		const size_t count = end - place < most ? end - place : most,
			     row = count * LAM_LANES;
		gather(column, factor, z + place * LAM_LANES, features, places * LAM_LANES, row);
		for (size_t i = 0; i < row; i += VEC) {
			const vec greatest = vec_load(factor + i);
			vec sum = {0};
			for (size_t k = 0; k < features; k++) {
				const vec e = vec_exp(vec_load(column + k * row + i) - greatest);
				sum += e;
				vec_store(column + k * row + i, e);
			}
			vec_store(factor + i, 1 / sum);
		}
		scatter(p + place * LAM_LANES, column, factor, features, places * LAM_LANES, row);
	}
}

/* A quarter of the loss of vector i of a tile: T log S / 4 - sum_k t'_k q_k with quarters q as in
 * reduce_cross_entropy.c. The column becomes exp(z'), and `largest` 1 / S. `target` holds the
 * logits of the classes. */
INLINE vec tile_loss(struct tile *tile, lam_real *column, const lam_real *target,
	const struct lam_place_targets *t, const lam_real *values, size_t row, size_t i)
{
	const vec greatest = vec_load(tile->largest + i), quarter = QUARTER * greatest;
	const lam_real share = t->smoothing / (lam_real)t->features, rest = 1 - t->smoothing;
	vec sum = {0}, product = {0};
	for (size_t k = 0; k < t->features; k++) {
		const vec v = vec_load(column + k * row + i), e = vec_exp(v - greatest);
		sum += e;
		vec_store(column + k * row + i, e);
		if (values || share != 0) {
			const lam_real w = t->weights ? t->weights[k] : 1;
			vec soft = vec_splat(share * w);
			if (values)
				soft += rest * w * vec_load(values + k * t->length * LAM_LANES + i);
			product += soft * (QUARTER * v - quarter);
		}
	}
	if (!values)
		product += vec_load(tile->hit + i) * (QUARTER * vec_load(target + i) - quarter);
	vec_store(tile->largest + i, 1 / sum);
	return vec_select(*(const vec_mask *)(tile->at + i) >= 0,
		vec_load(tile->total + i) * (QUARTER * vec_log(sum)) - product, (vec){0});
}

double LAM_KERNEL(cross_entropy_places)(lam_real *p, const lam_real *z,
	const struct lam_place_targets *t, size_t first, size_t end, lam_real *column)
{
	const size_t most = lam_places_tile(t->features, t->places), plane = t->places * LAM_LANES;
	lam_real target[TILE * LAM_LANES] __attribute__((aligned(LAM_ALIGN)));
	double lanes[LAM_LANES] = {0};
	struct tile tile;
	for (size_t place = first; place < end; place += most) {
		const size_t count = end - place < most ? end - place : most,
			     row = count * LAM_LANES;
		const lam_real *values = t->classes ? NULL
						    : t->values + (place - first) * LAM_LANES;
		take(&tile, t, place, first, count);
		gather(column, tile.largest, z + place * LAM_LANES, t->features, plane, row);
		for (size_t i = 0; t->classes && i < row; i++)
			target[i] = tile.at[i] < 0 ? tile.largest[i]
						   : column[(size_t)tile.at[i] * row + i];
		for (size_t i = 0; i < row; i += LAM_LANES) {
			vec loss[PARTS];
			for (size_t part = 0; part < PARTS; part++)
				loss[part] = tile_loss(
					&tile, column, target, t, values, row, i + part * VEC);
			lanes_add(lanes, loss);
		}
		scatter(p + place * LAM_LANES, column, tile.largest, t->features, plane, row);
	}
	return 4 * lanes_weighted(lanes, t->used, t->sample_weights);
}

void LAM_KERNEL(cross_entropy_places_backward)(lam_real *dz, const lam_real *p,
	const struct lam_place_targets *t, size_t first, size_t end, lam_real scale)
{
	const size_t plane = t->places * LAM_LANES;
	const lam_real share = t->smoothing / (lam_real)t->features, rest = 1 - t->smoothing;
	const vec zero = {0};
	struct tile tile;
	for (size_t place = first; place < end; place += TILE) {
		const size_t count = end - place < TILE ? end - place : TILE;
		take(&tile, t, place, first, count);
		for (size_t k = 0; k < t->features; k++) {
			const lam_real w = t->weights ? t->weights[k] : 1, factor = rest * w;
			const vec spread = vec_splat(share * w);
			const lam_real *values = t->classes
				? NULL
				: t->values + (k * t->length + place - first) * LAM_LANES;
			const size_t start = k * plane + place * LAM_LANES;
			for (size_t i = 0; i < count * LAM_LANES; i += VEC) {
				const vec_mask at = *(const vec_mask *)(tile.at + i),
					       here = (vec_mask){0} + (vec_mask_element)k;
				/* as T is summed, so that both round alike for a single class */
				vec soft = spread
					+ vec_select(at == here, vec_load(tile.hit + i), zero);
				if (values)
					soft = spread + factor * vec_load(values + i);
				const vec difference =
					vec_load(p + start + i) * vec_load(tile.total + i) - soft;
				vec_store(dz + start + i,
					vec_select(at >= 0, scale * difference, zero));
			}
		}
	}
}

void LAM_KERNEL(argmax_places)(int32_t *winner, const lam_real *x, size_t features, size_t places,
	size_t first, size_t count)
{
	for (size_t i = 0; i < count * LAM_LANES; i += VEC) {
		const lam_real *value = x + first * LAM_LANES + i;
		vec best = vec_load(value);
		vec_mask at = {0};
		for (size_t k = 1; k < features; k++) {
			const vec v = vec_load(value + k * places * LAM_LANES);
			const vec_mask takes = ~(v <= best) & (best == best);
			best = vec_select(takes, v, best);
			at = (takes & ((vec_mask){0} + (vec_mask_element)k)) | (~takes & at);
		}
		for (size_t e = 0; e < VEC; e++)
			winner[i + e] = (int32_t)at[e];
	}
}
