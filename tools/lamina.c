/* SPDX-License-Identifier: MIT */
/* lamina: trains, evaluates, and looks into nets without a line of C. */
#include "tools/tool.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const struct tool *const tools[] = {
	&train_tool, &eval_tool, &predict_tool, &info_tool, &check_tool, &diff_tool, &bench_tool};
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
	"\n"
	"`lamina COMMAND --help` lists the options. NET is a description (lamina-net(5)) or\n"
	"a file that lamina saved.\n";

static void say(const char *format, va_list arguments)
{
	fprintf(stderr, "lamina%s%s: ", the_tool ? " " : "", the_tool ? the_tool->name : "");
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

int failed(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
	return FAILED;
}

void misused(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say(format, arguments);
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
		misused("--%s %s: expected a number from %g to %g", option, text, least, most);
	return value;
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

void refused_option(int code, char **argv)
{
	(void)argv;
	if (code == 'h') {
		fputs(the_tool->help, stdout);
		exit(DONE);
	}
	fprintf(stderr, "`lamina %s --help` lists the options\n", the_tool->name);
	exit(MISUSED);
}

int columns_of(FILE *file)
{
	struct winsize size = {0};
	const char *columns = getenv("COLUMNS");
	if (isatty(fileno(file)) && ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	const int said = columns ? atoi(columns) : 0;
	return said >= 20 && said <= 10000 ? said : 80;
}

bool has_blocks(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void draw_bar(char *text, int width, double part)
{
	static const char *const eighths[] = {
		"", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589"};
	const double cells = part > 0 ? (part < 1 ? part : 1) * width : 0;
	const int full = (int)cells;
	*text = 0;
	for (int i = 0; i < full; i++)
		strcat(text, has_blocks() ? "\u2588" : "#");
	if (has_blocks() && full < width)
		strcat(text, eighths[(int)((cells - full) * 8)]);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, ""); /* numbers stay as in C */
	if (argc < 2)
		misused("no command; expected train, eval, predict, info, check, diff or bench");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		fputs(usage, stdout);
		return DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("lamina %s (%s)\n", lam_version(), lam_isa());
		return DONE;
	}
	for (int i = 0; i < TOOLS; i++)
		if (strcmp(argv[1], tools[i]->name) == 0) {
			the_tool = tools[i];
			const int result = the_tool->run(argc - 1, argv + 1);
			if (fflush(stdout) || ferror(stdout))
				return failed("the output cannot be written: %s", strerror(errno));
			return result;
		}
	misused("%s: no command; expected train, eval, predict, info, check, diff or bench",
		argv[1]);
}
