/* SPDX-License-Identifier: MIT */
/* lamina export: a net's inference as a C file. */
#include "tools/nets.h"

#include <getopt.h>
#include <inttypes.h>

static const char help[] =
	"Usage: lamina export NET --output FILE.c [options]\n"
	"Writes the inference of a net, one sample at a time, as C99 without dependencies, and a\n"
	"header beside it.\n"
	"\n"
	"  --output FILE.c           the C file; -o is the same\n"
	"  --name WORD               the function, and what all names begin with (default: the\n"
	"                            file's name)\n"
	"  --store WHICH             where the weights are: inline, in the C file (default); "
	"file,\n"
	"                            in a second C file; blob, in a file that the caller reads\n"
	"  --caller-arena            no static memory: the caller gives it\n"
	"  --weights WHICH           last, best or average (default: last)\n"
	"  --help\n";

/* A reason why the net has no form in C. */
static void refuse(void *data, const char *reason)
{
	(void)data;
	note("%s", reason);
}

static int export(const char *net_name, const lam_load_options *load, lam_export_c_options *options)
{
	lam_export_c_report report;
	lam_net *net = open_net(net_name, load);
	if (!net)
		return FAILED;
	options->net = net;
	options->report = &report;
	options->report_size = sizeof report;
	options->refused = refuse;
	const lam_status status = lam_export_c_with(options);
	if (!status)
		put_words("%s: %" PRId64 " bytes of weights, %" PRId64
			  " bytes of memory for a sample",
			options->path, report.weight_bytes, report.arena_bytes);
	lam_net_free(net);
	return status ? failed("%s", lam_error()) : DONE;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
		{"name", required_argument, NULL, 'n'}, {"store", required_argument, NULL, 's'},
		{"caller-arena", no_argument, NULL, 'a'}, {"weights", required_argument, NULL, 'w'},
		{"help", no_argument, NULL, 'h'}, {0}};
	static const char *const stores[] = {"inline", "file", "blob", NULL};
	lam_load_options load = {.size = sizeof load, .max_batch = 1, .inference = true};
	lam_export_c_options export_options = {.size = sizeof export_options};
	for (int code; (code = getopt_long(argc, argv, "o:", options, NULL)) != -1;)
		if (code == 'o')
			export_options.path = named_so("output", optarg, ".c");
		else if (code == 'n')
			export_options.name = optarg;
		else if (code == 's')
			export_options.weights = (lam_c_weights)choice("store", optarg, stores);
		else if (code == 'a')
			export_options.caller_arena = true;
		else if (code == 'w')
			load.weights = weights_of(optarg);
		else
			refused_option(code, argv);
	if (optind + 1 != argc)
		misused("expected one NET");
	if (!export_options.path)
		misused("expected --output FILE.c");
	return export(argv[optind], &load, &export_options);
}

const struct tool export_tool = {"export", help, run};
