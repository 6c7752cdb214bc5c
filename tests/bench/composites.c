/* SPDX-License-Identifier: MIT */
#include "tests/bench/composites.h"

#include <string.h>

/* of white */
#define FAINT ((lam_real)0.1)

enum { IMAGE = 28, ITEM = IMAGE / 2, GROUND_ITEMS = 4, TRIES = 8 };

struct composites {
	const lam_dataset *items;
	uint64_t seed;
};

/* Steele et al., "Fast splittable pseudorandom number generators" (2014). */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to below - 1 */
static int draw_below(uint64_t *state, int64_t below)
{
	return (int)(draw(state) % (uint64_t)below);
}

struct item {
	lam_real pixel[ITEM * ITEM];
	int32_t class;
};

/* An item at half its size: each pixel is the mean of four. */
static lam_status draw_item(const struct composites *c, uint64_t *state, struct item *item)
{
	/* T-shirt, trousers, pullover, dress, coat, sandal, shirt, sneaker, bag, boot */
	static const int32_t group[] = {1, 2, 1, 1, 1, 3, 1, 3, 4, 3};
	lam_real image[IMAGE * IMAGE];
	int32_t kind;
	lam_status status = lam_dataset_read(
		c->items, draw_below(state, lam_dataset_count(c->items)), image, &kind);
	if (status)
		return status;
	item->class = group[kind];
	for (int i = 0; i < ITEM * ITEM; i++) {
		const lam_real *at = image + (i / ITEM * IMAGE + i % ITEM) * 2;
		item->pixel[i] = (at[0] + at[1] + at[IMAGE] + at[IMAGE + 1]) / 4;
	}
	return LAM_OK;
}

/* Lays a dimmed item over the ground, partly beyond its edges. */
static void lay_ground(lam_real *x, const struct item *item, uint64_t *state)
{
	const lam_real light = (lam_real)(1 + draw_below(state, 3)) / 10;
	const int top = draw_below(state, COMPOSITE_SIDE) - ITEM / 2,
		  left = draw_below(state, COMPOSITE_SIDE) - ITEM / 2;
	for (int i = 0; i < ITEM * ITEM; i++) {
		const int row = top + i / ITEM, column = left + i % ITEM;
		if (item->pixel[i] > 0 && row >= 0 && row < COMPOSITE_SIDE && column >= 0
			&& column < COMPOSITE_SIDE)
			x[row * COMPOSITE_SIDE + column] = light * item->pixel[i];
	}
}

static int place_of(int corner, int i)
{
	return corner + i / ITEM * COMPOSITE_SIDE + i % ITEM;
}

/* A corner where the item hides little of the others: the best of some. */
static int draw_corner(const int32_t *target, const struct item *item, uint64_t *state)
{
	int best = 0, fewest = ITEM * ITEM + 1;
	for (int try = 0; try < TRIES; try++) {
		const int most = COMPOSITE_SIDE - ITEM + 1, top = draw_below(state, most),
			  corner = top * COMPOSITE_SIDE + draw_below(state, most);
		int hidden = 0;
		for (int i = 0; i < ITEM * ITEM; i++)
			hidden += item->pixel[i] > 0 && target[place_of(corner, i)] > 0;
		if (hidden < fewest) {
			fewest = hidden;
			best = corner;
		}
	}
	return best;
}

static void lay_item(lam_real *x, int32_t *target, const struct item *item, uint64_t *state)
{
	const int corner = draw_corner(target, item, state);
	for (int i = 0; i < ITEM * ITEM; i++) {
		if (item->pixel[i] == 0)
			continue;
		const bool faint = item->pixel[i] < FAINT;
		target[place_of(corner, i)] = faint ? COMPOSITE_FAINT : item->class;
		if (!faint)
			x[place_of(corner, i)] = (1 + 3 * item->pixel[i]) / 4;
	}
}

static lam_status read_composite(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct composites *c = lam_dataset_state(self);
	int32_t own[COMPOSITE_PLACES] = {0};
	struct item item;
	lam_status status;
	uint64_t state = c->seed;
	state = draw(&state) + (uint64_t)index;
	memset(x, 0, COMPOSITE_PLACES * sizeof *x);
	for (int i = 0; i < GROUND_ITEMS; i++) {
		status = draw_item(c, &state, &item);
		if (status)
			return status;
		lay_ground(x, &item, &state);
	}
	for (int i = 2 + draw_below(&state, 2); i > 0; i--) {
		status = draw_item(c, &state, &item);
		if (status)
			return status;
		lay_item(x, own, &item, &state);
	}
	if (target)
		memcpy(target, own, sizeof own);
	return LAM_OK;
}

lam_dataset *composites_new(const lam_dataset *items, uint64_t seed, int64_t count)
{
	static const lam_dataset_class class = {LAM_DATASET_ABI, .kind = "composites",
		.state_size = sizeof(struct composites), .read = read_composite};
	lam_dataset *made = lam_dataset_new(&class, count,
		LAM_SHAPE(1, COMPOSITE_SIDE, COMPOSITE_SIDE),
		(lam_target_info){.type = LAM_CLASSES,
			.classes = COMPOSITE_CLASSES,
			.shape = LAM_SHAPE(COMPOSITE_SIDE, COMPOSITE_SIDE),
			.ignore = COMPOSITE_FAINT});
	if (made)
		*(struct composites *)lam_dataset_state(made) = (struct composites){items, seed};
	return made;
}
