/* SPDX-License-Identifier: MIT */
/* A file of as many layers as a net may have loads in a time that grows with its length. */
#include "tests/files/files.h"

#include <lamina.h>
#include <time.h>

enum { MANY = 9990, FEW = MANY / 4 };

static double processor_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static lam_net *batch_norms(int count)
{
	lam_layer **layers = malloc((size_t)count * sizeof *layers);
	for (int i = 0; i < count; i++)
		layers[i] = lam_batch_norm();
	lam_layer *model = lam_sequential_new(&(lam_sequential_options){
		.size = sizeof(lam_sequential_options), .layers = layers, .count = count});
	free(layers);
	return lam_net_create(
		model, LAM_SHAPE(2), .max_batch = 1, .threads = 1, .memory_limit = SIZE_MAX);
}

/* Processor time to load the net, and its parameters into it: the lesser of two. */
static double load(int count)
{
	double least = 1e9;
	lam_net *net = batch_norms(count);
	check(net != NULL, "%s", lam_error());
	check_ok(lam_net_save(net, file_path("many.npz")));
	for (int i = 0; i < 2; i++) {
		const double began = processor_seconds();
		check_ok(lam_net_load_params(net, file_path("many.npz")));
		lam_net *loaded = lam_net_load(file_path("many.npz"), .max_batch = 1, .threads = 1,
			.memory_limit = SIZE_MAX);
		check(loaded != NULL, "%s", lam_error());
		const double took = processor_seconds() - began;
		least = took < least ? took : least;
		lam_net_free(loaded);
	}
	lam_net_free(net);
	return least;
}

/* Four times as many names should take 4 times as long. If each name were compared with each, they
 * would take 16 times as long. */
static void many_names(void)
{
	const double few = load(FEW), many = load(MANY);
	check(many < 9 * few + 0.2, "%d batch norms: %.2f s, %d: %.2f s", FEW, few, MANY, many);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(many_names)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
