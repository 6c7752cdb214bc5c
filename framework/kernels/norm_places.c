/* SPDX-License-Identifier: MIT */
/* Normalisation over the channels of each place. The values of a place lie a whole plane apart, and
 * if that is a power of two, few of them fit into the caches at once. So a tile, all channels of
 * some places, is copied to `column` [C][tile][16]; the sums read it there. */
#include "framework/kernels/norm_parts.h"

enum { TILE = LAM_MOST_TILE };

/* What the loops over a tile need of each place: xhat = factor (x - mean) + term. */
struct place {
	lam_real mean[LAM_LANES], factor[LAM_LANES], term[LAM_LANES];
} __attribute__((aligned(LAM_ALIGN)));

static void take_lanes(struct place *place, const struct lam_norm_lanes *lanes)
{
	for (size_t l = 0; l < LAM_LANES; l += VEC) {
		const vec r = vec_load(lanes->r + l);
		vec_store(place->mean + l, vec_load(lanes->mean + l));
		vec_store(place->factor + l, r);
		vec_store(place->term + l, -vec_load(lanes->rest + l) * r);
	}
}

INLINE vec xhat(vec x, const struct place *place, size_t l)
{
	return (x - vec_load(place->mean + l)) * vec_load(place->factor + l)
		+ vec_load(place->term + l);
}

void LAM_KERNEL(norm_places)(lam_real *y, const lam_real *x, struct lam_norm_lanes *lanes,
	const struct lam_norm_places *of)
{
	const size_t most = lam_places_tile(of->channels, of->places),
		     plane = of->places * LAM_LANES;
	struct place place[TILE];
	for (size_t at = of->first; at < of->end; at += most) {
		const size_t count = of->end - at < most ? of->end - at : most,
			     row = count * LAM_LANES;
		const lam_real *from = x + at * LAM_LANES;
		lam_real *to = y + at * LAM_LANES, *column = of->column;
		for (size_t c = 0; c < of->channels; c++)
			for (size_t i = 0; i < row; i += VEC)
				vec_store(column + c * row + i, vec_load(from + c * plane + i));
		for (size_t p = 0; p < count; p++) {
			struct lam_norm_moments moments;
			struct lam_norm_lanes own, *kept = lanes ? lanes + at + p : &own;
			LAM_KERNEL(norm_moments)
			(&moments, 0, column + p * LAM_LANES, of->channels, row);
			LAM_KERNEL(norm_lanes)(kept, &moments, (double)of->channels, of->eps);
			take_lanes(&place[p], kept);
		}
		for (size_t c = 0; c < of->channels; c++, column += row) {
			const lam_real w = of->w ? of->w[c] : 1, b = of->w ? of->b[c] : 0;
			for (size_t p = 0; p < count; p++)
				for (size_t l = 0; l < LAM_LANES; l += VEC) {
					const vec v = vec_load(column + p * LAM_LANES + l);
					vec_store(to + c * plane + p * LAM_LANES + l,
						xhat(v, &place[p], l) * w + b);
				}
		}
	}
}

/* Sums of each place of a tile: of w dy and w dy xhat. */
struct tile {
	struct place place[TILE];
	lam_real dy[TILE * LAM_LANES], dyx[TILE * LAM_LANES];
} __attribute__((aligned(LAM_ALIGN)));

/* Copies dy and xhat of a channel to the columns, and adds them to the sums of the tile's places
 * and of the channel. */
INLINE void add_channel(struct tile *tile, struct lam_norm_sums *sums, lam_real *column,
	lam_real *normal, const lam_real *dy, const lam_real *x, lam_real w, size_t count)
{
	for (size_t l = 0; l < LAM_LANES; l += VEC) {
		vec sum = {0}, product = {0};
		for (size_t p = 0, i = l; p < count; p++, i += LAM_LANES) {
			const vec d = vec_load(dy + i),
				  h = xhat(vec_load(x + i), &tile->place[p], l), wd = w * d;
			vec_store(column + i, d);
			vec_store(normal + i, h);
			sum += d;
			product += d * h;
			vec_store(tile->dy + i, vec_load(tile->dy + i) + wd);
			vec_store(tile->dyx + i, vec_load(tile->dyx + i) + wd * h);
		}
		if (sums) {
			vec_store(sums->dy + l, vec_load(sums->dy + l) + sum);
			vec_store(sums->dyx + l, vec_load(sums->dyx + l) + product);
		}
	}
}

/* Adds the tile's sums of at most SUM_TERMS channels to the totals, and clears them. */
static void add_tile(double *dy, double *dyx, struct tile *tile, size_t row)
{
	for (size_t i = 0; i < row; i++) {
		dy[i] += (double)tile->dy[i];
		dyx[i] += (double)tile->dyx[i];
		tile->dy[i] = tile->dyx[i] = 0;
	}
}

/* The sums of a tile's places: in tile->dy and tile->dyx, times -r / C. */
static void sum_tile(struct tile *tile, struct lam_norm_sums *sums, const lam_real *dy,
	const lam_real *x, const struct lam_norm_places *of, size_t count)
{
	const size_t plane = of->places * LAM_LANES, row = count * LAM_LANES;
	double total[TILE * LAM_LANES] = {0}, totals[TILE * LAM_LANES] = {0};
	lam_real *normal = of->column + of->channels * row;
	for (size_t i = 0; i < row; i++)
		tile->dy[i] = tile->dyx[i] = 0;
	for (size_t c = 0; c < of->channels; c++) {
		add_channel(tile, sums ? sums + c : NULL, of->column + c * row, normal + c * row,
			dy + c * plane, x + c * plane, of->w ? of->w[c] : 1, count);
		if ((c + 1) % SUM_TERMS == 0)
			add_tile(total, totals, tile, row);
	}
	add_tile(total, totals, tile, row);
	const double each = -1 / (double)of->channels;
	for (size_t p = 0; p < count; p++)
		for (size_t l = 0; l < LAM_LANES; l++) {
			const size_t i = p * LAM_LANES + l;
			const double scale = each * (double)tile->place[p].factor[l];
			tile->dy[i] = (lam_real)(scale * total[i]);
			tile->dyx[i] = (lam_real)(scale * totals[i]);
		}
}

void LAM_KERNEL(norm_places_backward)(lam_real *dx, struct lam_norm_sums *sums, const lam_real *dy,
	const lam_real *x, const struct lam_norm_lanes *lanes, const struct lam_norm_places *of)
{
	const size_t most = lam_places_tile(of->channels, of->places),
		     plane = of->places * LAM_LANES;
	struct tile tile;
	for (size_t c = 0; sums && c < of->channels; c++)
		sums[c] = (struct lam_norm_sums){{0}, {0}};
	for (size_t at = of->first; at < of->end; at += most) {
		const size_t count = of->end - at < most ? of->end - at : most,
			     row = count * LAM_LANES;
		for (size_t p = 0; p < count; p++)
			take_lanes(&tile.place[p], lanes + at + p);
		sum_tile(&tile, sums, dy + at * LAM_LANES, x + at * LAM_LANES, of, count);
		const lam_real *column = of->column, *normal = column + of->channels * row;
		for (size_t c = 0; dx && c < of->channels; c++, column += row, normal += row) {
			lam_real *to = dx + c * plane + at * LAM_LANES;
			const lam_real w = of->w ? of->w[c] : 1;
			for (size_t p = 0; p < count; p++)
				for (size_t l = 0; l < LAM_LANES; l += VEC) {
					const size_t i = p * LAM_LANES + l;
					const vec r = vec_load(tile.place[p].factor + l);
					vec_store(to + i,
						vec_load(column + i) * (r * w)
							+ (vec_load(normal + i)
									* vec_load(tile.dyx + i)
								+ vec_load(tile.dy + i)));
				}
		}
	}
}
