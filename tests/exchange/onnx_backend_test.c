/* SPDX-License-Identifier: MIT */
/* ONNX's own test data (Debian's libonnx-testdata): each model of tests/exchange/onnx_backend.txt
 * is read and gives the outputs that lie beside it; every other one is refused with a sentence.
 * Many models have weights as inputs: those become initialisers here. `onnx_backend_test list`
 * prints the list anew. */
#include "exchange/onnx/load.h"
#include "exchange/onnx/tensor.h"
#include "framework/io.h"
#include "framework/memory.h"
#include "tests/kit.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ENDS = 32, PATH_ROOM = 512, MOST_BYTES = 1 << 30, MOST_NAMES = 2000 };

static const char root[] = "/usr/share/libonnx-testdata/data";
static const char *const sets[] = {
	"node", "pytorch-converted", "pytorch-operator", "real", "simple"};

/* The tensor in a file; NULL: there is none. */
static LaminaOnnx__Tensor *read_tensor(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);
	const long size = ftell(file);
	rewind(file);
	uint8_t *bytes = malloc((size_t)size + 1);
	const bool read = fread(bytes, 1, (size_t)size, file) == (size_t)size;
	LaminaOnnx__Tensor *tensor = read ? lamina_onnx__tensor__unpack(NULL, (size_t)size, bytes)
					  : NULL;
	free(bytes);
	fclose(file);
	return tensor;
}

typedef struct ends {
	LaminaOnnx__Tensor *in[MOST_ENDS], *out[MOST_ENDS];
	int inputs, outputs;
} ends;

static void read_ends(ends *e, const char *folder)
{
	char path[PATH_ROOM];
	*e = (ends){0};
	for (; e->inputs < MOST_ENDS; e->inputs++) {
		snprintf(path, sizeof path, "%s/test_data_set_0/input_%d.pb", folder, e->inputs);
		if (!(e->in[e->inputs] = read_tensor(path)))
			break;
	}
	for (; e->outputs < MOST_ENDS; e->outputs++) {
		snprintf(path, sizeof path, "%s/test_data_set_0/output_%d.pb", folder, e->outputs);
		if (!(e->out[e->outputs] = read_tensor(path)))
			break;
	}
}

static void free_ends(ends *e)
{
	for (int i = 0; i < e->inputs; i++)
		lamina_onnx__tensor__free_unpacked(e->in[i], NULL);
	for (int i = 0; i < e->outputs; i++)
		lamina_onnx__tensor__free_unpacked(e->out[i], NULL);
}

/* The values of a tensor as lamina's, from malloc(); *n: of its first dimension. */
static lam_real *values_of(
	lam_onnx_file *file, const LaminaOnnx__Tensor *proto, int64_t *n, int64_t *count)
{
	lam_onnx_tensor *tensor = lam_onnx_tensor_of(file, &file->arena, proto);
	if (!tensor || lam_onnx_tensor_decode(file, &file->arena, tensor))
		return NULL;
	lam_real *values = malloc(((size_t)tensor->count + 1) * sizeof *values);
	for (int64_t i = 0; i < tensor->count; i++)
		values[i] = (lam_real)lam_onnx_number(tensor, i);
	*n = tensor->rank ? tensor->dims[0] : 1;
	*count = tensor->count;
	return values;
}

/* To 1e-4 of the largest; expected values of 16 bits have fewer digits. */
static bool close_to(const lam_real *y, const lam_real *expected, int64_t count, int type)
{
	const double bound = type == LAM_ONNX_FLOAT16 ? 1e-3
		: type == LAM_ONNX_BFLOAT16           ? 1e-2
						      : 1e-4;
	double worst = 0, largest = 1e-3;
	for (int64_t i = 0; i < count; i++) {
		if (isnan((double)y[i]) != isnan((double)expected[i]))
			return false;
		if (isnan((double)y[i]) || y[i] == expected[i])
			continue;
		worst = fmax(worst, fabs((double)y[i] - (double)expected[i]));
		largest = fmax(largest, isinf((double)expected[i]) ? 0 : fabs((double)expected[i]));
	}
	return worst <= bound * largest;
}

/* Whether the net gives the outputs; the inputs that it has are those that are not initialisers. */
static const char *predict(
	lam_net *net, lam_onnx_file *file, const ends *e, const int *inputs, int fed)
{
	lam_io io[MOST_ENDS + 1] = {{0}};
	lam_out out[MOST_ENDS + 1] = {{0}};
	lam_real *expected[MOST_ENDS] = {0};
	int64_t n = 0, other, counts[MOST_ENDS], count;
	const char *wrong = NULL;
	if (lam_net_input_count(net) != fed || lam_net_output_count(net) > e->outputs)
		return "another number of inputs or outputs";
	for (int i = 0; i < fed && !wrong; i++) {
		lam_real *x = values_of(file, e->in[inputs[i]], &other, &count);
		io[i] = (lam_io){lam_net_input_name(net, i), x};
		const lam_shape shape = lam_net_shape_of(net, io[i].name);
		n = i ? n : other;
		if (!x || n != other || count != n * lam_shape_count(&shape))
			wrong = "an input of another size";
	}
	const int outputs = lam_net_output_count(net);
	for (int i = 0; i < outputs && !wrong; i++) {
		expected[i] = values_of(file, e->out[i], &other, &counts[i]);
		out[i].name = lam_net_output_name(net, i);
		out[i].data = malloc(((size_t)counts[i] + 1) * sizeof(lam_real));
		const lam_shape shape = lam_net_shape_of(net, out[i].name);
		if (!expected[i] || counts[i] != n * lam_shape_count(&shape))
			wrong = "an output of another size";
	}
	if (!wrong && lam_net_predict_io(net, io, n, out))
		wrong = lam_error();
	for (int i = 0; i < outputs && !wrong; i++)
		if (!close_to(out[i].data, expected[i], counts[i], e->out[i]->data_type))
			wrong = "other values";
	for (int i = 0; i < fed; i++)
		free((void *)(uintptr_t)io[i].data);
	for (int i = 0; i < outputs; i++) {
		free(out[i].data);
		free(expected[i]);
	}
	return wrong;
}

static int type_of(const LaminaOnnx__ValueInfo *info)
{
	return info->type && info->type->tensor_type ? info->type->tensor_type->elem_type : 0;
}

/* Values of bfloat16 lie in the files as whole numbers of 16 bits. */
static void name_types(LaminaOnnx__Graph *g, ends *e)
{
	for (int i = 0; i < e->inputs && i < (int)g->n_input; i++)
		if (type_of(g->input[i]) == LAM_ONNX_BFLOAT16)
			e->in[i]->data_type = LAM_ONNX_BFLOAT16;
	for (int i = 0; i < e->outputs && i < (int)g->n_output; i++)
		if (type_of(g->output[i]) == LAM_ONNX_BFLOAT16)
			e->out[i]->data_type = LAM_ONNX_BFLOAT16;
}

/* Makes the inputs from `first` on initialisers, or none. */
static void fix_inputs(LaminaOnnx__Graph *g, const ends *e, LaminaOnnx__Tensor **all, int first)
{
	for (int i = 0; i < e->inputs && i < (int)g->n_input; i++) {
		if (i < first)
			continue;
		if (e->in[i]->name != (const char *)protobuf_c_empty_string)
			free(e->in[i]->name);
		e->in[i]->name = strdup(g->input[i]->name);
		all[g->n_initializer++] = e->in[i];
	}
	g->initializer = all;
}

/* "pass", or why not. `first`: inputs that are fed to the net. */
static const char *try_with(const char *folder, int first, char *sentence, size_t room)
{
	char path[2 * PATH_ROOM];
	LaminaOnnx__Tensor *all[4 * MOST_ENDS];
	lam_onnx_file file;
	ends e;
	int inputs[MOST_ENDS], fed = 0;
	snprintf(path, sizeof path, "%s/model.onnx", folder);
	read_ends(&e, folder);
	const char *result = NULL;
	snprintf(sentence, room, "no sentence");
	if (lam_onnx_file_read(&file, path)) {
		snprintf(sentence, room, "%s", lam_error());
		result = "refused";
	}
	LaminaOnnx__Graph *g = result ? NULL : file.model->graph;
	file.arena.limit = MOST_BYTES; /* for the values of the test */
	if (g)
		name_types(g, &e);
	if (g && g->n_initializer < MOST_ENDS) {
		if (g->n_initializer > 0)
			memcpy(all, g->initializer, g->n_initializer * sizeof *all);
		fix_inputs(g, &e, all, first);
	}
	for (int i = 0; i < first && i < e.inputs; i++)
		inputs[fed++] = i;
	lam_net *net = result
		? NULL
		: lam_onnx_load_file(&file,
			&(lam_onnx_load_options){.size = sizeof(lam_onnx_load_options),
				.path = path,
				.inference = true,
				.direct = true,
				.max_batch = 8,
				.memory_limit = SIZE_MAX,
				.threads = 1});
	if (!net && !result) {
		snprintf(sentence, room, "%s", lam_error());
		result = "refused";
	} else if (!result) {
		const char *wrong = predict(net, &file, &e, inputs, fed);
		snprintf(sentence, room, "%s", wrong ? wrong : "");
		result = wrong ? "wrong" : "pass";
	}
	lam_net_free(net);
	free_ends(&e);
	lam_onnx_file_free(&file);
	return result;
}

/* With all inputs fed to the net, or the first one, whichever passes. */
static const char *try_model(const char *folder, char *sentence, size_t room)
{
	char second[600];
	const char *all = try_with(folder, MOST_ENDS, sentence, room);
	if (!strcmp(all, "pass"))
		return all;
	const char *one = try_with(folder, 1, second, sizeof second);
	if (strcmp(all, "wrong") != 0 || strcmp(one, "refused") != 0)
		snprintf(sentence, room, "%s", second);
	return strcmp(all, "wrong") != 0 || strcmp(one, "refused") != 0 ? one : all;
}

/* The models that pass, "node/test_relu", from the list in the tree. */
static struct {
	char names[MOST_NAMES][100];
	int count;
	bool write; /* a new list, to the standard output */
} listed;

static bool read_list(void)
{
	char path[PATH_ROOM];
	const char *top = getenv("top_srcdir");
	snprintf(path, sizeof path, "%s/tests/exchange/onnx_backend.txt", top ? top : ".");
	FILE *file = fopen(path, "r");
	while (file && listed.count < MOST_NAMES
		&& fscanf(file, "%99s", listed.names[listed.count]) == 1)
		listed.count++;
	if (file)
		fclose(file);
	return listed.count > 0;
}

static bool is_listed(const char *name)
{
	for (int i = 0; i < listed.count; i++)
		if (!strcmp(listed.names[i], name))
			return true;
	return false;
}

/* Whether a folder of the data holds a model: big ones are not in Debian's package. */
static bool has_model(const char *folder)
{
	char path[2 * PATH_ROOM];
	snprintf(path, sizeof path, "%s/model.onnx", folder);
	FILE *file = fopen(path, "rb");
	if (file)
		fclose(file);
	return file != NULL;
}

static void run_set(const char *set)
{
	char path[PATH_ROOM / 2], folder[PATH_ROOM], name[PATH_ROOM], sentence[600];
	struct dirent **names;
	snprintf(path, sizeof path, "%s/%s", root, set);
	const int found = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < found; i++) {
		snprintf(folder, sizeof folder, "%s/%.200s", path, names[i]->d_name);
		snprintf(name, sizeof name, "%s/%.200s", set, names[i]->d_name);
		const bool there = names[i]->d_name[0] != '.' && has_model(folder);
		free(names[i]);
		if (!there)
			continue;
		const char *result = try_model(folder, sentence, sizeof sentence);
		if (listed.write && !strcmp(result, "pass"))
			puts(name);
		if (listed.write)
			continue;
		const char *expected = is_listed(name) ? "pass" : "refused";
		check(!strcmp(result, expected), "%s: %s (%s), expected %s", name, result, sentence,
			expected);
		check(!strcmp(result, "pass") || strchr(sentence, ' '), "%s: no sentence", name);
	}
	if (found >= 0)
		free(names);
}

static void the_listed_models_pass_and_others_are_refused(void)
{
	if (!has_model("/usr/share/libonnx-testdata/data/node/test_relu")) {
		test_skip("there is no libonnx-testdata");
		return;
	}
	check(read_list(), "no list of models");
	check(listed.count >= 120, "%d models are listed", listed.count);
	for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
		run_set(sets[s]);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(the_listed_models_pass_and_others_are_refused)};
	listed.write = argc > 1 && !strcmp(argv[1], "list");
	for (size_t s = 0; listed.write && s < sizeof sets / sizeof *sets; s++)
		run_set(sets[s]);
	return listed.write ? 0 : test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
