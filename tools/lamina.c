/* SPDX-License-Identifier: MIT */
/* lamina: trains, evaluates, and looks into nets without a line of C. */
#include "tools/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const struct tool *const tools[] = {&train_tool, &eval_tool, &predict_tool, &info_tool,
	&check_tool, &diff_tool, &bench_tool, &export_tool, &import_tool};
enum { TOOLS = sizeof tools / sizeof *tools };

const struct tool *the_tool;

static const char usage[] =
	"Usage: lamina COMMAND [options]\n"
	"\n"
	"  train NET --data DATA      train a net, or go on\n"
	"  eval NET --data DATA       its loss and accuracy, class by class\n"
	"  predict NET FILE...        what it says about samples\n"
	"  info NET                   its layers, shapes, parameters and memory\n"
	"  check NET                  compare its gradients with numeric ones\n"
	"  diff NET NET               where two nets differ\n"
	"  bench NET                  how fast it trains and predicts\n"
	"  export NET --output FILE   its inference as a C file\n"
	"  import FILE --output NET   a net of an ONNX file\n"
	"\n"
	"`lamina COMMAND --help` lists the options. NET is a description (lamina-net(5)) or\n"
	"a file that lamina saved, or an ONNX file.\n";

/* Names that were given may hold anything. Returns the sentence, which the caller frees; NULL: no
 * memory. */
static char *say(const char *format, va_list arguments)
{
	char *text = NULL, *words = NULL;
	fprintf(stderr, "lamina%s%s: ", the_tool ? " " : "", the_tool ? the_tool->name : "");
	if (vasprintf(&text, format, arguments) >= 0) {
		words = the_tool ? in_options(text, the_tool->help) : NULL;
		put_text(stderr, words ? words : text);
	} else
		text = NULL;
	free(words);
	fputc('\n', stderr);
	return text;
}

static char *last_failure;

const char *what_failed(void)
{
	return last_failure ? last_failure : "";
}

int failed(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = say(format, arguments); /* which may have the last one in it */
	va_end(arguments);
	free(last_failure);
	last_failure = text;
	return FAILED;
}

void note(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	free(say(format, arguments));
	va_end(arguments);
}

void misused(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	free(say(format, arguments));
	va_end(arguments);
	fprintf(stderr, "`lamina%s%s --help` lists what there is\n", the_tool ? " " : "",
		the_tool ? the_tool->name : "");
	exit(MISUSED);
}

long long whole(const char *option, const char *text, long long least, long long most)
{
	char *end;
	errno = 0;
	const long long value = strtoll(text, &end, 10);
	if (errno || end == text || *end || value < least || value > most)
		misused("--%s %s: expected a whole number from %lld to %lld", option, text, least,
			most);
	return value;
}

double real(const char *option, const char *text, double least, double most)
{
	char *end;
	const double value = strtod(text, &end);
	if (end == text || *end || !(value >= least && value <= most))
		misused("--%s %s: expected a number from %.10g to %.10g", option, text, least,
			most);
	return value;
}

const char *named_so(const char *option, const char *text, const char *ending)
{
	const size_t length = strlen(text), least = strlen(ending);
	if (length <= least || strcasecmp(text + length - least, ending) != 0)
		misused("--%s '%s': expected a name that ends with %s", option, text, ending);
	return text;
}

int choice(const char *option, const char *text, const char *const *words)
{
	char list[400] = "";
	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0)
			return i;
		snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "",
			words[i]);
	}
	misused("--%s %s: expected one of %s", option, text, list);
}

void put_words(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) >= 0)
		put_folded(stdout, text, room_of(stdout));
	va_end(arguments);
	free(text);
}

/* The result of a program that has written its output, if that worked. */
static int finish(int result)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return result;
	return failed("the output cannot be written: %s", strerror(errno));
}

/* Joins the lines of a paragraph below the first line, and those of an option's words. */
static void join_lines(char *text)
{
	enum { FAR = 20 }; /* spaces before words that go on */
	char *to = text;
	bool words = false; /* the line is one of a paragraph */
	for (const char *from = text; *from; from++) {
		*to++ = *from;
		if (*from != '\n')
			continue;
		const size_t indent = strspn(from + 1, " ");
		const bool more = from[1] && from[1] != '\n' && indent == 0;
		if ((words && more) || indent >= FAR) {
			to[-1] = ' ';
			from += indent;
		}
		words = more;
	}
	*to = 0;
}

int show_help(const char *text)
{
	char *joined = strdup(text);
	if (joined)
		join_lines(joined);
	put_folded(stdout, joined ? joined : text, columns_of(stdout));
	free(joined);
	return finish(DONE);
}

void refused_option(int code, char **argv)
{
	if (code == 'h')
		exit(show_help(the_tool->help));
	/* Of letters behind one dash the first may be refused before the word is passed. */
	const char *word = argv[optind - 1];
	if (*word != '-' || strcmp(word, "-") == 0)
		word = argv[optind];
	if (strncmp(word, "--", 2) != 0)
		misused("%s: there are no options of one letter", word);
	if (!optopt)
		misused("%s: no option, or the beginning of several", word);
	if (strchr(word, '='))
		misused("%s: the option has no value", word);
	misused("%s: expected a value behind it", word);
}

/* A file that the program opens must not become the standard output. What is closed fails still. */
static void open_closed(void)
{
	for (int file = 0; file < 3; file++)
		if (fcntl(file, F_GETFD) < 0
			&& open("/dev/null", file ? O_RDONLY : O_WRONLY) != file)
			exit(FAILED);
}

static const struct tool *find_tool(const char *name)
{
	for (int i = 0; i < TOOLS; i++)
		if (strcmp(name, tools[i]->name) == 0)
			return tools[i];
	return NULL;
}

_Noreturn static void expect_command(const char *given)
{
	char list[200] = "";
	for (int i = 0; i < TOOLS; i++)
		snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s",
			i == 0                  ? ""
				: i < TOOLS - 1 ? ", "
						: " or ",
			tools[i]->name);
	misused("%s%sno command; expected %s", given, *given ? ": " : "", list);
}

int main(int argc, char **argv)
{
	open_closed();
	setlocale(LC_CTYPE, ""); /* numbers stay as in C */
	opterr = 0;
	if (argc < 2)
		expect_command("");
	const bool help = strcmp(argv[1], "help") == 0;
	if (strcmp(argv[1], "--help") == 0 || (help && argc == 2))
		return show_help(usage);
	if (strcmp(argv[1], "--version") == 0) {
		printf("lamina %s (%s)\n", lam_version(), lam_isa());
		return finish(DONE);
	}
	const char *name = argv[help ? 2 : 1];
	the_tool = find_tool(name);
	if (!the_tool)
		expect_command(name);
	if (help)
		return show_help(the_tool->help);
	return finish(the_tool->run(argc - 1, argv + 1));
}
