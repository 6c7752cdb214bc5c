/* SPDX-License-Identifier: MIT */
/* Weights of PyTorch that do not fit a net: the sentences say what to do. */
#include "framework/files/npz.h"
#include "framework/files/zip.h"

#include "tests/files/files.h"

#include <lamina.h>

/* A model whose layers are counted otherwise, as nn.Flatten has no layer here: the sentence names
 * the one entry that could be meant. */
static void names_of_layers_that_are_counted_otherwise(void)
{
	static const struct {
		const char *name, *second;
		bool said;
	} rows[] = {{"2.weight", NULL, true}, {"module.2.weight", NULL, true},
		{"10.weight", NULL, true}, {"2.weight", "3.weight", false}, {"2.bias", NULL, false},
		{"a.weight", NULL, false}, {"2.0.weight", NULL, false},
		{"2.weight", "2.bias", true}};
	static const lam_real sevens[6] = {7, 7, 7, 7, 7, 7};
	const lam_shape shape = LAM_SHAPE(2, 3);
	lam_net *net = lam_net_create(
		lam_sequential(lam_relu(), lam_affine(.out = 2)), LAM_SHAPE(3), .max_batch = 1);
	require(net != NULL, "%s", lam_error());
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *both[] = {rows[i].name, rows[i].second};
		char words[200] = "has no entry \"1.weight\"; expected one of shape 2x3";
		lam_npz_writer *npz = lam_npz_create(file_path("p.npz"), NULL);
		require(npz != NULL, "%s", lam_error());
		for (int k = 0; k < 2 && both[k]; k++)
			check_ok(lam_npz_add_real(npz, both[k], &shape, sevens));
		check_ok(lam_npz_finish(npz));
		const bool wrapped = strncmp(rows[i].name, "module.", 7) == 0;
		if (rows[i].said)
			snprintf(words, sizeof words,
				"has no entry \"1.weight\", but \"%s\" of the same shape, 2x3; "
				"expected a layer for each module",
				rows[i].name + (wrapped ? 7 : 0));
		test_begin("%s", rows[i].name);
		check_fails(lam_net_load_params(net, file_path("p.npz")), LAM_ERR_FORMAT, words);
		test_end();
	}
	lam_net_free(net);
}

/* Of two layers of one shape, the file has the second one. */
static void names_of_layers_that_the_net_has(void)
{
	static const lam_real sevens[9] = {7, 7, 7, 7, 7, 7, 7, 7, 7};
	const lam_shape shape = LAM_SHAPE(3, 3);
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = 3), lam_affine(.out = 3)),
		LAM_SHAPE(3), .max_batch = 1);
	lam_npz_writer *npz = lam_npz_create(file_path("p.npz"), NULL);
	require(net && npz, "%s", lam_error());
	check_ok(lam_npz_add_real(npz, "1.weight", &shape, sevens));
	check_ok(lam_npz_finish(npz));
	check_fails(lam_net_load_params(net, file_path("p.npz")), LAM_ERR_FORMAT,
		"has no entry \"0.weight\"; expected one of shape 3x3");
	lam_net_free(net);
}

/* Writes an archive with entries that are no arrays. */
static void write_entries(const char *path, const char *const *names, int count)
{
	lam_zip_writer *zip = lam_zip_create(path, NULL);
	require(zip != NULL, "%s", lam_error());
	for (int i = 0; i < count; i++) {
		check_ok(lam_zip_begin(zip, names[i], 1));
		check_ok(lam_zip_write(zip, "3", 1));
		check_ok(lam_zip_end(zip));
	}
	check_ok(lam_zip_finish(zip));
}

/* What torch.save() writes, and an archive of anything else. */
static void archives_without_arrays(void)
{
	static const char *const torch[] = {"model/data.pkl", "model/data/0", "model/version"},
				 pickled[] = "is an archive of torch.save(); expected arrays",
				 none[] = "has no arrays; expected a file of lam_net_save() or "
					  "numpy.savez()";
	lam_net *net = lam_net_create(lam_affine(.out = 2), LAM_SHAPE(3), .max_batch = 1);
	require(net != NULL, "%s", lam_error());
	for (int count = 0; count < 4; count++) {
		const char *words = count ? pickled : none;
		write_entries(file_path("model.pt"), torch, count);
		for (int partial = 0; partial < 2; partial++)
			check_fails(
				lam_net_load_params(net, file_path("model.pt"), .partial = partial),
				LAM_ERR_FORMAT, words);
		check(!lam_net_load(file_path("model.pt")) && strstr(lam_error(), words), "%s",
			lam_error());
	}
	write_entries(file_path("model.pt"), torch + 1, 2);
	check_fails(lam_net_load_params(net, file_path("model.pt")), LAM_ERR_FORMAT, none);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(names_of_layers_that_are_counted_otherwise),
		TEST(names_of_layers_that_the_net_has),
		TEST(archives_without_arrays),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
