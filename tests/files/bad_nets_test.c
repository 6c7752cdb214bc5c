/* SPDX-License-Identifier: MIT */
/* Each file that tests/data/bad/nets.txt lists is refused with the sentence given there: invalid
 * nets, parameters, runs and architecture texts. */
#include "framework/model/architecture.h"
#include "tests/files/bad_files.h"

#include <lamina.h>

static bool read_net(const char *path)
{
	lam_net *net = lam_net_load(path, .max_batch = 1);
	lam_net_free(net);
	return net != NULL;
}

static bool read_architecture(const char *path)
{
	struct bytes text = file_read(path);
	text.data[text.count] = '\0';
	lam_shape input;
	lam_layer *model = lam_architecture_parse((const char *)text.data, NULL, NULL, &input);
	free(text.data);
	lam_layer_free(model);
	if (!model)
		/* Names the file as lam_net_load() does. */
		lam_fail(lam_error_status(), "%s: %s", path, lam_error());
	return model != NULL;
}

static lam_net *small_net(void)
{
	return lam_net_create(lam_sequential(lam_affine(.out = 2), lam_softmax_cross_entropy()),
		LAM_SHAPE(3), .max_batch = 2, .threads = 1);
}

/* Also checks that a refused file leaves the net unchanged. */
static bool read_params(const char *path)
{
	lam_net *net = small_net();
	lam_real before[6];
	memcpy(before, lam_param_value(lam_net_param(net, 0)), sizeof before);
	bool good = lam_net_load_params(net, path) == LAM_OK;
	check(good || !memcmp(before, lam_param_value(lam_net_param(net, 0)), sizeof before),
		"a refused file changed the net");
	lam_net_free(net);
	return good;
}

static bool read_run(const char *path)
{
	static const lam_real x[6] = {1, 2, 3, 4, 5, 6};
	static const int32_t classes[2] = {0, 1};
	lam_net *net = small_net();
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(3), classes, 2);
	bool good = lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = (lam_real)0.1),
			    .checkpoint = path, .resume = true)
		== LAM_OK;
	lam_dataset_free(data);
	lam_net_free(net);
	return good;
}

static void bad_nets(void)
{
	static const struct reader readers[] = {
		{".net.npz", read_net},
		{".params.npz", read_params},
		{".run.npz", read_run},
		{".architecture", read_architecture},
	};
	refuse_all("nets.txt", readers, sizeof readers / sizeof *readers, 80, 4 << 20);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(bad_nets)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
