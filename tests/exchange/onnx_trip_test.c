/* SPDX-License-Identifier: MIT */
/* Nets that were saved as ONNX and are loaded again predict the same. */
#include "tests/exchange/onnx_nets.h"

static void come_back(const struct onnx_case *c)
{
	lam_net *net = lam_onnx_load(
		c->path, .inference = true, .max_batch = c->samples, .direct = true);
	if (!net) {
		check(false, "%s: %s", c->title, lam_error());
		return;
	}
	lam_io io[ONNX_ENDS + 1] = {{0}};
	lam_out out[ONNX_ENDS + 1] = {{0}};
	for (int i = 0; i < c->ins; i++)
		io[i] = (lam_io){c->in[i].name, c->in[i].values};
	for (int i = 0; i < c->outs; i++)
		out[i] = (lam_out){c->out[i].name,
			malloc((size_t)onnx_values(c, &c->out[i]) * sizeof(lam_real))};
	check_ok(lam_net_predict_io(net, io, c->samples, out));
	for (int i = 0; i < c->outs; i++) {
		onnx_compare(c, &c->out[i], out[i].data);
		free(out[i].data);
	}
	lam_net_free(net);
}

static void loaded_nets_predict_the_same(void)
{
	require(onnx_begin(), "no folder");
	onnx_all_nets();
	test_begin("loaded again");
	for (int i = 0; i < onnx_all.count; i++)
		come_back(&onnx_all.cases[i]);
	test_end();
	onnx_end();
}

static void names_of_classes_come_back(void)
{
	static const char *const names[3] = {"a cat", "\"dog\" or \\", "\xea\xb3\xa0\xec\x96\x91"};
	require(onnx_begin(), "no folder");
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 3), lam_softmax_cross_entropy()), LAM_SHAPE(2));
	char path[120];
	snprintf(path, sizeof path, "%s/named.onnx", onnx_folder);
	require(net && !lam_net_set_class_names(net, names, 3) && !lam_onnx_save(net, path), "%s",
		lam_error());
	lam_net *again = lam_onnx_load(path);
	check(again && lam_net_class_name_count(again) == 3, "%s", lam_error());
	for (int i = 0; i < 3 && again; i++) {
		const char *name = lam_net_class_name(again, i);
		check(name && !strcmp(name, names[i]), "class %d is %s", i, name ? name : "none");
	}
	lam_net_free(again);
	lam_net_free(net);
	onnx_end();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(loaded_nets_predict_the_same), TEST(names_of_classes_come_back)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
