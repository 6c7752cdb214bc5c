/* SPDX-License-Identifier: MIT */
/* Nets saved as ONNX predict in onnxruntime what they predict here: every kind of layer with random
 * options, and whole nets. The checker of the Python package onnx finds nothing wrong in them. */
#include "tests/exchange/onnx_nets.h"

static void put_ends(FILE *file, const struct onnx_case *c, const struct onnx_end *ends, int count)
{
	for (int i = 0; i < count; i++) {
		fprintf(file, "%s\t%lld", ends[i].name, (long long)c->samples);
		for (int d = 0; d < ends[i].shape.rank; d++)
			fprintf(file, ",%lld", (long long)ends[i].shape.dim[d]);
		fprintf(file, "\n");
	}
}

/* What onnx_run.js reads: for each case a line with its file, tolerance, inputs and outputs, a line
 * for each of these, and their values as floats in "all.data". */
static bool put_all(void)
{
	char path[200];
	snprintf(path, sizeof path, "%s/all.txt", onnx_folder);
	FILE *file = fopen(path, "w");
	snprintf(path, sizeof path, "%s/all.data", onnx_folder);
	FILE *data = fopen(path, "wb");
	for (int i = 0; file && data && i < onnx_all.count; i++) {
		const struct onnx_case *c = &onnx_all.cases[i];
		fprintf(file, "%s\t%s\t%g\t%d\t%d\n", c->title, c->path, c->tolerance, c->ins,
			c->outs);
		put_ends(file, c, c->in, c->ins);
		put_ends(file, c, c->out, c->outs);
		for (int k = 0; k < c->ins + c->outs; k++) {
			const struct onnx_end *end = k < c->ins ? &c->in[k] : &c->out[k - c->ins];
			for (int64_t v = 0; v < onnx_values(c, end); v++) {
				const float value = (float)end->values[v];
				fwrite(&value, sizeof value, 1, data);
			}
		}
	}
	const bool good = file && data && !ferror(file) && !ferror(data);
	return good && !fclose(file) && !fclose(data);
}

/* Runs a program on the folder of all cases: each of its lines that begins with "FAIL" is a
 * complaint. Its status 77: it cannot run here, and the last line says why. */
static void run(const char *command)
{
	char line[500], last[500] = "";
	FILE *pipe = popen(command, "r");
	require(pipe, "%s does not run", command);
	while (fgets(line, sizeof line, pipe)) {
		line[strcspn(line, "\n")] = 0;
		check(strncmp(line, "FAIL", 4) != 0, "%s", line);
		snprintf(last, sizeof last, "%s", line);
	}
	const int status = pclose(pipe);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		test_skip(last);
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		test_skip("there is no node, or no python3");
	else
		check(status == 0, "%s: status %d: %s", command, status, last);
}

static void saved_nets_predict_the_same(void)
{
	require(onnx_begin(), "no folder");
	onnx_all_nets();
	test_begin("all are written");
	check(put_all(), "the cases cannot be written");
	test_end();
	const char *top = getenv("top_srcdir"), *python = getenv("PYTHON");
	char command[500];
	test_begin("in onnxruntime");
	snprintf(command, sizeof command, "node %s/tests/exchange/onnx_run.js %s 2>&1",
		top ? top : ".", onnx_folder);
	run(command);
	test_end();
	test_begin("for onnx.checker");
	snprintf(command, sizeof command, "%s %s/tests/exchange/onnx_check.py %s 2>&1",
		python && *python ? python : "python3", top ? top : ".", onnx_folder);
	run(command);
	test_end();
	onnx_end();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(saved_nets_predict_the_same)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
