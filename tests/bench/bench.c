/* SPDX-License-Identifier: MIT */
/* The benchmark: `make bench`, or bench [--quick] [--json FILE] [--others FILE] [--only WORD]
 * [--subject LIST]
 *
 * It first measures the machine's limits, each as the best of several rounds, then lamina. Every
 * figure is the median over rounds. All cases that are compared run in turn in each round, and
 * shares are relative to a peak that is measured in the same rounds. */
#include "tests/bench/bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct subject {
	const char *name;
	void (*run)(const struct bench_options *options);
} subjects[] = {
	{"layers", bench_layers},
	{"moving", bench_moving},
	{"nets", bench_speed},
	{"counts", bench_counts},
	{"others", bench_others},
	{"cost", bench_cost},
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static const char usage[] =
	"Usage: bench [options]\n"
	"\n"
	"  --busy             on a machine that others use: one thread, in its own time\n"
	"  --quick            few and short rounds: a glance, not a result\n"
	"  --json FILE        also write every figure as a line of JSON\n"
	"  --subject LIST     only these of layers,moving,nets,counts,others,cost\n"
	"  --others FILE      the nets of a list that others.py --list wrote\n"
	"  --only WORD        only what has WORD in its name\n"
	"  --rounds N, --seconds S   of each measurement (default 7 rounds of 0.05 s)\n"
	"  --help\n";

int bench_wanted(const struct bench_options *options, const char *name)
{
	return !options->only || strstr(name, options->only);
}

/* The length of the word that a list, whose words have commas between them, begins with. */
static size_t word_length(const char *list)
{
	return strcspn(list, ",");
}

/* Whether the list has the word; the list NULL has every word. */
static int listed(const char *list, const char *word)
{
	for (; list && *list; list += word_length(list) + (list[word_length(list)] == ','))
		if (word_length(list) == strlen(word) && !strncmp(list, word, strlen(word)))
			return 1;
	return !list;
}

/* Whether every word of the list is a subject. */
static int all_known(const char *list)
{
	int words = 1, known = 0;
	for (const char *c = list; *c; c++)
		words += *c == ',';
	for (int i = 0; i < SUBJECTS; i++)
		known += listed(list, subjects[i].name);
	return known == words;
}

static void refuse(const char *option, const char *value)
{
	fprintf(stderr, "bench: %s %s\n%s", option, value, usage);
	exit(2);
}

/* The path of the program `name` in the folder of this one. */
static const char *beside(const char *self, const char *name)
{
	static char path[4096];
	const char *slash = strrchr(self, '/');
	snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash + 1 - self) : 0, self, name);
	return path;
}

/* Reads the words of the command line into `o` and the two texts. Returns -1, or the exit status of
 * a program that has nothing more to do. */
static int read_words(
	int argc, char **argv, struct bench_options *o, const char **json, const char **subject)
{
	static const struct option words[] = {
		{"quick", no_argument, NULL, 'q'},
		{"busy", no_argument, NULL, 'b'},
		{"json", required_argument, NULL, 'j'},
		{"subject", required_argument, NULL, 's'},
		{"others", required_argument, NULL, 'n'},
		{"only", required_argument, NULL, 'o'},
		{"rounds", required_argument, NULL, 'r'},
		{"seconds", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	for (int word; (word = getopt_long(argc, argv, "", words, NULL)) != -1;)
		switch (word) {
		case 'q':
			o->quick = 1;
			o->effort.rounds = 2;
			o->effort.seconds = 0.002;
			break;
		case 'b':
			o->effort.own_time = 1;
			break;
		case 'j':
			*json = optarg;
			break;
		case 's':
			*subject = optarg;
			break;
		case 'n':
			o->others = optarg;
			break;
		case 'o':
			o->only = optarg;
			break;
		case 'r':
			o->effort.rounds = atoi(optarg);
			break;
		case 't':
			o->effort.seconds = atof(optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return 2;
		}
	if (optind < argc)
		refuse("what is", argv[optind]);
	return -1;
}

int main(int argc, char **argv)
{
	struct bench_options o = {.effort = {.rounds = 7, .seconds = 0.05},
		.threads = {1, bench_threads()},
		.trainer = beside(argv[0], "train_once")};
	const char *json = NULL, *subject = NULL;
	const int status = read_words(argc, argv, &o, &json, &subject);
	if (status >= 0)
		return status;
	if (o.effort.rounds < 1 || o.effort.rounds > BENCH_MOST_ROUNDS || !(o.effort.seconds >= 0))
		refuse("--rounds or --seconds", "make no sense");
	if (subject && !all_known(subject))
		refuse("--subject", subject);
	o.thread_counts = o.threads[1] > 1 && !o.effort.own_time ? 2 : 1;
	bench_json_open(json && *json ? json : NULL);
	bench_machine(&o);
	for (int i = 0; i < SUBJECTS; i++)
		if (listed(subject, subjects[i].name))
			subjects[i].run(&o);
	bench_json_close();
	return 0;
}
