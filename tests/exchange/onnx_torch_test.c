/* SPDX-License-Identifier: MIT */
/* Nets that PyTorch wrote as ONNX files (tests/reference/make_onnx.py) predict what PyTorch
 * predicts, and their loss falls when they are trained. The environment variable LAMINA_ONNX_FOLDER
 * names a folder of more. */
#include "exchange/onnx/lamina_onnx.h"
#include "layers/loss.h"
#include "tests/kit.h"

#include <dirent.h>
#include <math.h>

enum { PATH_ROOM = 600, MOST_CLASSES = 1 << 16 };

/* The values of an .npy file of floats, from malloc(). */
static lam_real *read_npy(const char *path, int64_t *count)
{
	FILE *file = fopen(path, "rb");
	unsigned char head[10];
	if (!file || fread(head, 1, sizeof head, file) != sizeof head)
		exit(TEST_ERROR);
	const long begin = (long)sizeof head + head[8] + 256 * head[9];
	fseek(file, 0, SEEK_END);
	*count = (ftell(file) - begin) / (long)sizeof(float);
	fseek(file, begin, SEEK_SET);
	float *floats = malloc((size_t)*count * sizeof *floats);
	lam_real *values = malloc((size_t)*count * sizeof *values);
	if (fread(floats, sizeof *floats, (size_t)*count, file) != (size_t)*count)
		exit(TEST_ERROR);
	for (int64_t i = 0; i < *count; i++)
		values[i] = (lam_real)floats[i];
	free(floats);
	fclose(file);
	return values;
}

static void predict(
	const char *path, const lam_real *x, int64_t n, const lam_real *y, int64_t count)
{
	lam_net *net = lam_onnx_load(path, .inference = true, .max_batch = 4);
	check(net != NULL, "%s", lam_error());
	if (!net)
		return;
	const lam_shape out = lam_net_output_shape(net);
	lam_real *found = malloc((size_t)count * sizeof *found);
	double worst = 0, largest = 0;
	check(n * lam_shape_count(&out) == count, "%s for %d values", lam_shape_text(out).text,
		(int)count);
	if (n * lam_shape_count(&out) == count && !lam_net_predict(net, x, n, found))
		for (int64_t i = 0; i < count; i++) {
			worst = fmax(worst, fabs((double)(found[i] - y[i])));
			largest = fmax(largest, fabs((double)y[i]));
		}
	check(largest > 0 && worst <= 1e-4 * largest, "off by %g of %g", worst, largest);
	free(found);
	lam_net_free(net);
}

static void train(const char *path, const lam_real *x, int64_t n)
{
	static int32_t classes[MOST_CLASSES];
	lam_net *net = lam_onnx_load(path, .max_batch = 4, .loss = lam_softmax_cross_entropy());
	check(net != NULL, "%s", lam_error());
	const lam_optimizer adam = lam_adam(.lr = 1e-3f);
	double first = 0;
	for (int i = 0; i < MOST_CLASSES; i++)
		classes[i] = i % 3;
	for (int step = 0; net && step < 10; step++) {
		check(!lam_net_step(net, &adam, x, classes, n), "%s", lam_error());
		first = step ? first : lam_net_loss(net);
	}
	check(net && lam_net_loss(net) < 0.999 * first, "loss %g after %g",
		net ? lam_net_loss(net) : 0, first);
	lam_net_free(net);
}

/* "FOLDER/gates_11.onnx" beside "FOLDER/gates_x.npy" and "…_y.npy". */
static void run(const char *folder, const char *file)
{
	char path[PATH_ROOM], beside[PATH_ROOM];
	const int stem = (int)(strrchr(file, '_') - file);
	int64_t inputs, outputs;
	test_begin("%s", file);
	snprintf(beside, sizeof beside, "%s/%.*s_x.npy", folder, stem, file);
	lam_real *x = read_npy(beside, &inputs);
	snprintf(beside, sizeof beside, "%s/%.*s_y.npy", folder, stem, file);
	lam_real *y = read_npy(beside, &outputs);
	snprintf(path, sizeof path, "%s/%s", folder, file);
	predict(path, x, 4, y, outputs);
	train(path, x, 4);
	free(x);
	free(y);
	test_end();
}

static void run_folder(const char *folder)
{
	struct dirent **names;
	const int found = scandir(folder, &names, NULL, alphasort);
	int nets = 0;
	for (int i = 0; i < found; i++) {
		const char *ending = strrchr(names[i]->d_name, '.');
		if (ending && !strcmp(ending, ".onnx") && strchr(names[i]->d_name, '_')) {
			run(folder, names[i]->d_name);
			nets++;
		}
		free(names[i]);
	}
	if (found >= 0)
		free(names);
	check(nets > 0, "no nets in %s", folder);
}

static void nets_of_pytorch_predict_the_same_and_are_trained(void)
{
	char folder[PATH_ROOM];
	const char *top = getenv("top_srcdir"), *more = getenv("LAMINA_ONNX_FOLDER");
	snprintf(folder, sizeof folder, "%s/tests/data/onnx", top ? top : ".");
	run_folder(folder);
	if (more)
		run_folder(more);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(nets_of_pytorch_predict_the_same_and_are_trained)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
