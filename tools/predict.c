/* SPDX-License-Identifier: MIT */
/* lamina predict: what a net says about samples. */
#include "tools/data.h"
#include "tools/nets.h"

#include <lamina-image.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: lamina predict NET DATA... [options]\n"
	"Shows what a saved net says about each sample: the likeliest classes with their\n"
	"probabilities, or the values. A folder may have images alone.\n"
	"\n"
	"  --first N, --count N      samples from number N (default 0), so many (default: 10)\n"
	"  --all                     all samples\n"
	"  --top N                   classes of each sample (default 3); of 1: a line each\n"
	"  --picture                 show images, too, in the colours that the terminal has\n"
	"  --plain                   numbers alone, a line for each sample, for other programs\n"
	"  --like FILE.csv           the table that the net was trained on: the same columns,\n"
	"                            words and classes\n"
	"  --weights WHICH           result (the default), raw, best, average\n"
	"  --threads N\n"
	"  --help\n"
	"\n" DATA_HELP;

struct wish {
	int64_t first, count;
	int top;
	bool all, plain, picture;
	struct data_options table;
};

/* Whether the last layer that computes anything is a softmax. */
static bool ends_with_softmax(const lam_net *net)
{
	static const char *const passing[] = {"output", "identity", "flatten", "reshape"};
	for (int i = lam_net_operation_count(net) - 1; i >= 0; i--) {
		const char *kind = lam_net_operation_kind(net, i);
		bool passes = false;
		for (size_t k = 0; k < sizeof passing / sizeof *passing; k++)
			passes = passes || !strcmp(kind, passing[k]);
		if (!passes)
			return !strcmp(kind, "softmax");
	}
	return false;
}

/* Whether the outputs are probabilities of classes: by the loss or, of a net without one, as from
 * an ONNX file, by a softmax at the end and a name for each. */
static bool is_classifier(const lam_net *net, int64_t outputs)
{
	lam_target_info info;
	if (outputs < 2)
		return false;
	if (lam_net_loss_count(net))
		return lam_net_targets(net, &info) == LAM_OK && info.type == LAM_CLASSES;
	return lam_net_class_name_count(net) == outputs && ends_with_softmax(net);
}

struct sample {
	const lam_dataset *set;
	const char *name; /* of the set */
	int64_t index;
};

/* Names a sample: a file of images by its path. Returns the columns. */
static int show_name(const struct sample *sample)
{
	const char *path = lam_dataset_image_path(sample->set, sample->index);
	if (!path && is_image(sample->name))
		path = sample->name;
	if (!path)
		return printf("sample %" PRId64, sample->index);
	put_text(stdout, path);
	return width_of(path);
}

/* The likeliest classes with bars; if there is but one, it stands before the sample's name. */
static void show_classes(const lam_net *net, const lam_real *y, int64_t outputs, int top,
	const struct sample *sample)
{
	const int room = columns_of(stdout), names = room > 70 ? 24 : 16,
		  width = room > 60 ? room / 3
		: room > 40         ? 12
				    : 0;
	char bar[4 * 400 + 1];
	double last = INFINITY;
	int64_t last_class = -1;
	for (int i = 0; i < top && i < outputs; i++) {
		int64_t best = -1;
		for (int64_t c = 0; c < outputs; c++) {
			const double p = (double)y[c];
			const bool left = p < last || (p == last && c > last_class);
			if (left && (best < 0 || p > (double)y[best]))
				best = c;
		}
		if (best < 0)
			break; /* NaN */
		draw_bar(bar, width > 400 ? 400 : width, (double)y[best]);
		printf("  %6.2f%%  ", 100 * (double)y[best]);
		put_cell(stdout, class_name(net, best), names, false);
		if (top == 1)
			show_name(sample);
		else
			printf(" %s", bar);
		putchar('\n');
		last = (double)y[best];
		last_class = best;
	}
}

/* As many values as fit the line, of which `used` columns are written. */
static void show_values(const lam_real *y, int64_t outputs, int used)
{
	enum { MOST = 8, DOTS = 5 };
	const int room = columns_of(stdout) - DOTS;
	for (int64_t i = 0; i < outputs; i++) {
		char text[40];
		const int width = snprintf(text, sizeof text, "  %g", (double)y[i]);
		if (i == MOST || (i > 0 && used + width > room)) {
			fputs("  ...", stdout);
			break;
		}
		fputs(text, stdout);
		used += width;
	}
	putchar('\n');
}

static void show(const lam_net *net, const struct wish *w, const struct sample *sample,
	const lam_real *y, int64_t outputs)
{
	if (w->plain) {
		for (int64_t i = 0; i < outputs; i++)
			printf("%s%.9g", i ? " " : "", (double)y[i]);
		putchar('\n');
		return;
	}
	const bool classes = is_classifier(net, outputs);
	const int used = classes && w->top == 1 ? 0 : show_name(sample);
	if (used)
		fputs(classes ? "\n" : ":", stdout);
	if (classes)
		show_classes(net, y, outputs, w->top, sample);
	else
		show_values(y, outputs, used + 1);
}

/* Whether values lie as the net wants them. Axes of one place do not count, and where one side is a
 * row, the number of values does. */
static bool lies_as(lam_shape given, lam_shape wanted)
{
	lam_shape pair[2] = {given, wanted};
	for (int s = 0; s < 2; s++) {
		int rank = 0;
		for (int i = 0; i < pair[s].rank; i++)
			if (pair[s].dim[i] != 1)
				pair[s].dim[rank++] = pair[s].dim[i];
		pair[s].rank = rank;
	}
	return lam_shape_equal(&pair[0], &pair[1])
		|| ((pair[0].rank <= 1 || pair[1].rank <= 1)
			&& lam_shape_count(&given) == lam_shape_count(&wanted));
}

static int predict(lam_net *net, const lam_dataset *set, const struct wish *w, const char *name)
{
	const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net),
			shape = lam_dataset_shape(set);
	if (!lies_as(shape, in))
		return failed("%s: a sample is %s; the net expects %s%s", name,
			lam_shape_text(shape).text, lam_shape_text(in).text,
			is_table(name) && !w->table.like
				? " (--like FILE.csv takes the columns of the table that the net "
				  "was trained on)"
				: "");
	const int64_t outputs = lam_shape_count(&out), all = lam_dataset_count(set);
	if (w->first >= all)
		return failed(
			"%s: has %" PRId64 " samples; --first is %" PRId64, name, all, w->first);
	const int64_t left = all - w->first, count = w->all || w->count > left ? left : w->count;
	lam_real *x = malloc((size_t)lam_shape_count(&in) * sizeof *x),
		 *y = malloc((size_t)outputs * sizeof *y);
	int result = x && y ? DONE : failed("no memory");
	for (int64_t i = w->first; i < w->first + count && result == DONE; i++) {
		if (lam_dataset_read(set, i, x, NULL) || lam_net_predict(net, x, 1, y))
			result = failed("%s", lam_error());
		else
			show(net, w, &(struct sample){set, name, i}, y, outputs);
		/* Below the numbers, which say what it is. */
		if (result == DONE && w->picture
			&& lam_terminal_image(
				stdout, x, shape, columns_of(stdout) - 1, LAM_COLOURS_GUESS))
			result = failed("%s", lam_error());
	}
	if (result == DONE && w->first + count < all && !w->plain)
		printf("%" PRId64 " of %" PRId64 " samples; --all shows all\n", count, all);
	free(x);
	free(y);
	return result;
}

static lam_net *opened(const char *name, const lam_load_options *options)
{
	lam_net *net = open_net(name, options);
	if (net && is_description(name))
		note("%s has random weights", name);
	return net;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"first", required_argument, NULL, 'f'},
		{"count", required_argument, NULL, 'n'}, {"all", no_argument, NULL, 'a'},
		{"top", required_argument, NULL, 'o'}, {"plain", no_argument, NULL, 'p'},
		{"picture", no_argument, NULL, 'i'}, {"like", required_argument, NULL, 'l'},
		{"weights", required_argument, NULL, 'w'},
		{"threads", required_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'},
		DATA_OPTIONS, {0}};
	lam_load_options load = {.size = sizeof load,
		.max_batch = 1,
		.inference = true,
		.weights = LAM_WEIGHTS_RESULT};
	struct wish w = {.count = 10, .top = 3};
	const char *like = NULL;
	for (int code; (code = getopt_long(argc, argv, "", options, NULL)) != -1;)
		if (take_data_option(&w.table, code, optarg))
			continue;
		else if (code == 'f')
			w.first = whole("first", optarg, 0, INT64_MAX / 2);
		else if (code == 'n')
			w.count = whole("count", optarg, 1, INT64_MAX / 2);
		else if (code == 'a')
			w.all = true;
		else if (code == 'o')
			w.top = (int)whole("top", optarg, 1, 1 << 20);
		else if (code == 'p')
			w.plain = true;
		else if (code == 'i')
			w.picture = true;
		else if (code == 'l')
			like = optarg;
		else if (code == 'w')
			load.weights = weights_of(optarg);
		else if (code == 't')
			load.threads = (int)whole("threads", optarg, 1, 1024);
		else
			refused_option(code, argv);
	if (w.plain && w.picture)
		misused("--picture beside --plain");
	if (optind + 2 > argc)
		misused("expected a NET, and DATA to say something about");
	if (w.table.missing == LAM_MISSING_MEAN && !like)
		misused("--missing mean without --like FILE.csv: the means are those of the table "
			"that the net was trained on");
	lam_dataset *first = like ? open_data(like, LAM_SPLIT_TRAIN, &w.table, true) : NULL;
	if (like && !first)
		return FAILED;
	w.table.like = first;
	lam_net *net = opened(argv[optind], &load);
	if (net && !w.table.image.rank)
		w.table.image = lam_net_input_shape(net);
	int result = net ? DONE : FAILED;
	for (int i = optind + 1; i < argc && result == DONE; i++) {
		lam_dataset *set = open_data(argv[i], LAM_SPLIT_TEST, &w.table, false);
		result = set ? predict(net, set, &w, argv[i]) : FAILED;
		lam_dataset_free(set);
	}
	lam_net_free(net);
	lam_dataset_free(first);
	return result;
}

const struct tool predict_tool = {"predict", help, run};
