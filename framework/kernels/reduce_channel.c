/* SPDX-License-Identifier: MIT */
/* Sums per channel over the planes and lanes of one block. Within a chunk each
 * vector of a block has two sums, of even and of odd places, to hide the latency of additions. */
#include "framework/kernels/reduce_parts.h"
#include "framework/kernels/shuffle.h"

enum { SEGMENT = 4 * CHUNK }; /* places of a segment */

/* How many values ahead a sum asks for: the processor follows two streams of short runs too late.
 * Batch norm's backward on a Zen 5, 128 samples of 64 channels of 32x32, one thread: 512: 2.7 ms,
 * 1024: 2.8, 2048: 2.8; without 3.6 to 4.9. */
enum { AHEAD = 1024 };

/* Not inlined: it runs only twice for a segment, so one copy is enough. */
static __attribute__((noinline)) double total(double lanes[LAM_LANES], int used)
{
	return lanes_total(lanes, used);
}

/* The gate of one channel. `kind` is a constant wherever one is used. */
struct channel_gate {
	enum { OPEN, BY_X, BY_Y } kind;
	vec factor, term;
	const lam_real *y;
	lam_real *dy;
};

/* What passes of the vector of dy at index `i`. */
INLINE vec pass_gate(const struct channel_gate *gate, vec dy, vec apart, size_t i)
{
	if (gate->kind == BY_X)
		dy = gate_passes(dy, gate_value(apart, gate->factor, gate->term));
	if (gate->kind == BY_Y) {
		dy = gate_passes(dy, vec_load(gate->y + i));
		vec_store(gate->dy + i, dy);
	}
	return dy;
}

ALWAYS_INLINE void fetch_two(const lam_real *from, size_t i, size_t j)
{
	__builtin_prefetch(from + i);
	__builtin_prefetch(from + j);
}

/* Sums a and a (x - center) over a plane. a is what passes of dy, or x - center where dy is NULL.
 */
INLINE void plane_sums(double *sum, double *product, const lam_real *x, const lam_real *dy,
	lam_real center, const struct channel_gate *gate, size_t plane, int used)
{
	const vec from = vec_splat(center);
	double sums[LAM_LANES] = {0}, products[LAM_LANES] = {0};
	for (size_t start = 0; start < plane; start += CHUNK) {
		const size_t end = start + CHUNK < plane ? start + CHUNK : plane;
		vec chunk_sum[PARTS], chunk_product[PARTS];
		for (int part = 0; part < PARTS; part++) {
			vec even = {0}, odd = {0}, even_product = {0}, odd_product = {0};
			size_t i = start * LAM_LANES + (size_t)(part * VEC);
			for (size_t k = start; k + 2 <= end; k += 2, i += 2 * LAM_LANES) {
				const vec apart = vec_load(x + i) - from,
					  next = vec_load(x + i + LAM_LANES) - from;
				const size_t j = i + LAM_LANES;

				fetch_two(x + AHEAD, i, j);
				if (dy)
					fetch_two(dy + AHEAD, i, j);
				const vec a = dy ? pass_gate(gate, vec_load(dy + i), apart, i)
						 : apart,
					  b = dy ? pass_gate(gate, vec_load(dy + j), next, j)
						 : next;
				even += a;
				odd += b;
				even_product += a * apart;
				odd_product += b * next;
			}
			if ((end - start) % 2) {
				const vec apart = vec_load(x + i) - from,
					  a = dy ? pass_gate(gate, vec_load(dy + i), apart, i)
						 : apart;
				even += a;
				even_product += a * apart;
			}
			chunk_sum[part] = even + odd;
			chunk_product[part] = even_product + odd_product;
		}
		lanes_add(sums, chunk_sum);
		lanes_add(products, chunk_product);
	}
	*sum = total(sums, used);
	*product = total(products, used);
}

/* The most places of a plane of few places, such as a feature vector (1 place). Most of their work
 * is the sum over lanes, so as many channels as a vector has elements are summed side by side. */
enum { FEW = 4 };

typedef vec term(vec apart, vec dy);

INLINE vec apart_term(vec apart, vec dy)
{
	(void)dy;
	return apart;
}

INLINE vec square_term(vec apart, vec dy)
{
	(void)dy;
	return apart * apart;
}

INLINE vec product_term(vec apart, vec dy)
{
	return dy * apart;
}

/* sum[c] += a term of x - center (0 where NULL) and dy at every place, times factor. The loop over
 * rows is not unrolled: sixteen copies of the loop over places would be too large. */
INLINE void few_places(double *sum, const lam_real *x, const lam_real *dy, const lam_real *center,
	const lam_real *factor, size_t channels, size_t plane, int used, term *term)
{
	const vec none = {0};
	vec_mask counts[PARTS];
	for (int part = 0; part < PARTS; part++)
		counts[part] = vec_lanes_below(part, used);
	for (size_t first = 0; first < channels; first += VEC) {
		vec row[VEC];
		lam_real totals[VEC];
#pragma GCC unroll 1
		for (size_t k = 0; k < VEC; k++) {
			const size_t c = first + k < channels ? first + k : channels - 1;
			const vec from = vec_splat(center ? center[c] : 0);
			row[k] = none;
			for (size_t i = 0; i < plane; i++)
				UNROLL_FOR (int part = 0; part < PARTS; part++) {
					const size_t at = (c * plane + i) * LAM_LANES
						+ (size_t)(part * VEC);
					row[k] += vec_select(counts[part],
						term(vec_load(x + at) - from,
							dy ? vec_load(dy + at) : none),
						none);
				}
		}
		vec_store(totals, vec_totals(row));
		for (size_t k = 0; k < VEC && first + k < channels; k++)
			sum[first + k] += factor ? totals[k] * (double)factor[first + k]
						 : totals[k];
	}
}

static void few_apart(double *sum, const lam_real *x, const lam_real *center, size_t channels,
	size_t plane, int used)
{
	few_places(sum, x, NULL, center, NULL, channels, plane, used, apart_term);
}

/* Merges the moments of `before` values with those of `count` more (T. F. Chan, G. H. Golub and R.
 * J. LeVeque, Algorithms for computing the sample variance, 1983). The new values are given by
 * their sums of x - center and of its square. No digits are lost if the center is the mean of a
 * large part of the new values: for a part f of them, rounding errors are at most 1 + 1/f times as
 * large. */
void LAM_KERNEL(merge_moments)(struct lam_moments *m, double before, double center, double apart,
	double square, double count)
{
	if (before == 0)
		*m = (struct lam_moments){.origin = center};
	const double share = count / (before + count),
		     step = (center - m->origin) + apart / count - m->mean;
	m->mean += step * share;
	m->squares += square - apart * apart / count + step * step * before * share;
}

static void few_moments(struct lam_moments *m, double before, const lam_real *x, size_t channels,
	size_t plane, int used)
{
	enum { SIDE_BY_SIDE = 64 };
	const double count = (double)plane * used;
	for (size_t first = 0; first < channels; first += SIDE_BY_SIDE) {
		const size_t here = channels - first < SIDE_BY_SIDE ? channels - first
								    : SIDE_BY_SIDE;
		const lam_real *values = x + first * plane * LAM_LANES;
		double sum[SIDE_BY_SIDE] = {0}, apart[SIDE_BY_SIDE] = {0},
		       square[SIDE_BY_SIDE] = {0};
		lam_real center[SIDE_BY_SIDE];
		few_apart(sum, values, NULL, here, plane, used);
		for (size_t c = 0; c < here; c++)
			center[c] = (lam_real)(sum[c] / count);
		few_apart(apart, values, center, here, plane, used);
		few_places(square, values, NULL, center, NULL, here, plane, used, square_term);
		for (size_t c = 0; c < here; c++)
			LAM_KERNEL(merge_moments)
		(m + first + c, before, center[c], apart[c], square[c], count);
	}
}

static void segment_moments(
	struct lam_moments *m, double before, const lam_real *x, size_t places, int used)
{
	/* Round 0 finds a center from the first chunk, round 1 uses it. The call is in a loop, so
	 * that plane_sums() is inlined only once. */
	const size_t first = places < CHUNK ? places : CHUNK;
	lam_real center = 0;
	double apart, square;
	for (int round = 0; round < 2; round++) {
		plane_sums(&apart, &square, x, NULL, center, &(struct channel_gate){.kind = OPEN},
			round == 0 ? first : places, used);
		if (round == 0)
			center = (lam_real)(apart / ((double)first * used));
	}
	LAM_KERNEL(merge_moments)(m, before, center, apart, square, (double)places * used);
}

void LAM_KERNEL(channel_moments)(struct lam_moments *m, double before, const lam_real *x,
	size_t channels, size_t plane, int used)
{
	if (plane <= FEW) {
		few_moments(m, before, x, channels, plane, used);
		return;
	}
	for (size_t c = 0; c < channels; c++, x += plane * LAM_LANES)
		for (size_t start = 0; start < plane; start += SEGMENT) {
			const size_t places = plane - start < SEGMENT ? plane - start : SEGMENT;
			segment_moments(m + c, before + (double)start * used, x + start * LAM_LANES,
				places, used);
		}
}

/* Of few places. */
static void few_products(double *sum_dy, double *sum_dyx, const lam_real *dy, const lam_real *x,
	const lam_real *mean, const lam_real *factor, size_t channels, size_t plane, int used)
{
	few_apart(sum_dy, dy, NULL, channels, plane, used);
	few_places(sum_dyx, x, dy, mean, factor, channels, plane, used, product_term);
}

/* Of few places: what passes the gate is written to an array first. */
static void few_gated(double *sum_dy, double *sum_dyx, const lam_real *dy, const lam_real *x,
	const lam_real *mean, const lam_real *factor, const struct lam_gate *gate, size_t channels,
	size_t plane, int used)
{
	enum { SIDE_BY_SIDE = 16 };
	lam_real passed[SIDE_BY_SIDE * FEW * LAM_LANES] __attribute__((aligned(LAM_ALIGN)));
	const size_t values = plane * LAM_LANES;
	for (size_t first = 0; first < channels; first += SIDE_BY_SIDE) {
		const size_t here = channels - first < SIDE_BY_SIDE ? channels - first
								    : SIDE_BY_SIDE;
		for (size_t i = 0; i < here * values; i += VEC) {
			const size_t c = first + i / values, at = first * values + i;
			const vec y = gate->y
				? vec_load(gate->y + at)
				: gate_value(vec_load(x + at) - vec_splat(mean[c]),
					vec_splat(gate->factor[c]), vec_splat(gate->term[c])),
				  left = gate_passes(vec_load(dy + at), y);
			vec_store(passed + i, left);
			if (gate->y)
				vec_store(gate->dy + at, left);
		}
		few_products(sum_dy + first, sum_dyx + first, passed, x + first * values,
			mean + first, factor + first, here, plane, used);
	}
}

void LAM_KERNEL(channel_products)(double *sum_dy, double *sum_dyx, const lam_real *dy,
	const lam_real *x, const lam_real *mean, const lam_real *factor, size_t channels,
	size_t plane, int used)
{
	if (plane <= FEW) {
		few_products(sum_dy, sum_dyx, dy, x, mean, factor, channels, plane, used);
		return;
	}
	for (size_t c = 0; c < channels; c++, x += plane * LAM_LANES, dy += plane * LAM_LANES) {
		double sum, product;
		plane_sums(&sum, &product, x, dy, mean[c], &(struct channel_gate){.kind = OPEN},
			plane, used);
		sum_dy[c] += sum;
		sum_dyx[c] += product * (double)factor[c];
	}
}

void LAM_KERNEL(channel_products_gated)(double *sum_dy, double *sum_dyx, const lam_real *dy,
	const lam_real *x, const lam_real *mean, const lam_real *factor,
	const struct lam_gate *gate, size_t channels, size_t plane, int used)
{
	const size_t values = plane * LAM_LANES;
	if (plane <= FEW) {
		few_gated(sum_dy, sum_dyx, dy, x, mean, factor, gate, channels, plane, used);
		return;
	}
	for (size_t c = 0; c < channels; c++, x += values, dy += values) {
		double sum, product;
		if (gate->y)
			plane_sums(&sum, &product, x, dy, mean[c],
				&(struct channel_gate){.kind = BY_Y,
					.y = gate->y + c * values,
					.dy = gate->dy + c * values},
				plane, used);
		else
			plane_sums(&sum, &product, x, dy, mean[c],
				&(struct channel_gate){.kind = BY_X,
					.factor = vec_splat(gate->factor[c]),
					.term = vec_splat(gate->term[c])},
				plane, used);
		sum_dy[c] += sum;
		sum_dyx[c] += product * (double)factor[c];
	}
}

INLINE vec below_term(vec x, vec dy)
{
	return dy * vec_at_most(x, 0);
}

/* sum[c] += a term of x and dy at every place. */
INLINE void channel_terms(double *sum, const lam_real *dy, const lam_real *x, size_t channels,
	size_t plane, int used, term *term)
{
	if (plane <= FEW) {
		few_places(sum, x, dy, NULL, NULL, channels, plane, used, term);
		return;
	}
	for (size_t c = 0; c < channels; c++, x += plane * LAM_LANES, dy += plane * LAM_LANES) {
		double sums[LAM_LANES] = {0};
		for (size_t start = 0; start < plane; start += CHUNK) {
			const size_t end = start + CHUNK < plane ? start + CHUNK : plane;
			vec chunk[PARTS] = {{0}};
			for (size_t i = start * LAM_LANES; i < end * LAM_LANES; i += LAM_LANES)
				UNROLL_FOR (size_t part = 0; part < PARTS; part++)
					chunk[part] += term(vec_load(x + i + part * VEC),
						vec_load(dy + i + part * VEC));
			lanes_add(sums, chunk);
		}
		sum[c] += total(sums, used);
	}
}

void LAM_KERNEL(channel_dots)(
	double *sum, const lam_real *dy, const lam_real *x, size_t channels, size_t plane, int used)
{
	channel_terms(sum, dy, x, channels, plane, used, product_term);
}

void LAM_KERNEL(channel_dots_below)(
	double *sum, const lam_real *dy, const lam_real *x, size_t channels, size_t plane, int used)
{
	channel_terms(sum, dy, x, channels, plane, used, below_term);
}
