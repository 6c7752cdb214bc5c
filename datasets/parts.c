/* SPDX-License-Identifier: MIT */
/* Subsets: data sets that read from another one. */
#include "datasets/parts.h"
#include "datasets/whole.h"

#include "framework/data/fields.h"
#include "framework/data/inside.h"
#include "framework/memory.h"
#include "framework/random.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct subset {
	lam_dataset *whole;
	int64_t *indices;
};

static lam_status subset_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct subset *s = lam_dataset_state(self);
	return lam_dataset_read(s->whole, s->indices[index], x, target);
}

static lam_status subset_read_fields(const lam_dataset *self, int64_t index, void *const *to)
{
	const struct subset *s = lam_dataset_state(self);
	return lam_dataset_read_fields(s->whole, s->indices[index], to);
}

static void subset_destroy(lam_dataset *self)
{
	struct subset *s = lam_dataset_state(self);
	lam_dataset_free(s->whole);
	lam_free(s->indices);
}

static const lam_dataset_class subset_class = {
	LAM_DATASET_ABI,
	.kind = "subset",
	.state_size = sizeof(struct subset),
	.read = subset_read,
	.read_fields = subset_read_fields,
	.destroy = subset_destroy,
};

const lam_dataset *lam_dataset_whole(const lam_dataset *dataset)
{
	while (dataset && lam_dataset_class_of(dataset) == &subset_class)
		dataset = ((const struct subset *)lam_dataset_state(dataset))->whole;
	return dataset;
}

/* A data set of `count` samples that has the fields of `whole`. */
static lam_dataset *make(const lam_dataset *whole, int64_t count)
{
	if (!lam_dataset_named(whole))
		return lam_dataset_new(
			&subset_class, count, lam_dataset_shape(whole), lam_dataset_targets(whole));
	const int fields = lam_dataset_field_count(whole);
	lam_field *list = lam_alloc((size_t)fields + 1, sizeof *list);
	for (int i = 0; i < fields && list; i++)
		list[i] = lam_dataset_field(whole, i);
	lam_dataset *made = list ? lam_dataset_new_fields(&subset_class, count, list) : NULL;
	lam_free(list);
	return made;
}

/* What a data set says beside its fields. */
static lam_status copy_facts(lam_dataset *to, const lam_dataset *from)
{
	lam_status status = LAM_OK;
	if (lam_dataset_light(from))
		lam_dataset_set_light(to);
	if (lam_dataset_numbers(from))
		status = lam_dataset_set_numbers(to, lam_dataset_numbers(from));
	if (!status && lam_dataset_source(from))
		status = lam_dataset_set_source(to, lam_dataset_source(from));
	return status ? status : lam_dataset_copy_class_names(to, lam_dataset_class_names(from));
}

lam_dataset *lam_dataset_subset(const lam_dataset *dataset, const int64_t *indices, int64_t count)
{
	if (!dataset || !indices) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_dataset_subset: the %s is NULL",
			dataset ? "list of indices" : "data set");
		return NULL;
	}
	const int64_t all = lam_dataset_count(dataset);
	if (dataset && lam_dataset_class_of(dataset)->next) {
		lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_subset: a stream that is read in order; expected samples with "
			"indices");
		return NULL;
	}
	for (int64_t i = 0; i < count; i++)
		if (indices[i] < 0 || indices[i] >= all) {
			lam_fail(LAM_ERR_ARGUMENT,
				"lam_dataset_subset: index %" PRId64 " is %" PRId64
				"; expected 0 to %" PRId64,
				i, indices[i], all - 1);
			return NULL;
		}
	lam_dataset *made = make(dataset, count);
	int64_t *copy = made ? lam_alloc((size_t)count, sizeof *copy) : NULL;
	if (copy) {
		memcpy(copy, indices, (size_t)count * sizeof *copy);
		*(struct subset *)lam_dataset_state(made) = (struct subset){
			.whole = lam_dataset_hold(dataset), .indices = copy};
		if (copy_facts(made, dataset) == LAM_OK)
			return made;
	}
	lam_dataset_free(made);
	return NULL;
}

/* Marks the `count` samples that come first in a random order. */
static bool *choose(int64_t all, int64_t count, uint64_t seed)
{
	int64_t *order = lam_alloc((size_t)all, sizeof *order);
	bool *chosen = order ? lam_alloc((size_t)all, sizeof *chosen) : NULL;
	if (chosen) {
		lam_random_permutation(seed, 0, all, order);
		for (int64_t i = 0; i < count; i++)
			chosen[order[i]] = true;
	}
	lam_free(order);
	return chosen;
}

static lam_dataset *part(
	const lam_dataset *dataset, const bool *chosen, bool wanted, int64_t count, int64_t *room)
{
	int64_t n = 0;
	for (int64_t i = 0; n < count; i++)
		if (chosen[i] == wanted)
			room[n++] = i;
	return lam_dataset_subset(dataset, room, count);
}

lam_status lam_dataset_split(const lam_dataset *dataset, double fraction, uint64_t seed,
	lam_dataset **first, lam_dataset **second)
{
	if (!first || !second)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_split: the place of the %s part is NULL",
			first ? "second" : "first");
	*first = *second = NULL;
	const int64_t all = lam_dataset_count(dataset);
	if (all < 2)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_split: %" PRId64 " samples; expected at least 2", all);
	if (all == LAM_ENDLESS)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_split: the data set is endless; expected one with a count");
	if (!(fraction > 0 && fraction < 1))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_split: the fraction is %g; expected above 0 and below 1",
			fraction);
	int64_t count = llround(fraction * (double)all);
	count = count < 1 ? 1 : count >= all ? all - 1 : count;
	bool *chosen = choose(all, count, seed);
	int64_t *room = chosen ? lam_alloc((size_t)all, sizeof *room) : NULL;
	if (room) {
		*first = part(dataset, chosen, true, count, room);
		*second = *first ? part(dataset, chosen, false, all - count, room) : NULL;
	}
	lam_free(room);
	lam_free(chosen);
	if (*second)
		return LAM_OK;
	const lam_status status = lam_error_status();
	lam_dataset_free(*first);
	*first = NULL;
	return status;
}
