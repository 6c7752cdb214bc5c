/* SPDX-License-Identifier: MIT */
/* lamina diff: where two nets differ. */
#include "tools/nets.h"

#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char help[] =
	"Usage: lamina diff NET NET\n"
	"Compares two saved nets: descriptions line by line, parameters and statistics by name.\n"
	"Exit status 0: they are the same, bit for bit; 1: they differ.\n"
	"\n"
	"  --help\n";

/* The length of a line without its indentation, whose start is left in *line. */
static size_t next_line(const char **line)
{
	*line += strspn(*line, " \t");
	return strcspn(*line, "\n");
}

/* Shows the lines of two descriptions that differ; returns their number. */
static int compare_texts(const char *a, const char *b)
{
	int differ = 0;
	for (int line = 1; *a || *b; line++) {
		const size_t la = next_line(&a), lb = next_line(&b);
		if (la != lb || memcmp(a, b, la) != 0) {
			put_words("line %d\n  < %.*s\n  > %.*s", line, (int)la, a, (int)lb, b);
			differ++;
		}
		a += la + (a[la] == '\n');
		b += lb + (b[lb] == '\n');
	}
	return differ;
}

/* Shows how two arrays differ, if they do. */
static int compare_values(const lam_param *p, const lam_param *q)
{
	const lam_shape shape = lam_param_shape(p);
	const int64_t count = lam_shape_count(&shape);
	const lam_real *a = lam_param_value(p), *b = lam_param_value(q);
	double largest = 0, size = 0;
	int64_t differ = 0;
	for (int64_t i = 0; i < count; i++) {
		differ += memcmp(&a[i], &b[i], sizeof *a) != 0;
		largest = fmax(largest, fabs((double)a[i] - (double)b[i]));
		size = fmax(size, fabs((double)a[i]));
	}
	if (differ)
		put_words("%-30s  %" PRId64 " of %" PRId64
			  " values differ, by up to %.3g (of %.3g)",
			lam_param_name(p), differ, count, largest, size);
	return differ != 0;
}

static int compare_arrays(lam_net *a, lam_net *b)
{
	int differ = 0;
	for (int state = 0; state < 2; state++) {
		lam_param *(*get)(lam_net *, int) = state ? lam_net_state : lam_net_param;
		const int count = state ? lam_net_state_count(a) : lam_net_param_count(a);
		for (int i = 0; i < count; i++) {
			const lam_param *p = get(a, i), *q = lam_net_find(b, lam_param_name(p));
			const lam_shape x = lam_param_shape(p),
					y = q ? lam_param_shape(q) : (lam_shape){0};
			if (q && lam_shape_equal(&x, &y)) {
				differ += compare_values(p, q);
				continue;
			}
			differ++;
			put_words("%-30s  %s%s", lam_param_name(p),
				q ? "has another shape: " : "is missing in the second",
				q ? lam_shape_text(y).text : "");
		}
	}
	return differ;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
	for (int code; (code = getopt_long(argc, argv, "", options, NULL)) != -1;)
		refused_option(code, argv);
	if (optind + 2 != argc)
		misused("expected two NETs");
	const lam_load_options load = {.size = sizeof load, .max_batch = 1, .inference = true};
	lam_net *a = open_net(argv[optind], &load),
		*b = a ? open_net(argv[optind + 1], &load) : NULL;
	int result = FAILED;
	if (b) {
		char *x = lam_model_text(lam_net_model(a), lam_net_input_shape(a)),
		     *y = lam_model_text(lam_net_model(b), lam_net_input_shape(b));
		if (x && y) {
			const int differ = compare_texts(x, y) + compare_arrays(a, b);
			result = differ ? FAILED : DONE;
			if (!differ)
				puts("the same");
		} else {
			failed("%s", lam_error());
		}
		lam_free(x);
		lam_free(y);
	}
	lam_net_free(a);
	lam_net_free(b);
	return result;
}

const struct tool diff_tool = {"diff", help, run};
