/* SPDX-License-Identifier: MIT */
/* Each ONNX file that tests/data/bad/onnx.txt lists is refused with the sentence given there. */
#include "exchange/onnx/lamina_onnx.h"

#include "tests/files/bad_files.h"

static bool read_onnx(const char *path)
{
	lam_net *net = lam_onnx_load(path, .inference = true, .threads = 1);
	lam_net_free(net);
	return net != NULL;
}

static void bad_files(void)
{
	static const struct reader readers[] = {{".onnx", read_onnx}};
	refuse_all("onnx.txt", readers, 1, 100, 2 << 20);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(bad_files)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
