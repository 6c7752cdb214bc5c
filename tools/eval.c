/* SPDX-License-Identifier: MIT */
/* lamina eval: the loss and the accuracy of a net on data, class by class. */
#include "tools/data.h"
#include "tools/nets.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: lamina eval NET --data DATA [options]\n"
	"Measures a saved net on data: its loss, its accuracy, and for each class how many\n"
	"samples there are, how many of them were found (recall), and how many of those that\n"
	"were called so are right (precision).\n"
	"\n"
	"  --data DATA               of mnist and cifar10 the test set\n"
	"  --train                   of mnist and cifar10 the training set\n"
	"  --like FILE.csv           the table that the net was trained on: the same columns,\n"
	"                            words and classes\n"
	"  --confusion               show which classes were taken for which\n"
	"  --picture FILE.svg        draw it\n"
	"  --weights WHICH           result (the default), raw, best, average\n"
	"  --batch N, --threads N\n"
	"  --help\n"
	"\n" DATA_HELP;

/* Columns for the names of classes: those of the longest, but at most `most`. */
static int name_width(const lam_net *net, int64_t classes, int most)
{
	int width = 5;
	for (int64_t c = 0; c < classes && width < most; c++)
		if (width_of(class_name(net, c)) > width)
			width = width_of(class_name(net, c));
	return width < most ? width : most;
}

static void show_classes(const lam_net *net, const lam_score *score)
{
	const int64_t n = score->classes;
	const int numbers = 28, room = columns_of(stdout) - numbers,
		  width = name_width(net, n,
			  room < 12           ? 12
				  : room < 40 ? room
					      : 40);
	putchar('\n');
	put_cell(stdout, "class", width, false);
	puts("  samples  recall  precision");
	for (int64_t c = 0; c < n; c++) {
		int64_t of = 0, called = 0;
		const int64_t right = score->confusion[c * n + c];
		for (int64_t k = 0; k < n; k++) {
			of += score->confusion[c * n + k];
			called += score->confusion[k * n + c];
		}
		if (of + called == 0)
			continue;
		put_cell(stdout, class_name(net, c), width, false);
		printf("  %7" PRId64, of);
		if (of)
			printf("  %5.1f%%", 100 * (double)right / (double)of);
		else
			printf("  %6s", "-");
		if (called)
			printf("  %8.1f%%\n", 100 * (double)right / (double)called);
		else
			printf("  %9s\n", "-");
	}
}

/* Columns of a number of the matrix: names have as many, if this leaves room for all. */
static int cell_width(const lam_net *net, const lam_score *score, int room)
{
	const int64_t n = score->classes;
	int digits = 3;
	for (int64_t i = 0; i < n * n; i++)
		while (pow(10, digits) <= (double)score->confusion[i])
			digits++;
	const int64_t share = room / n - 1;
	const int names = name_width(net, n, share > 12 ? 12 : share > 3 ? (int)share : 3);
	return names > digits ? names : digits;
}

/* Rows are what samples are, columns what they were called; as many columns as fit, and into a pipe
 * all. */
static void show_confusion(const lam_net *net, const lam_score *score)
{
	const int64_t n = score->classes;
	const int all = room_of(stdout), most = all / 3 > 24 ? 24 : all / 3,
		  names = name_width(net, n, most), width = names > 11 ? names : 11,
		  room = all - width, cell = cell_width(net, score, room);
	const int64_t columns = room / (cell + 1) < n ? room / (cell + 1) : n;
	putchar('\n');
	put_cell(stdout, "is \\ called", width, false);
	for (int64_t k = 0; k < columns; k++) {
		putchar(' ');
		put_cell(stdout, class_name(net, k), cell, true);
	}
	putchar('\n');
	for (int64_t c = 0; c < n; c++) {
		put_cell(stdout, class_name(net, c), width, false);
		for (int64_t k = 0; k < columns; k++)
			if (score->confusion[c * n + k])
				printf(" %*" PRId64, cell, score->confusion[c * n + k]);
			else
				printf(" %*s", cell, ".");
		putchar('\n');
	}
	if (columns < n)
		printf("%" PRId64 " more columns do not fit the terminal\n", n - columns);
}

/* Draws the confusion matrix with the names of classes. */
static int draw_confusion(const lam_net *net, const lam_score *score, const char *path)
{
	const int64_t n = score->classes;
	const char **names = calloc((size_t)n, sizeof *names);
	if (!names)
		return failed("no memory");
	for (int64_t c = 0; c < n; c++)
		names[c] = lam_net_class_name(net, c);
	const bool named = lam_net_class_name_count(net) >= n;
	const lam_status status = lam_picture_confusion(
		path, score->confusion, n, named ? names : NULL);
	free(names);
	return status ? failed("%s", lam_error()) : DONE;
}

static void show(const lam_net *net, const lam_score *score, bool confusion)
{
	printf("%" PRId64 " samples, loss %.6g", score->count, score->loss);
	if (!isnan(score->accuracy))
		printf(", accuracy %.2f%%", 100 * score->accuracy);
	if (!isnan(score->mean_iou) && score->scored > score->count)
		printf(", mean intersection over union %.2f%%", 100 * score->mean_iou);
	putchar('\n');
	if (score->classes)
		show_classes(net, score);
	if (score->classes && confusion)
		show_confusion(net, score);
}

static int evaluate(lam_net *net, const lam_dataset *set, bool confusion, const char *picture)
{
	lam_score score;
	if (lam_evaluate(net, set, &score))
		return failed("%s", lam_error());
	show(net, &score, confusion);
	if ((confusion || picture) && score.classes == 0)
		return failed("--%s: there is no confusion matrix; expected a net that says one of "
			      "at most %d classes",
			picture ? "picture" : "confusion", LAM_MAX_CONFUSION);
	return picture ? draw_confusion(net, &score, picture) : DONE;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"data", required_argument, NULL, 'd'},
		{"train", no_argument, NULL, 'r'}, {"like", required_argument, NULL, 'l'},
		{"confusion", no_argument, NULL, 'c'}, {"picture", required_argument, NULL, 'p'},
		{"weights", required_argument, NULL, 'w'}, {"batch", required_argument, NULL, 'b'},
		{"threads", required_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'},
		DATA_OPTIONS, {0}};
	lam_load_options load = {.size = sizeof load,
		.max_batch = 128,
		.inference = true,
		.weights = LAM_WEIGHTS_RESULT};
	struct data_options table = {0};
	const char *data = NULL, *like = NULL, *picture = NULL;
	bool train = false, confusion = false;
	for (int code; (code = getopt_long(argc, argv, "", options, NULL)) != -1;)
		if (take_data_option(&table, code, optarg))
			continue;
		else if (code == 'd')
			data = optarg;
		else if (code == 'l')
			like = optarg;
		else if (code == 'r')
			train = true;
		else if (code == 'c')
			confusion = true;
		else if (code == 'p')
			picture = named_so("picture", optarg, ".svg");
		else if (code == 'w')
			load.weights = weights_of(optarg);
		else if (code == 'b')
			load.max_batch = whole("batch", optarg, 1, 1 << 24);
		else if (code == 't')
			load.threads = (int)whole("threads", optarg, 1, 1024);
		else
			refused_option(code, argv);
	if (optind + 1 != argc || !data)
		misused("expected one NET, and --data DATA");
	lam_dataset *first = like ? open_data(like, LAM_SPLIT_TRAIN, &table, true) : NULL,
		    *set = NULL;
	if (like && !first)
		return FAILED;
	table.like = first;
	lam_net *net = open_net(argv[optind], &load);
	if (net && !table.image.rank)
		table.image = lam_net_input_shape(net);
	if (net)
		set = open_data(data, train ? LAM_SPLIT_TRAIN : LAM_SPLIT_TEST, &table, true);
	const int result = set ? evaluate(net, set, confusion, picture) : FAILED;
	lam_net_free(net);
	lam_dataset_free(set);
	lam_dataset_free(first);
	return result;
}

const struct tool eval_tool = {"eval", help, run};
