/* SPDX-License-Identifier: MIT */
/* The speed of a net that is given as a chain of words, for others.py.
 *
 *     others SHAPE CHAIN BATCH[:MAX_BATCH] train|predict SECONDS THREADS
 *
 * prints samples a second, processor milliseconds of a call, and the peak of resident MiB. Words:
 *
 *     c OUT,KERNEL[,STRIDE,PAD,DILATION,GROUPS]   convolution; without bias before bn
 *     t OUT,KERNEL[,STRIDE,PAD]                   transposed convolution; likewise
 *     mp | ap KERNEL[,STRIDE,PAD]                 maximum, average pooling
 *     a OUT   bn   r   tanh   gap   v CxHxW       affine; …; ReLU; …; global average; reshape
 *     ( body | shortcut )                         residual; an empty shortcut is the input
 *     ce | mse                                    the loss */
#include <lamina.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MOST = 64, NUMBERS = 6 };

struct reader {
	char *words[1024];
	int count, at;
	int sides; /* 1: signals, 2: images */
	bool failed;
};

static const char *next(struct reader *r)
{
	return r->at < r->count ? r->words[r->at++] : "";
}

static bool take(struct reader *r, const char *word)
{
	const bool found = r->at < r->count && !strcmp(r->words[r->at], word);
	r->at += found;
	return found;
}

/* The numbers of a word; those that are missing keep what they were. */
static void numbers(struct reader *r, int n[NUMBERS], char separator)
{
	const char *word = next(r);
	for (int i = 0; i < NUMBERS && *word; i++) {
		char *end;
		n[i] = (int)strtol(word, &end, 10);
		word = *end == separator ? end + 1 : "";
	}
}

static lam_layer *convolution(struct reader *r, bool transposed)
{
	int n[NUMBERS] = {0, 1, 1, 0, 1, 1}; /* out, kernel, stride, pad, dilation, groups */
	numbers(r, n, ',');
	const bool bare = r->at < r->count && !strcmp(r->words[r->at], "bn");
	if (transposed)
		return r->sides == 1 ? lam_transposed_conv1d(.out = n[0], .kernel = n[1],
			       .stride = n[2], .pad = n[3], .no_bias = bare)
				     : lam_transposed_conv2d(.out = n[0], .kernel = {n[1]},
					     .stride = {n[2]}, .pad = {n[3]}, .no_bias = bare);
	return r->sides == 1
		? lam_conv1d(.out = n[0], .kernel = n[1], .stride = n[2], .pad = n[3],
			.dilation = n[4], .groups = n[5], .no_bias = bare)
		: lam_conv2d(.out = n[0], .kernel = {n[1]}, .stride = {n[2]}, .pad = {n[3]},
			.dilation = {n[4]}, .groups = n[5], .no_bias = bare);
}

static lam_layer *pooling(struct reader *r, bool maximum)
{
	int n[NUMBERS] = {2, 0, 0};
	numbers(r, n, ',');
	if (maximum)
		return r->sides == 1
			? lam_max_pool1d(.kernel = n[0], .stride = n[1], .pad = n[2])
			: lam_max_pool2d(.kernel = {n[0]}, .stride = {n[1]}, .pad = {n[2]});
	return r->sides == 1 ? lam_avg_pool1d(.kernel = n[0], .stride = n[1], .pad = n[2])
			     : lam_avg_pool2d(.kernel = {n[0]}, .stride = {n[1]}, .pad = {n[2]});
}

static lam_layer *layers(struct reader *r);

static lam_layer *residual(struct reader *r)
{
	lam_layer *body = layers(r), *shortcut = NULL;
	if (take(r, "|"))
		shortcut = layers(r);
	r->failed = r->failed || !take(r, ")");
	return shortcut ? lam_residual(body, .shortcut = shortcut) : lam_residual(body);
}

static lam_layer *layer(struct reader *r)
{
	int n[NUMBERS] = {0};
	const char *word = next(r);
	if (!strcmp(word, "c") || !strcmp(word, "t"))
		return convolution(r, *word == 't');
	if (!strcmp(word, "mp") || !strcmp(word, "ap"))
		return pooling(r, *word == 'm');
	if (!strcmp(word, "a")) {
		numbers(r, n, ',');
		return lam_affine(.out = n[0]);
	}
	if (!strcmp(word, "v")) {
		numbers(r, n, 'x');
		return lam_reshape(.shape = n[2] ? LAM_SHAPE(n[0], n[1], n[2])
						 : LAM_SHAPE(n[0], n[1]));
	}
	if (!strcmp(word, "("))
		return residual(r);
	if (!strcmp(word, "ce"))
		return lam_softmax_cross_entropy();
	r->failed = r->failed
		|| (strcmp(word, "bn") && strcmp(word, "r") && strcmp(word, "tanh")
			&& strcmp(word, "gap") && strcmp(word, "mse"));
	return !strcmp(word, "bn")      ? lam_batch_norm()
		: !strcmp(word, "tanh") ? lam_tanh()
		: !strcmp(word, "gap")  ? lam_global_avg_pool()
		: !strcmp(word, "mse")  ? lam_mean_squared_error()
					: lam_relu();
}

/* Layers up to the end, or to the mark of a residual block. NULL: none. */
static lam_layer *layers(struct reader *r)
{
	lam_layer *list[MOST];
	int count = 0;
	while (r->at < r->count && strcmp(r->words[r->at], "|") && strcmp(r->words[r->at], ")")
		&& count < MOST && !r->failed)
		list[count++] = layer(r);
	return count ? lam_sequential_new(&(lam_sequential_options){
		       .size = sizeof(lam_sequential_options), .layers = list, .count = count})
		     : NULL;
}

static double clock_of(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static lam_net *make(char **argv, int most, bool train, int threads)
{
	struct reader r = {0};
	int n[NUMBERS] = {0};
	r.words[r.count++] = argv[1];
	for (char *word = strtok(argv[2], " "); word && r.count < 1024; word = strtok(NULL, " "))
		r.words[r.count++] = word;
	numbers(&r, n, 'x');
	r.sides = n[2] ? 2 : 1;
	const lam_shape shape = n[2] ? LAM_SHAPE(n[0], n[1], n[2])
		: n[1]               ? LAM_SHAPE(n[0], n[1])
				     : LAM_SHAPE(n[0]);
	if (!n[1])
		r.sides = 2;
	lam_layer *model = layers(&r);
	if (r.failed || r.at < r.count) {
		fprintf(stderr, "others: word %d of the chain is none that it knows\n", r.at);
		return NULL;
	}
	lam_net *net = lam_net_create(model, shape, .max_batch = most, .inference = !train,
		.threads = threads, .seed = 1);
	if (!net)
		fprintf(stderr, "others: %s\n", lam_error());
	return net;
}

int main(int argc, char **argv)
{
	if (argc != 7) {
		fprintf(stderr, "usage: others SHAPE CHAIN BATCH train|predict SECONDS THREADS\n");
		return 2;
	}
	const int batch = atoi(argv[3]);
	const char *most = strchr(argv[3], ':');
	const bool train = !strcmp(argv[4], "train");
	lam_net *net = make(argv, most ? atoi(most + 1) : batch, train, atoi(argv[6]));
	if (!net)
		return 1;
	const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
	const int64_t xs = batch * lam_shape_count(&in), ys = batch * lam_shape_count(&out);
	lam_target_info info = {.type = LAM_VALUES};
	lam_real *x = malloc((size_t)xs * sizeof *x), *y = calloc((size_t)ys, sizeof *y);
	int32_t *classes = calloc((size_t)ys, sizeof *classes);
	if (!x || !y || !classes || lam_net_targets(net, &info))
		return 1;
	for (int64_t i = 0; i < xs; i++)
		x[i] = (lam_real)((i * 7919) % 1013) / 1013;
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)1e-3, .momentum = (lam_real)0.9);
	const void *targets = info.type == LAM_CLASSES ? (const void *)classes : y;
	const double seconds = atof(argv[5]);
	double begin = 0, processor = 0, now = 0;
	int calls = 0;
	for (int warm = 3; warm > 0 || (now = clock_of(CLOCK_MONOTONIC)) - begin < seconds;
		warm--, calls++) {
		if (warm == 1) {
			calls = 0;
			begin = clock_of(CLOCK_MONOTONIC);
			processor = clock_of(CLOCK_PROCESS_CPUTIME_ID);
		}
		const lam_status status = train ? lam_net_step(net, &sgd, x, targets, batch)
						: lam_net_predict(net, x, batch, y);
		if (status) {
			fprintf(stderr, "others: %s\n", lam_error());
			return 1;
		}
	}
	processor = clock_of(CLOCK_PROCESS_CPUTIME_ID) - processor;
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("%.2f %.4f %.0f\n", calls * batch / (now - begin), 1e3 * processor / calls,
		(double)usage.ru_maxrss / 1024);
	lam_net_free(net);
	free(x);
	free(y);
	free(classes);
	return 0;
}
