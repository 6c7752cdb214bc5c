/* SPDX-License-Identifier: MIT */
/* Parses an architecture text into a model. architecture.h describes the text; anything else is
 * refused with the number of its line. */
#include "framework/model/architecture.h"

#include "framework/base/number.h"
#include "framework/base/shown.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/model/arrays.h"
#include "framework/model/catalogue.h"
#include "framework/model/groups.h"
#include "framework/model/parse_value.h"
#include "framework/model/parse_wires.h"
#include "framework/model/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The parser works on a copy of the text, in which it ends lines and words with zeros. */
struct parser {
	lam_words words;
	int depth, layers;
	lam_groups groups;
	const lam_layer_class *const *classes;
	const lam_npz *npz; /* the file with the arrays; NULL: there are none */
};

__attribute__((format(printf, 3, 4))) static lam_status bad(
	struct parser *p, lam_status status, const char *format, ...)
{
	char sentence[400];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof sentence, format, arguments);
	va_end(arguments);
	return lam_fail(status, "architecture line %d: %s", p->words.line, sentence);
}

static const lam_layer_class *find_class(const struct parser *p, const char *kind)
{
	for (const lam_layer_class *const *c = p->classes; c && *c; c++)
		if ((*c)->kind && !strcmp((*c)->kind, kind))
			return *c;
	for (const lam_layer_class *const *c = lam_catalogue; *c; c++)
		if (!strcmp((*c)->kind, kind))
			return *c;
	return NULL;
}

/* Reads the entry of the file that the text names. The number of its values was read before. */
static lam_status parse_array(struct parser *p, const lam_layer_class *c, const lam_option *option,
	const char *name, void *options)
{
	int64_t count;
	lam_option_array(option, options, &count);
	lam_real *values = lam_read_array(p->npz, name, count);
	if (!values)
		return lam_error_status() == LAM_ERR_MEMORY
			? LAM_ERR_MEMORY
			: bad(p, lam_error_status(), "%s has %s=: %s", c->kind, option->name,
				lam_error());
	memcpy((char *)options + option->offset, &values, sizeof values);
	return LAM_OK;
}

/* Takes the value of a word of the line's own, "name", or "from" or "weight" in a graph. */
static lam_status take_word(
	struct parser *p, const char *kind, const char *word, const char *value, const char **to)
{
	if (!*to && *value)
		return *to = value, LAM_OK;
	return bad(p, LAM_ERR_FORMAT, "%s has %s %s%s; expected one", kind,
		*value ? "two" : "an empty", word, *value ? "s" : "");
}

/* Parses an option like "kernel=3,3" into the options struct. The layer's own name goes to *name,
 * what a child of a wired container reads to `reads`, which is NULL for others. `met` marks the
 * options that the line has had. */
static lam_status parse_option(struct parser *p, const lam_layer_class *c, char *text,
	void *options, const char **name, struct lam_reads *reads, bool *met)
{
	char *equals = strchr(text, '=');
	if (!equals)
		return bad(p, LAM_ERR_FORMAT, "\"%s\" behind %s; expected option=value",
			lam_show(text).text, c->kind);
	*equals = '\0';
	const char *value = equals + 1;
	const char **own = strcmp(text, "name") != 0 ? lam_reads_word(c, reads, text) : name;
	if (own)
		return take_word(p, c->kind, text, value, own);
	for (const lam_option *option = c->options; option && option->name; option++) {
		if (!lam_option_named(option, text))
			continue;
		if (met[option - c->options])
			return bad(p, LAM_ERR_FORMAT, "%s has the option %s twice", c->kind,
				option->name);
		met[option - c->options] = true;
		if (option->type == LAM_OPTION_ARRAY)
			return parse_array(p, c, option, value, options);
		if (lam_parse_value(option, value, options))
			return LAM_OK;
		char expected[160];
		lam_describe_value(option, expected);
		return bad(p, LAM_ERR_FORMAT, "%s has %s=%s; expected %s", c->kind, option->name,
			lam_show(value).text, expected);
	}
	return bad(p, LAM_ERR_FORMAT, "%s has no option %s", c->kind, lam_show(text).text);
}

/* Parses the number of share=, which layers with the same parameters have alike. */
static lam_status parse_share(
	struct parser *p, const lam_layer_class *c, const char *text, int *number)
{
	int64_t value;
	if (*number)
		return bad(p, LAM_ERR_FORMAT, "%s has the option share twice", c->kind);
	if (!lam_integer_parse(text, 1, LAM_ARCHITECTURE_LAYERS, &value))
		return bad(p, LAM_ERR_FORMAT, "%s has share=%s; expected 1 to %d", c->kind,
			lam_show(text).text, LAM_ARCHITECTURE_LAYERS);
	*number = (int)value;
	return LAM_OK;
}

/* A layer whose line was read, and that is not made yet. A container waits for its children. They
 * are a list in memory, not calls of calls: a deep model needs no deep stack. */
struct open {
	struct open *outer;
	const lam_layer_class *layer_class;
	struct lam_option_head *head;
	const char *name;
	int line;
	int share; /* the number of share=; 0: it has none */
	bool braces;
	lam_layer **children;
	struct lam_reads *reads; /* of each child, and of the one that is being read */
	int count, room;
};

static void drop(struct open *open)
{
	for (int i = 0; i < open->count; i++)
		lam_layer_free(open->children[i]);
	lam_free(open->children);
	lam_free(open->reads);
	if (open->head)
		lam_options_free_arrays(open->layer_class->options, open->head);
	lam_free(open->head);
	lam_free(open);
}

/* Makes a container, which consumes the children; *line is the line that its sentence is about. */
static lam_layer *make_container(struct open *open, const void *options, int *line)
{
	const lam_layer_class *c = open->layer_class;
	const int count = open->count;
	open->count = 0;
	return c->flags & LAM_WIRED
		? lam_parse_wires(c, options, open->children, open->reads, count, line)
		: lam_layer_new_with_children(c, options, open->children, count);
}

/* Makes the layer, and drops what was read. */
static lam_layer *make(struct parser *p, struct open *open)
{
	const lam_layer_class *c = open->layer_class;
	/* The state of a class without options need not begin with an options struct. */
	const void *options = c->options || open->name ? open->head : NULL;
	open->head->size = c->state_size;
	open->head->name = open->name;
	const int number = open->share;
	int line = open->line;
	lam_layer *layer = open->braces ? make_container(open, options, &line)
					: lam_layer_new(c, options);
	layer = lam_groups_join(&p->groups, layer, number);
	if (!layer && lam_error_status() != LAM_ERR_MEMORY) {
		p->words.line = line;
		bad(p, lam_error_status(), "%s", lam_error());
	}
	drop(open);
	return layer;
}

/* Makes room for a container's next child. */
static bool make_room(struct open *open)
{
	if (open->count < open->room)
		return true;
	const size_t old = (size_t)open->room, wanted = old ? 2 * old : 8;
	lam_layer **children = lam_grow(open->children, old, wanted, sizeof *children);
	if (!children)
		return false;
	open->children = children;
	struct lam_reads *reads = lam_grow(open->reads, old, wanted, sizeof *reads);
	if (!reads)
		return false;
	open->reads = reads;
	open->room = (int)wanted;
	return true;
}

/* Gives a container the child for which there is room. */
static void give(struct open *open, lam_layer *child)
{
	if (open)
		open->children[open->count++] = child;
}

static size_t count_options(const lam_layer_class *c)
{
	size_t count = 0;
	while (c->options && c->options[count].name)
		count++;
	return count;
}

/* Reads the class on the current line. A leading "role:" is only for people, as the order of the
 * children determines their roles. */
static const lam_layer_class *read_class(struct parser *p)
{
	const char *kind = lam_next_word(&p->words);
	size_t length = strlen(kind);
	if (length && kind[length - 1] == ':')
		kind = lam_next_word(&p->words);
	const lam_layer_class *c = find_class(p, kind);
	if (!c)
		return bad(p, LAM_ERR_FORMAT,
			       "unknown layer \"%s\"; expected one of the library, or one that the "
			       "program gives in .classes",
			       lam_show(kind).text),
		       NULL;
	/* At the largest depth a container may still hold layers. */
	if (p->depth >= LAM_MOST_DEPTH + !(c->max_children || lam_layer_expands(c)))
		return bad(p, LAM_ERR_UNSUPPORTED, "containers nested more than %d deep",
			       LAM_MOST_DEPTH),
		       NULL;
	if (p->layers++ >= LAM_ARCHITECTURE_LAYERS)
		return bad(p, LAM_ERR_UNSUPPORTED, "more than %d layers", LAM_ARCHITECTURE_LAYERS),
		       NULL;
	return c;
}

/* Reads the layer on the current line, inside `outer`. */
static struct open *read_layer(struct parser *p, struct open *outer)
{
	char *word;
	const lam_layer_class *c = read_class(p);
	const bool room = c && (!outer || make_room(outer));
	struct open *open = room ? lam_alloc(1, sizeof *open) : NULL;
	if (!open)
		return NULL;
	*open = (struct open){.outer = outer, .layer_class = c, .line = p->words.line};
	struct lam_reads *reads = outer ? &outer->reads[outer->count] : NULL;
	if (reads)
		*reads = (struct lam_reads){.line = p->words.line};
	if (reads && !(outer->layer_class->flags & LAM_WIRED))
		reads = NULL;
	open->head = lam_alloc(1, c->state_size + sizeof *open->head);
	bool *met = lam_alloc(count_options(c) + 1, sizeof *met);
	lam_status status = open->head && met ? LAM_OK : LAM_ERR_MEMORY;
	while (!status && !open->braces && *(word = lam_next_word(&p->words))) {
		open->braces = !strcmp(word, "{");
		if (!strncmp(word, "share=", 6))
			status = parse_share(p, c, word + 6, &open->share);
		else if (!open->braces)
			status = parse_option(p, c, word, open->head, &open->name, reads, met);
	}
	lam_free(met);
	if (!status)
		lam_repeat_single_reals(c->options, open->head);
	if (!status && open->braces && *(word = lam_next_word(&p->words)))
		status = bad(p, LAM_ERR_FORMAT, "\"%s\" behind {; expected the end of the line",
			lam_show(word).text);
	if (!status)
		return open;
	drop(open);
	return NULL;
}

/* Parses the layer that begins on the current line, with all layers inside it. */
static lam_layer *parse_layer(struct parser *p)
{
	struct open *open = NULL; /* the innermost container that is open */
	lam_layer *layer = NULL;
	for (;;) {
		struct open *next = read_layer(p, open);
		if (!next)
			break;
		if (next->braces) {
			open = next;
			p->depth++;
		} else {
			if (!(layer = make(p, next)))
				break;
			give(open, layer);
		}
		/* Containers end here. */
		bool more = true;
		while (open && (more = lam_next_line(&p->words)) && *p->words.at == '}') {
			struct open *outer = open->outer;
			p->words.at++;
			p->depth--;
			layer = make(p, open);
			open = outer;
			if (!layer)
				goto failed;
			give(open, layer);
		}
		if (!open)
			return layer;
		if (!more) {
			bad(p, LAM_ERR_FORMAT, "the text ends inside %s; expected }",
				open->layer_class->kind);
			break;
		}
	}
failed:
	while (open) {
		struct open *outer = open->outer;
		drop(open);
		open = outer;
	}
	return NULL;
}

static lam_layer *parse(struct parser *p, lam_shape *input)
{
	(void)lam_next_line(&p->words); /* descriptions begin with comments, made empty */
	const char *word = lam_next_word(&p->words);
	if (strcmp(word, "lamina-architecture"))
		return bad(p, LAM_ERR_FORMAT, "\"%s\"; expected lamina-architecture",
			       lam_show(word).text),
		       NULL;
	word = lam_next_word(&p->words);
	if (strcmp(word, "1"))
		return bad(p, LAM_ERR_UNSUPPORTED, "version \"%s\"; expected 1",
			       lam_show(word).text),
		       NULL;
	if (!lam_next_line(&p->words) || strcmp(lam_next_word(&p->words), "input"))
		return bad(p, LAM_ERR_FORMAT, "expected a line \"input\" with a shape"), NULL;
	word = lam_next_word(&p->words);
	if (!lam_parse_shape(word, input))
		return bad(p, LAM_ERR_FORMAT,
			       "the input is \"%s\"; expected a shape such as 1x28x28",
			       lam_show(word).text),
		       NULL;
	if (!lam_next_line(&p->words))
		return bad(p, LAM_ERR_FORMAT, "the text ends; expected a layer"), NULL;
	const int line = p->words.line;
	lam_layer *model = parse_layer(p);
	if (model && lam_next_line(&p->words)) {
		bad(p, LAM_ERR_FORMAT, "text behind the last layer");
	} else if (!model || lam_check_model(model, *input) == LAM_OK) {
		return model;
	} else {
		p->words.line = line;
		bad(p, LAM_ERR_FORMAT, "%s", lam_error());
	}
	lam_layer_free(model);
	return NULL;
}

lam_layer *lam_architecture_parse(const char *text, const lam_layer_class *const *classes,
	const lam_npz *npz, lam_shape *input)
{
	char *copy = lam_text_copy(text);
	if (!copy)
		return NULL;
	struct parser p = {.words = {copy, copy + strlen(copy), 1}, .classes = classes, .npz = npz};
	lam_split_lines(copy);
	if (!strncmp(copy, "\xef\xbb\xbf", 3)) /* the byte order mark of Windows' editors */
		p.words.at += 3;
	lam_layer *model = parse(&p, input);
	lam_free(p.groups.first);
	lam_free(copy);
	return model;
}
