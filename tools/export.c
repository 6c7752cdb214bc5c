/* SPDX-License-Identifier: MIT */
/* lamina export: a net's inference as a C file, or as an ONNX file. */
#include "tools/data.h"
#include "tools/nets.h"

#include <lamina_onnx.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static const char help[] =
	"Usage: lamina export NET --output FILE [options]\n"
	"Writes the inference of a net as C99 without dependencies, one sample at a time, with a\n"
	"header beside it; or as an ONNX file, which other programs run.\n"
	"\n"
	"  --output FILE             FILE.c or FILE.onnx; -o is the same\n"
	"  --weights WHICH           last, best or average (default: last)\n"
	"  --help\n"
	"\n"
	"Of ONNX:\n"
	"  --opset N                 the version of its operators, 7 to 21 (default 17)\n"
	"\n"
	"Of C:\n"
	"  --name WORD               the function, and what all names begin with (default: the\n"
	"                            file's name)\n"
	"  --store WHICH             where the weights are: inline, in the C file (default); "
	"file,\n"
	"                            in a second C file; blob, in a file that the caller reads\n"
	"  --caller-arena            no static memory: the caller gives it\n"
	"\n"
	"With weights and values of 8 bits:\n"
	"  --int8                    needs --calibrate\n"
	"  --calibrate DATA          samples that show how large values are; of mnist and cifar10\n"
	"                            the training set\n"
	"  --samples N               how many of them (default 500)\n"
	"  --score DATA              what it loses is measured on all of these (default: on what\n"
	"                            calibrates); of mnist and cifar10 the test set\n"
	"  --integer                 no float at all: the caller's arrays are int8_t\n"
	"  --like FILE.csv           the table that the net was trained on: the same columns,\n"
	"                            words and classes\n"
	"\n" DATA_HELP;

struct wish {
	lam_load_options load;
	lam_export_c_options options;
	bool int8, data_said;
	int opset; /* 0: not said */
	const char *calibrate, *score, *like;
	struct data_options table;
};

/* A reason why the net has no form in C. */
static void refuse(void *data, const char *reason)
{
	(void)data;
	note("%s", reason);
}

static void show(const lam_export_c_options *options, const lam_export_c_report *report)
{
	put_words("%s: %" PRId64 " bytes of weights, %" PRId64 " bytes of memory for a sample",
		options->path, report->weight_bytes, report->arena_bytes);
	if (!options->calibrate)
		return;
	if (isnan(report->net_accuracy))
		put_words("int8: outputs differ by up to %.2f%% of the largest, on %" PRId64
			  " samples",
			100 * report->difference, report->samples);
	else
		put_words("int8: accuracy %.2f%% on %" PRId64 " samples, in float %.2f%%",
			100 * report->int8_accuracy, report->samples, 100 * report->net_accuracy);
}

/* Opens the data that int8 needs, in the size that the net has. */
static int open_sets(const lam_net *net, struct wish *w, lam_dataset *sets[3])
{
	struct data_options *table = &w->table;
	if (w->like && !(sets[2] = open_data(w->like, LAM_SPLIT_TRAIN, table, true)))
		return FAILED;
	table->like = sets[2];
	if (!table->image.rank)
		table->image = lam_net_input_shape(net);
	lam_target_info targets;
	const bool known = lam_net_targets(net, &targets) == LAM_OK && targets.type != LAM_INPUT;
	if (!(sets[0] = open_data(w->calibrate, LAM_SPLIT_TRAIN, table, known)))
		return FAILED;
	if (w->score && !(sets[1] = open_data(w->score, LAM_SPLIT_TEST, table, known)))
		return FAILED;
	w->options.calibrate = sets[0];
	w->options.score = sets[1];
	return DONE;
}

static bool is_onnx(const char *path)
{
	const size_t length = strlen(path);
	return length > 5 && strcasecmp(path + length - 5, ".onnx") == 0;
}

static const char *output_of(const char *path)
{
	const size_t length = strlen(path);
	if (!is_onnx(path) && (length < 3 || strcmp(path + length - 2, ".c") != 0))
		misused("--output '%s': expected a name that ends with .c or .onnx", path);
	return path;
}

/* Writes an ONNX file; every layer that has no form in it is said. */
static int save_onnx(lam_net *net, const struct wish *w)
{
	char *refused = NULL;
	size_t size = 0;
	FILE *lines = open_memstream(&refused, &size);
	const lam_status status = lam_onnx_save(
		net, w->options.path, .opset = w->opset, .refused = lines);
	if (lines)
		fclose(lines);
	char *rest = refused;
	for (char *line; status && rest && (line = strsep(&rest, "\n")) && *line;)
		note("%s", line);
	free(refused);
	struct stat file;
	if (!status && stat(w->options.path, &file) == 0)
		put_words("%s: %lld bytes", w->options.path, (long long)file.st_size);
	return status ? failed("%s", lam_error()) : DONE;
}

static int export_onnx(const char *net_name, const struct wish *w)
{
	lam_net *net = open_net(net_name, &w->load);
	const int result = net ? save_onnx(net, w) : FAILED;
	lam_net_free(net);
	return result;
}

static int export_c(const char *net_name, struct wish *w)
{
	lam_export_c_report report;
	lam_net *net = open_net(net_name, &w->load);
	if (!net)
		return FAILED;
	lam_dataset *sets[3] = {NULL};
	int result = w->int8 ? open_sets(net, w, sets) : DONE;
	w->options.net = net;
	w->options.report = &report;
	w->options.report_size = sizeof report;
	w->options.refused = refuse;
	if (result == DONE && lam_export_c_with(&w->options))
		result = failed("%s", lam_error());
	if (result == DONE)
		show(&w->options, &report);
	for (int i = 0; i < 3; i++)
		lam_dataset_free(sets[i]);
	lam_net_free(net);
	return result;
}

/* Takes an option of int8; false if the code is none of them. */
static bool take_int8_option(struct wish *w, int code, const char *text)
{
	switch (code) {
	case '8':
		w->int8 = true;
		return true;
	case 'c':
		w->calibrate = text;
		return true;
	case 'p':
		w->score = text;
		return true;
	case 'm':
		w->options.samples = whole("samples", text, 1, INT64_MAX / 2);
		return true;
	case 'i':
		w->options.integer = true;
		return true;
	case 'l':
		w->like = text;
		return true;
	default:
		return take_data_option(&w->table, code, text) && (w->data_said = true);
	}
}

/* No option is passed over in silence. */
static void check(const struct wish *w)
{
	if (!w->options.path)
		misused("expected --output FILE.c or FILE.onnx");
	const bool onnx = is_onnx(w->options.path);
	if (w->opset && !onnx)
		misused("--opset for a file of C");
	if (onnx && (w->int8 || w->options.name || w->options.weights || w->options.caller_arena))
		misused("--%s for an ONNX file",
			w->int8                      ? "int8"
				: w->options.name    ? "name"
				: w->options.weights ? "store"
						     : "caller-arena");
	const char *said = w->calibrate   ? "calibrate"
		: w->score                ? "score"
		: w->options.samples      ? "samples"
		: w->options.integer      ? "integer"
		: w->like || w->data_said ? "like, or an option of data,"
					  : NULL;
	if (said && !w->int8)
		misused("--%s without --int8", said);
	if (w->int8 && !w->calibrate)
		misused("expected --calibrate DATA with --int8");
	if (w->int8 && w->options.weights != LAM_C_INLINE)
		misused("--store with --int8, whose weights are in the C file");
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
		{"name", required_argument, NULL, 'n'}, {"store", required_argument, NULL, 's'},
		{"caller-arena", no_argument, NULL, 'a'}, {"weights", required_argument, NULL, 'w'},
		{"int8", no_argument, NULL, '8'}, {"calibrate", required_argument, NULL, 'c'},
		{"samples", required_argument, NULL, 'm'}, {"score", required_argument, NULL, 'p'},
		{"integer", no_argument, NULL, 'i'}, {"opset", required_argument, NULL, 'v'},
		{"like", required_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'},
		DATA_OPTIONS, {0}};
	static const char *const stores[] = {"inline", "file", "blob", NULL};
	struct wish w = {.load = {.size = sizeof w.load, .max_batch = 1, .inference = true},
		.options = {.size = sizeof w.options}};
	for (int code; (code = getopt_long(argc, argv, "o:", options, NULL)) != -1;)
		if (take_int8_option(&w, code, optarg))
			continue;
		else if (code == 'o')
			w.options.path = output_of(optarg);
		else if (code == 'v')
			w.opset = (int)whole("opset", optarg, 7, 21);
		else if (code == 'n')
			w.options.name = optarg;
		else if (code == 's')
			w.options.weights = (lam_c_weights)choice("store", optarg, stores);
		else if (code == 'a')
			w.options.caller_arena = true;
		else if (code == 'w')
			w.load.weights = weights_of(optarg);
		else
			refused_option(code, argv);
	if (optind + 1 != argc)
		misused("expected one NET");
	check(&w);
	return is_onnx(w.options.path) ? export_onnx(argv[optind], &w) : export_c(argv[optind], &w);
}

const struct tool export_tool = {"export", help, run};
