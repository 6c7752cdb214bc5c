/* SPDX-License-Identifier: MIT */
/* A batch in many shards is read in proportion to them. Not the time is measured: the test has a
 * loader of its own, which counts how often it asks what a shard has. */
#include <lamina.h>

#include "framework/data/shards.h"
#include "tests/kit.h"

static int64_t asked, reads;

static int64_t counted_samples(int64_t n, int64_t shard, int64_t all)
{
	asked++;
	return lam_shard_samples(n, shard, all);
}

#define lam_shard_samples counted_samples
#include "framework/data/loader.c"

static lam_status count_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	(void)self;
	reads++;
	x[0] = (lam_real)index;
	*(int32_t *)target = 0;
	return LAM_OK;
}

/* Reads a batch of so many shards, each of one sample. */
static void read_batch(int shards)
{
	static const lam_dataset_class counted_class = {
		LAM_DATASET_ABI, .kind = "counted", .read = count_read};
	lam_dataset *data = lam_dataset_new(&counted_class, shards, LAM_SHAPE(1),
		(lam_target_info){.type = LAM_CLASSES, .classes = 2});
	lam_loader *loader = lam_loader_new_shards(
		&(lam_loader_options){
			.size = sizeof(lam_loader_options), .dataset = data, .batch = shards},
		NULL, (lam_shard_range){shards, 0, shards, false});
	asked = reads = 0;
	check(loader && !lam_loader_fill(loader), "%s", lam_error());
	lam_loader_free(loader);
	lam_dataset_free(data);
}

/* With a search from the first shard on, the last one would be found after all others. */
static void many_shards_are_read_in_proportion(void)
{
	enum { EACH = 4 };
	for (int shards = 64; shards <= 65536; shards *= 32) {
		read_batch(shards);
		check(reads == shards, "%d shards: %d reads", shards, (int)reads);
		check(asked > 0 && asked <= EACH * shards, "%d shards: asked %.0f times", shards,
			(double)asked);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(many_shards_are_read_in_proportion),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
