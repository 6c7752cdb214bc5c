/* SPDX-License-Identifier: MIT */
/* The batches that examples/cifar10 and examples/resnet20 train on, in their order:
 * cifar10_batches cifar10|resnet20 SEED EPOCHS [IMAGES]
 *
 * Written to standard output, each as int32 n, float [n][3][32][32], int32 [n], in the machine's
 * byte order. tests/bench/cifar10_torch.py reads them. */
#include <lamina.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lam_loader *loader_of(const char *name, const lam_dataset *set, uint64_t seed)
{
	if (strcmp(name, "cifar10") == 0)
		return lam_loader_new(set, .batch = 1024, .drop_last = true, .seed = seed,
			.augment = {.shift = 2, .reflect = true, .flip = true, .alternate = true});
	return lam_loader_new(
		set, .batch = 128, .seed = seed, .augment = {.shift = 4, .flip = true});
}

/* The first `count` samples; 0: all. */
static lam_dataset *part_of(const lam_dataset *all, int64_t count)
{
	const int64_t most = lam_dataset_count(all), n = count && count < most ? count : most;
	int64_t *indices = malloc((size_t)n * sizeof *indices);
	for (int64_t i = 0; i < n && indices; i++)
		indices[i] = i;
	lam_dataset *part = indices ? lam_dataset_subset(all, indices, n) : NULL;
	free(indices);
	return part;
}

static bool put(const void *data, size_t size, int64_t count)
{
	return fwrite(data, size, (size_t)count, stdout) == (size_t)count;
}

int main(int argc, char **argv)
{
	const bool known = argc > 3
		&& (strcmp(argv[1], "cifar10") == 0 || strcmp(argv[1], "resnet20") == 0);
	const long epochs = known ? atol(argv[3]) : 0;
	if (epochs < 1 || argc > 5) {
		fputs("usage: cifar10_batches cifar10|resnet20 SEED EPOCHS [IMAGES]\n", stderr);
		return 2;
	}
	lam_dataset *all = lam_cifar10_open(NULL, LAM_SPLIT_TRAIN),
		    *set = all ? part_of(all, argc > 4 ? atol(argv[4]) : 0) : NULL;
	lam_loader *loader = set ? loader_of(argv[1], set, strtoull(argv[2], NULL, 10)) : NULL;
	const lam_batch *batch = NULL;
	bool written = loader != NULL;
	for (int64_t i = 0; written && i < epochs * lam_loader_batches(loader); i++) {
		batch = lam_loader_next(loader);
		const int32_t n = batch ? (int32_t)batch->n : 0;
		written = batch && put(&n, sizeof n, 1)
			&& put(batch->x, sizeof *batch->x, (int64_t)n * 3 * 32 * 32)
			&& put(batch->targets, sizeof(int32_t), n);
	}
	if (!loader || (!written && !batch))
		fprintf(stderr, "cifar10_batches: %s\n", lam_error());
	lam_loader_free(loader);
	lam_dataset_free(set);
	lam_dataset_free(all);
	return !written;
}
