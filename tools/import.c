/* SPDX-License-Identifier: MIT */
/* lamina import: a net of an ONNX file. */
#include "tools/nets.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: lamina import FILE.onnx --output FILE.npz [options]\n"
	"Makes a net of an ONNX file, which can be trained, checked and used as any other.\n"
	"\n"
	"  --output FILE.npz         the net; -o is the same\n"
	"  --shape CxHxW             of a sample, where the file leaves it open\n"
	"  --loss WHICH              put behind the output, so that the net can be trained: none\n"
	"                            (default), cross-entropy, binary or squares. A softmax or a\n"
	"                            sigmoid at the end becomes part of the loss\n"
	"  --compress                a smaller file\n"
	"  --help\n";

enum { NO_LOSS, CROSS_ENTROPY, BINARY, SQUARES };

static lam_layer *loss_of(int which)
{
	switch (which) {
	case CROSS_ENTROPY:
		return lam_softmax_cross_entropy();
	case BINARY:
		return lam_sigmoid_cross_entropy();
	case SQUARES:
		return lam_mean_squared_error();
	default:
		return NULL;
	}
}

/* "3x224x224" */
static lam_shape shape_of(const char *text)
{
	lam_shape shape = {0};
	char *end = (char *)(uintptr_t)text;
	for (const char *at = text; shape.rank < LAM_MAX_RANK; at = end + 1) {
		const long long size = strtoll(at, &end, 10);
		if (end == at || size < 1 || size > INT32_MAX || (*end && *end != 'x'))
			break;
		shape.dim[shape.rank++] = size;
		if (!*end)
			return shape;
	}
	misused("--shape %s: expected numbers like 3x224x224", text);
}

static int import(const char *path, const char *output, lam_shape shape, int loss, bool compress)
{
	lam_net *net = open_onnx(path,
		&(lam_load_options){.inference = true, .max_batch = 1, .shape = shape},
		loss_of(loss));
	if (!net)
		return FAILED;
	int result = DONE;
	if (lam_net_save(net, output, .compress = compress))
		result = failed("%s", lam_error());
	int64_t values = 0;
	for (int i = 0; i < lam_net_param_count(net); i++) {
		const lam_shape of = lam_param_shape(lam_net_param(net, i));
		values += lam_shape_count(&of);
	}
	if (result == DONE)
		put_words("%s: %" PRId64 " parameters in %d arrays", output, values,
			lam_net_param_count(net));
	lam_net_free(net);
	return result;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
		{"shape", required_argument, NULL, 's'}, {"loss", required_argument, NULL, 'l'},
		{"compress", no_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
	static const char *const losses[] = {"none", "cross-entropy", "binary", "squares", NULL};
	const char *output = NULL;
	lam_shape shape = {0};
	int loss = NO_LOSS;
	bool compress = false;
	for (int code; (code = getopt_long(argc, argv, "o:", options, NULL)) != -1;)
		if (code == 'o')
			output = named_so("output", optarg, ".npz");
		else if (code == 's')
			shape = shape_of(optarg);
		else if (code == 'l')
			loss = choice("loss", optarg, losses);
		else if (code == 'c')
			compress = true;
		else
			refused_option(code, argv);
	if (optind + 1 != argc)
		misused("expected one FILE.onnx");
	if (!output)
		misused("expected --output FILE.npz");
	return import(argv[optind], output, shape, loss, compress);
}

const struct tool import_tool = {"import", help, run};
