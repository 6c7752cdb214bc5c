/* SPDX-License-Identifier: MIT */
/* lamina-net(5) against the layers that a description may name: every kind, every option, every
 * default and choice is there, and nothing else. Its examples can be read. */
#include "framework/model/catalogue.h"
#include "framework/save.h"

#include "tests/kit.h"

enum { MOST_TEXT = 1 << 20 };
static char page[MOST_TEXT];

static void read_page(void)
{
	char path[1024];
	const char *top = getenv("top_srcdir");
	snprintf(path, sizeof path, "%s/docs/man/lamina-net.5.scd", top ? top : ".");
	FILE *file = fopen(path, "rb");
	require(file, "%s cannot be opened", path);
	const size_t length = fread(page, 1, MOST_TEXT - 1, file);
	fclose(file);
	page[length] = '\0';
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');
	return end ? end + 1 : line + strlen(line);
}

/* Whether the line is a heading of layers, as "*conv1d*, *conv2d*". */
static bool is_heading(const char *line)
{
	const size_t word = *line == '*' ? strspn(line + 1, "abcdefghijklmnopqrstuvwxyz0123456789_")
					 : 0;
	return word && line[1 + word] == '*';
}

/* Copies the next word between asterisks; returns what is behind it, NULL: the line has no more. */
static const char *next_word(const char *at, char word[60])
{
	const size_t before = strcspn(at, "*\n");
	if (at[before] != '*')
		return NULL;
	const size_t length = strcspn(at + before + 1, "*\n");
	snprintf(word, 60, "%.*s", (int)length, at + before + 1);
	return at + before + 1 + length + 1;
}

/* The text below the heading of a kind; NULL: there is none. */
static const char *find_kind(const char *kind)
{
	char word[60];
	for (const char *line = page; *line; line = next_line(line))
		for (const char *at = is_heading(line) ? line : NULL;
			at && (at = next_word(at, word));)
			if (strcmp(word, kind) == 0)
				return next_line(line);
	return NULL;
}

/* The next option of the kind whose text `at` is in, and its name; NULL: there is none. */
static const char *next_option(const char *at, char name[60])
{
	for (; *at && (*at == '\t' || *at == '\n'); at = next_line(at))
		if (strncmp(at, "\t- *", 4) == 0) {
			(void)next_word(at, name);
			return at;
		}
	return NULL;
}

static const lam_option *find_option(const lam_layer_class *c, const char *name)
{
	for (const lam_option *o = c->options; o && o->name; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static const lam_layer_class *find_class(const char *kind)
{
	for (const lam_layer_class *const *c = lam_catalogue; *c; c++)
		if (strcmp((*c)->kind, kind) == 0)
			return *c;
	return NULL;
}

/* The text of an option, up to the next one, with single spaces for what separates words. */
static void copy_option(const char *at, char *text, size_t room)
{
	size_t length = 0;
	do {
		for (at += strspn(at, "\t "); *at && *at != '\n' && length + 2 < room; at++)
			text[length++] = *at;
		text[length++] = ' ';
		at = next_line(at);
	} while (strncmp(at, "\t  ", 3) == 0 && length + 2 < room);
	text[length] = '\0';
}

/* The page says that the option is required, or its default. */
static void check_option(const lam_layer_class *c, const lam_option *o, const char *at)
{
	char text[1000];
	copy_option(at, text, sizeof text);
	check((strstr(text, "required") != NULL) == o->required, "%s %s: %s", c->kind, o->name,
		text);
	if (o->fallback == 0 || o->fallback == (lam_real)LAM_ZERO)
		return;
	const char *said = strstr(text, "default ");
	check(said && (lam_real)strtod(said + 8, NULL) == o->fallback,
		"%s %s: the default is %g, not \"%s\"", c->kind, o->name, (double)o->fallback,
		said ? said : text);
}

static void every_layer_is_there(void)
{
	read_page();
	for (const lam_layer_class *const *c = lam_catalogue; *c; c++) {
		const char *text = find_kind((*c)->kind);
		check(text, "%s is missing", (*c)->kind);
		for (const lam_option *o = (*c)->options; text && o && o->name; o++) {
			char name[60] = "", word[60];
			const char *at = next_option(text, name);
			while (at && strcmp(name, o->name) != 0)
				at = next_option(next_line(at), name);
			check(at, "%s has no %s", (*c)->kind, o->name);
			if (at)
				check_option(*c, o, at);
			for (int i = 0; o->type == LAM_OPTION_CHOICE && o->choices[i]; i++) {
				snprintf(word, sizeof word, "*%s*", o->choices[i]);
				check(strstr(page, word), "%s is missing", word);
			}
		}
	}
}

static void nothing_else_is_there(void)
{
	char kind[60], name[60];
	read_page();
	for (const char *line = page; *line; line = next_line(line))
		for (const char *at = is_heading(line) ? line : NULL;
			at && (at = next_word(at, kind));) {
			const lam_layer_class *c = find_class(kind);
			check(c, "there is no layer %s", kind);
			const char *option = c ? next_option(next_line(line), name) : NULL;
			for (; option; option = next_option(next_line(option), name))
				check(find_option(c, name), "%s has no option %s", kind, name);
		}
}

static void its_examples_are_descriptions(void)
{
	int count = 0;
	read_page();
	for (char *at = page; (at = strstr(at, "```\n")) != NULL;) {
		char *text = at + 4, *end = strstr(text, "```");
		require(end, "an example has no end");
		*end = '\0';
		at = end + 1;
		if (!strstr(text, "\ninput ") || strstr(text, "\ninput SHAPE"))
			continue;
		lam_shape shape;
		lam_layer *model = lam_model_parse(text, NULL, &shape);
		check(model, "%s\n%s", lam_error(), text);
		lam_layer_free(model);
		count++;
	}
	check(count >= 3, "%d examples", count);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(every_layer_is_there), TEST(nothing_else_is_there),
		TEST(its_examples_are_descriptions)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
