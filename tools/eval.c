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

/* The outputs that are shown. A net may have more of them than there are classes. */
struct matrix {
	int64_t n;
	int64_t classes; /* of these, those that occur or have a name */
	int64_t *number; /* [n]: of each class */
	int64_t *count;  /* [n][n]: samples by what they are, and by what they were called */
};

static void free_matrix(struct matrix *m)
{
	free(m->number);
	free(m->count);
}

/* Whether one of `n` counts, `step` apart, is above 0. */
static bool any(const int64_t *count, int64_t step, int64_t n)
{
	for (int64_t k = 0; k < n; k++)
		if (count[k * step])
			return true;
	return false;
}

static bool make_matrix(const lam_net *net, const lam_score *score, struct matrix *m)
{
	const int64_t all = score->classes;
	*m = (struct matrix){.number = calloc((size_t)all + 1, sizeof *m->number)};
	for (int64_t c = 0; m->number && c < all; c++) {
		const bool is_class = lam_net_class_name(net, c)
			|| any(score->confusion + c * all, 1, all);
		m->classes += is_class;
		if (is_class || any(score->confusion + c, all, all))
			m->number[m->n++] = c;
	}
	m->count = calloc((size_t)(m->n * m->n) + 1, sizeof *m->count);
	for (int64_t i = 0; m->number && m->count && i < m->n * m->n; i++)
		m->count[i] = score->confusion[m->number[i / m->n] * all + m->number[i % m->n]];
	return m->number && m->count;
}

/* Columns for the names of classes: those of the longest, but at most `most`. */
static int name_width(const lam_net *net, const struct matrix *m, int most)
{
	int width = 5;
	for (int64_t c = 0; c < m->n && width < most; c++)
		if (width_of(class_name(net, m->number[c])) > width)
			width = width_of(class_name(net, m->number[c]));
	return width < most ? width : most;
}

static void show_classes(const lam_net *net, const struct matrix *m)
{
	const int64_t n = m->n;
	const int numbers = 28, room = columns_of(stdout) - numbers,
		  width = name_width(net, m,
			  room < 12           ? 12
				  : room < 40 ? room
					      : 40);
	putchar('\n');
	put_cell(stdout, "class", width, false);
	puts("  samples  recall  precision");
	for (int64_t c = 0; c < n; c++) {
		int64_t of = 0, called = 0;
		const int64_t right = m->count[c * n + c];
		for (int64_t k = 0; k < n; k++) {
			of += m->count[c * n + k];
			called += m->count[k * n + c];
		}
		if (of + called == 0)
			continue;
		put_cell(stdout, class_name(net, m->number[c]), width, false);
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
static int cell_width(const lam_net *net, const struct matrix *m, int room)
{
	int digits = 3;
	for (int64_t i = 0; i < m->n * m->n; i++)
		while (pow(10, digits) <= (double)m->count[i])
			digits++;
	const int64_t share = room / m->n - 1;
	const int names = name_width(net, m, share > 12 ? 12 : share > 3 ? (int)share : 3);
	return names > digits ? names : digits;
}

/* Rows are what samples are, columns what they were called; as many columns as fit, and into a pipe
 * all. */
static void show_confusion(const lam_net *net, const struct matrix *m)
{
	const int64_t n = m->n;
	const int all = room_of(stdout), most = all / 3 > 24 ? 24 : all / 3,
		  names = name_width(net, m, most), width = names > 11 ? names : 11,
		  room = all - width, cell = cell_width(net, m, room);
	const int64_t columns = room / (cell + 1) < n ? room / (cell + 1) : n;
	putchar('\n');
	put_cell(stdout, "is \\ called", width, false);
	for (int64_t k = 0; k < columns; k++) {
		putchar(' ');
		put_cell(stdout, class_name(net, m->number[k]), cell, true);
	}
	putchar('\n');
	for (int64_t c = 0; c < n; c++) {
		put_cell(stdout, class_name(net, m->number[c]), width, false);
		for (int64_t k = 0; k < columns; k++)
			if (m->count[c * n + k])
				printf(" %*" PRId64, cell, m->count[c * n + k]);
			else
				printf(" %*s", cell, ".");
		putchar('\n');
	}
	if (columns < n)
		printf("%" PRId64 " more columns do not fit the terminal\n", n - columns);
}

/* Draws the confusion matrix with the names of classes, or their numbers. */
static int draw_confusion(const lam_net *net, const struct matrix *m, const char *path)
{
	char **names = calloc((size_t)m->n + 1, sizeof *names);
	bool whole = names;
	for (int64_t c = 0; whole && c < m->n; c++)
		whole = (names[c] = strdup(class_name(net, m->number[c])));
	int result = whole ? DONE : failed("no memory");
	if (whole
		&& lam_picture_confusion(path, m->count, m->n, (const char *const *)names)
			!= LAM_OK)
		result = failed("%s", lam_error());
	for (int64_t c = 0; names && c < m->n; c++)
		free(names[c]);
	free(names);
	return result;
}

static void show(const lam_net *net, const lam_score *score, const struct matrix *m, bool confusion)
{
	printf("%" PRId64 " samples, loss %.6g", score->count, score->loss);
	if (!isnan(score->accuracy))
		printf(", accuracy %.2f%%", 100 * score->accuracy);
	if (!isnan(score->mean_iou) && score->scored > score->count)
		printf(", mean intersection over union %.2f%%", 100 * score->mean_iou);
	putchar('\n');
	if (m->classes < score->classes)
		put_words("the net has %" PRId64 " outputs for %" PRId64 " classes%s",
			score->classes, m->classes,
			m->n < score->classes ? "; one that is never predicted is left out" : "");
	if (m->n)
		show_classes(net, m);
	if (m->n && confusion)
		show_confusion(net, m);
}

static int evaluate(lam_net *net, const lam_dataset *set, bool confusion, const char *picture)
{
	lam_score score;
	struct matrix matrix;
	if (lam_evaluate(net, set, &score))
		return failed("%s", lam_error());
	int result = make_matrix(net, &score, &matrix) ? DONE : failed("no memory");
	if (result == DONE)
		show(net, &score, &matrix, confusion);
	if (result == DONE && (confusion || picture) && matrix.n == 0)
		result = failed("--%s: there is no confusion matrix; expected a net that says one "
				"of at most %d classes",
			picture ? "picture" : "confusion", LAM_MAX_CONFUSION);
	else if (result == DONE && picture)
		result = draw_confusion(net, &matrix, picture);
	free_matrix(&matrix);
	return result;
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
