/* SPDX-License-Identifier: MIT */
/* Normalisation over the channels of each place, one sample at a time with channels in the lanes:
 * the sums over channels end with one over lanes. Backward computes the moments again: it reads x
 * anyway, and they are three numbers for each place.
 *
 *     dx = r w dy - r (sum of w dy + xhat (sum of w dy xhat)) / C */
#include "framework/kernels/norm_parts.h"

/* xhat = (x - center) factor + term, of all channels at a place. */
struct place {
	lam_real center, factor, term;
};

/* The lanes of group `group` that have a channel; the others hold any value. */
INLINE vec_mask used_lanes(const struct lam_norm_places *of, size_t group, size_t l)
{
	const size_t left = of->channels - group * LAM_LANES;
	return vec_lanes_below((int)(l / VEC), (int)(left < LAM_LANES ? left : LAM_LANES));
}

/* Adds x - center, and its square, at one place to the totals of the lanes. */
INLINE void add_lanes(double apart[LAM_LANES], double square[LAM_LANES], const lam_real *x,
	vec center, const struct lam_norm_places *of)
{
	const size_t groups = (of->channels + LAM_LANES - 1) / LAM_LANES,
		     plane = of->places * LAM_LANES;
	for (size_t l = 0; l < LAM_LANES; l += VEC)
		for (size_t first = 0; first < groups; first += CHUNK) {
			const size_t end = groups - first < CHUNK ? groups : first + CHUNK;
			vec sum = {0}, squares = {0};
			for (size_t g = first; g < end; g++) {
				vec a = vec_load(x + g * plane + l) - center;
				a = vec_select(used_lanes(of, g, l), a, (vec){0});
				sum += a;
				squares += a * a;
			}
			totals_add(apart + l, sum);
			totals_add(square + l, squares);
		}
}

/* The first round gives the mean, the second sums distances from it: no digits are lost where the
 * deviation is small. */
static NOT_INLINE struct place place_of(const lam_real *x, const struct lam_norm_places *of)
{
	const double each = 1 / (double)of->channels;
	double apart = 0, square = 0;
	lam_real center = 0;
	/* The call is in a loop, so that it is inlined only once. */
	for (int round = 0; round < 2; round++) {
		double lanes[LAM_LANES] = {0}, squares[LAM_LANES] = {0};
		add_lanes(lanes, squares, x, vec_splat(center), of);
		apart = lanes_total(lanes, LAM_LANES) * each;
		square = lanes_total(squares, LAM_LANES) * each;
		if (round == 0)
			center = (lam_real)apart;
	}
	const double r = 1 / __builtin_sqrt(square - apart * apart + (double)of->eps);
	return (struct place){center, (lam_real)r, (lam_real)(-apart * r)};
}

INLINE vec xhat(vec x, const struct place *place)
{
	return (x - place->center) * place->factor + place->term;
}

void LAM_KERNEL(norm_channel_lanes)(
	lam_real *y, const lam_real *x, const struct lam_norm_places *of)
{
	const size_t groups = (of->channels + LAM_LANES - 1) / LAM_LANES,
		     plane = of->places * LAM_LANES;
	for (size_t p = of->first; p < of->end; p++) {
		const lam_real *at = x + p * LAM_LANES;
		const struct place place = place_of(at, of);
		for (size_t g = 0; g < groups; g++)
			for (size_t l = 0; l < LAM_LANES; l += VEC) {
				vec v = xhat(vec_load(at + g * plane + l), &place);
				if (of->w)
					v = v * vec_load(of->w + g * LAM_LANES + l)
						+ vec_load(of->b + g * LAM_LANES + l);
				vec_store(y + g * plane + p * LAM_LANES + l, v);
			}
	}
}

/* The vectors of dy, w dy and xhat at a place; zeros where there is no channel. */
struct terms {
	vec dy, wdy, xhat;
};

INLINE struct terms terms_of(const lam_real *dy, const lam_real *x, const struct place *place,
	const struct lam_norm_places *of, size_t g, size_t l)
{
	const vec_mask used = used_lanes(of, g, l);
	struct terms t = {.dy = vec_select(used, vec_load(dy), (vec){0}),
		.xhat = vec_select(used, xhat(vec_load(x), place), (vec){0})};
	t.wdy = t.dy;
	if (of->w)
		t.wdy *= vec_load(of->w + g * LAM_LANES + l);
	return t;
}

void LAM_KERNEL(norm_channel_lanes_backward)(lam_real *dx, struct lam_norm_sums *sums,
	const lam_real *dy, const lam_real *x, const struct lam_norm_places *of)
{
	const size_t groups = (of->channels + LAM_LANES - 1) / LAM_LANES,
		     plane = of->places * LAM_LANES;
	const double each = 1 / (double)of->channels;
	for (size_t g = 0; sums && g < groups; g++)
		sums[g] = (struct lam_norm_sums){{0}, {0}};
	for (size_t p = of->first; p < of->end; p++) {
		const size_t at = p * LAM_LANES;
		const struct place place = place_of(x + at, of);
		double wdy[LAM_LANES] = {0}, wdyx[LAM_LANES] = {0};
		for (size_t l = 0; l < LAM_LANES; l += VEC)
			for (size_t g = 0; g < groups; g++) {
				const size_t i = g * plane + at + l;
				const struct terms t = terms_of(dy + i, x + i, &place, of, g, l);
				totals_add(wdy + l, t.wdy);
				totals_add(wdyx + l, t.wdy * t.xhat);
				if (!sums)
					continue;
				vec_store(sums[g].dy + l, vec_load(sums[g].dy + l) + t.dy);
				vec_store(
					sums[g].dyx + l, vec_load(sums[g].dyx + l) + t.dy * t.xhat);
			}
		const double scale = -each * (double)place.factor;
		const lam_real of_dy = (lam_real)(scale * lanes_total(wdy, LAM_LANES)),
			       of_dyx = (lam_real)(scale * lanes_total(wdyx, LAM_LANES));
		for (size_t g = 0; dx && g < groups; g++)
			for (size_t l = 0; l < LAM_LANES; l += VEC) {
				const size_t i = g * plane + at + l;
				const struct terms t = terms_of(dy + i, x + i, &place, of, g, l);
				vec_store(dx + i, t.wdy * place.factor + (t.xhat * of_dyx + of_dy));
			}
	}
}
