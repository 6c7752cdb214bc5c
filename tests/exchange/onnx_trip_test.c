/* SPDX-License-Identifier: MIT */
/* Nets that were saved as ONNX and are loaded again predict the same. */
#include "tests/exchange/onnx_nets.h"

/* What is saved in nodes that no layer has: windows of an even number of channels, and a softplus
 * that is cut off where it would be seen. */
static bool has_no_way_back(const struct onnx_case *c)
{
	return (!strncmp(c->title, "local_response_norm,", 20) && strstr(lam_error(), "(Pow)"))
		|| (!strncmp(c->title, "softplus,", 9) && strstr(lam_error(), "(Greater)"));
}

static void come_back(const struct onnx_case *c)
{
	lam_net *net = lam_onnx_load(
		c->path, .inference = true, .max_batch = c->samples, .direct = true);
	if (!net) {
		check(has_no_way_back(c), "%s: %s", c->title, lam_error());
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

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(loaded_nets_predict_the_same)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
