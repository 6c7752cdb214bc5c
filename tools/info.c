/* SPDX-License-Identifier: MIT */
/* lamina info: what a net is, and what its file holds. */
#include "tools/nets.h"

#include <getopt.h>
#include <inttypes.h>

static const char help[] =
	"Usage: lamina info NET [options]\n"
	"Shows the layers of a net with their shapes, parameters and bytes of memory; of a\n"
	"saved net also its weights and the names of its classes.\n"
	"\n"
	"  --batch N                 the samples per step that memory is told for (default 128)\n"
	"  --inference               memory for predicting alone\n"
	"  --text                    the net's description in place of the table\n"
	"  --help\n";

/* Which sets of weights a saved net has, beside the plain ones. */
static void show_weights(const char *path)
{
	static const struct {
		lam_weights weights;
		const char *words;
	} sets[] = {{LAM_WEIGHTS_BEST, "the best epoch's"}, {LAM_WEIGHTS_AVERAGE, "their average"}};
	fputs("weights: as after the last step", stdout);
	for (int i = 0; i < 2; i++) {
		lam_net *net = lam_net_load(
			path, .weights = sets[i].weights, .inference = true, .max_batch = 1);
		if (net)
			printf(", %s", sets[i].words);
		lam_net_free(net);
	}
	putchar('\n');
}

static void show_classes(const lam_net *net)
{
	const int width = columns_of(stdout);
	int column = 8;
	if (lam_net_class_name_count(net) == 0)
		return;
	fputs("classes:", stdout);
	for (int64_t c = 0; c < lam_net_class_name_count(net); c++) {
		const char *name = lam_net_class_name(net, c);
		const int length = 1 + width_of(name);
		if (column + length + 1 > width) {
			fputs("\n        ", stdout);
			column = 8;
		}
		column += printf(" %s", name) ? length + 1 : 0;
		if (lam_net_class_name(net, c + 1))
			putchar(',');
	}
	putchar('\n');
}

static int show_text(const lam_net *net)
{
	char *text = lam_model_text(lam_net_model(net), lam_net_input_shape(net));
	if (!text)
		return failed("%s", lam_error());
	fputs(text, stdout);
	lam_free(text);
	return DONE;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"batch", required_argument, NULL, 'b'},
		{"inference", no_argument, NULL, 'i'}, {"text", no_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'}, {0}};
	lam_load_options load = {.size = sizeof load, .max_batch = 128};
	bool text = false;
	for (int code; (code = getopt_long(argc, argv, "", options, NULL)) != -1;)
		if (code == 'b')
			load.max_batch = whole("batch", optarg, 1, 1 << 24);
		else if (code == 'i')
			load.inference = true;
		else if (code == 't')
			text = true;
		else
			refused_option(code, argv);
	if (optind + 1 != argc)
		misused("expected one NET");
	lam_net *net = open_net(argv[optind], &load);
	if (!net)
		return FAILED;
	int result = DONE;
	if (text) {
		result = show_text(net);
	} else {
		result = show_table(lam_net_summary, net, stdout);
		if (is_saved(argv[optind]))
			show_weights(argv[optind]);
		show_classes(net);
	}
	lam_net_free(net);
	return result;
}

const struct tool info_tool = {"info", help, run};
