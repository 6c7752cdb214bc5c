/* SPDX-License-Identifier: MIT */
/* Every option of every constructor, from the tables: LAM_ZERO is 0 or an error, an option left out
 * gets its default, and the range is that of the table and of the comment in the header. */
#include "framework/lamina.h"
#include "framework/layer/inside.h"
#include "framework/model/catalogue.h"
#include "framework/net/optimizer_check.h"
#include "framework/train/schedule_name.h"

#include "layers/layers.h"

#include "tests/kit.h"

#include <glob.h>

enum { ROOM = 4096 };

/* A constructor, and its result as bytes: a layer's state, or an optimizer or schedule. */
typedef struct subject {
	const char *name;
	const lam_option *options;
	const lam_layer_class *layer; /* NULL: */
	const lam_value_constructor *value;
	lam_rule rule; /* LAM_RULE_NONE: a schedule */
} subject;

typedef union bytes {
	max_align_t align;
	struct lam_option_head head;
	unsigned char room[ROOM];
} bytes;

static bool make_layer(const lam_layer_class *layer_class, bytes *options, bytes *result)
{
	options->head.size = layer_class->state_size;
	lam_layer *child = layer_class->min_children ? lam_relu() : NULL;
	lam_layer *layer = child ? lam_layer_new_with_children(layer_class, options, &child, 1)
				 : lam_layer_new(layer_class, options);
	if (layer)
		memcpy(result, lam_layer_state(layer), layer_class->state_size);
	lam_layer_free(layer);
	return layer;
}

/* A rule's table has rows for the members of lam_optimizer. */
static bool make_optimizer(lam_rule rule, const bytes *options, bytes *result)
{
	lam_optimizer o, made;
	memcpy(&o, options, sizeof o);
	const lam_adam_options adam = {.size = sizeof adam,
		.lr = o.lr,
		.beta1 = o.beta1,
		.beta2 = o.beta2,
		.eps = o.eps,
		.weight_decay = o.weight_decay};
	if (rule == LAM_RULE_SGD)
		made = lam_sgd(.lr = o.lr, .momentum = o.momentum, .nesterov = o.nesterov,
			.weight_decay = o.weight_decay);
	else if (rule == LAM_RULE_RMSPROP)
		made = lam_rmsprop(.lr = o.lr, .alpha = o.alpha, .eps = o.eps,
			.momentum = o.momentum, .weight_decay = o.weight_decay,
			.centered = o.centered);
	else
		made = rule == LAM_RULE_ADAM ? lam_adam_new(&adam) : lam_adamw_new(&adam);
	memcpy(result, &made, sizeof made);
	return made.rule == rule;
}

static bool make_value(const lam_value_constructor *value, bytes *options, bytes *result)
{
	lam_schedule schedule = {.kind = LAM_SCHEDULE_INVALID};
	options->head.size = value->size;
	if (!strcmp(value->name, "one_cycle"))
		schedule = lam_one_cycle_new((const void *)options);
	else if (!strcmp(value->name, "cosine"))
		schedule = lam_cosine_new((const void *)options);
	else if (!strcmp(value->name, "cosine_restarts"))
		schedule = lam_cosine_restarts_new((const void *)options);
	else if (!strcmp(value->name, "plateau"))
		schedule = lam_plateau_new((const void *)options);
	else if (check(!strcmp(value->name, "step_decay"), "unknown %s", value->name))
		schedule = lam_step_decay_new((const void *)options);
	if (schedule.kind != LAM_SCHEDULE_INVALID)
		memcpy(result, &schedule, sizeof schedule);
	return schedule.kind != LAM_SCHEDULE_INVALID;
}

static bool make(const subject *s, bytes *options, bytes *result)
{
	if (s->rule)
		return make_optimizer(s->rule, options, result);
	return s->layer ? make_layer(s->layer, options, result)
			: make_value(s->value, options, result);
}

static const lam_option *row_of(const subject *s, const char *name)
{
	const lam_option *row = s->options;
	while (row->name && strcmp(row->name, name))
		row++;
	return row->name ? row : NULL;
}

static bool is_real(const lam_option *row)
{
	return row->type == LAM_OPTION_REAL || row->type == LAM_OPTION_REALS;
}

static bool is_number(const lam_option *row)
{
	return is_real(row) || row->type == LAM_OPTION_INT || row->type == LAM_OPTION_PAIR
		|| row->type == LAM_OPTION_INTS;
}

static void put(const lam_option *row, bytes *options, double value)
{
	unsigned char *at = options->room + row->offset;
	if (is_real(row))
		memcpy(at, &(lam_real){(lam_real)value}, sizeof(lam_real));
	else
		memcpy(at, &(int){(int)value}, sizeof(int));
}

/* Fills in the required options, and those that this option needs. */
static void prepare(const subject *s, const lam_option *row, bytes *options)
{
	memset(options, 0, sizeof *options);
	for (const lam_option *other = s->options; other->name; other++)
		if (other->required && other->type == LAM_OPTION_SHAPE)
			memcpy(options->room + other->offset, &(lam_shape){1, {1}},
				sizeof(lam_shape));
		else if (other->required)
			put(other, options, 2);
	if (!strcmp(row->name, "init_scale"))
		put(row_of(s, "init"), options, LAM_INIT_NORMAL);
}

static double result_of(const subject *s, const lam_option *row, const bytes *result)
{
	const size_t offset = s->value ? s->value->places[row - s->options] : row->offset;
	lam_real real;
	int whole;
	memcpy(&real, result->room + offset, sizeof real);
	memcpy(&whole, result->room + offset, sizeof whole);
	double value = is_real(row) ? (double)real : whole;
	/* A LAM_ZERO at the end of a list stays. */
	return row->type == LAM_OPTION_REALS && value == LAM_ZERO ? 0 : value;
}

static void zero_is_zero(const subject *s, const lam_option *row)
{
	bytes options, result;
	prepare(s, row, &options);
	put(row, &options, LAM_ZERO);
	if (make(s, &options, &result))
		check(result_of(s, row, &result) == 0, "%s.%s: LAM_ZERO became %g", s->name,
			row->name, result_of(s, row, &result));
	else
		check(strstr(lam_error(), row->name) && strstr(lam_error(), " is 0;"), "%s.%s: %s",
			s->name, row->name, lam_error());
	prepare(s, row, &options);
	put(row, &options, 0);
	if (row->required) {
		check(!make(s, &options, &result) && strstr(lam_error(), row->name)
				&& strstr(lam_error(), " is required"),
			"%s.%s: left out: %s", s->name, row->name, lam_error());
	} else if (strcmp(row->name, "init_scale")) {
		require(make(s, &options, &result), "%s.%s: left out: %s", s->name, row->name,
			lam_error());
		check(result_of(s, row, &result) == (double)row->fallback,
			"%s.%s: left out is %g, not %g", s->name, row->name,
			result_of(s, row, &result), (double)row->fallback);
	}
}

/* Checks whether a value is accepted. If it conflicts with another option, the sentence names both,
 * which is no failure. */
static void accepts(const subject *s, const lam_option *row, double value, bool wanted)
{
	char sentence[80];
	bytes options, result;
	prepare(s, row, &options);
	put(row, &options, value == 0 ? LAM_ZERO : value);
	snprintf(sentence, sizeof sentence, "option %s is ", row->name);
	const bool made = make(s, &options, &result),
		   refused = !made && strstr(lam_error(), sentence);
	check(wanted ? !refused : refused && strstr(lam_error(), "expected"),
		"%s.%s: %g was %s: %s", s->name, row->name, value, refused ? "refused" : "taken",
		made ? "" : lam_error());
}

static double beside(const lam_option *row, double value, double towards)
{
	if (!is_real(row))
		return value + (towards > value ? 1 : -1);
	return sizeof(lam_real) == sizeof(float) ? (double)nextafterf((float)value, (float)towards)
						 : nextafter(value, towards);
}

static void range_is_the_tables(const subject *s, const lam_option *row)
{
	const double under = beside(row, row->least, -INFINITY);
	if (under > LAM_ZERO && isfinite(under)) {
		accepts(s, row, row->least, !row->above);
		accepts(s, row, under, false);
	}
	accepts(s, row, beside(row, row->least, INFINITY), true);
	if (row->most < INT_MAX) {
		accepts(s, row, row->most, !row->below);
		accepts(s, row, beside(row, row->most, INFINITY), false);
		accepts(s, row, beside(row, row->most, -INFINITY), true);
	} else {
		accepts(s, row, is_real(row) ? 1e30 : INT_MAX, true);
	}
	if (is_real(row)) {
		accepts(s, row, (double)NAN, false);
		accepts(s, row, (double)INFINITY, false);
		accepts(s, row, (double)-INFINITY, false);
	}
}

static void for_each_option(void (*each)(const subject *s, const lam_option *row))
{
	subject subjects[128];
	size_t count = 0;
	for (const lam_layer_class *const *c = lam_catalogue; *c && count < 100; c++)
		subjects[count++] = (subject){
			.name = (*c)->kind, .options = (*c)->options, .layer = *c};
	for (lam_rule rule = LAM_RULE_SGD; rule <= LAM_RULE_RMSPROP; rule++) {
		const lam_rule_class *c = &lam_built_in_rules[rule];
		subjects[count++] = (subject){.name = c->name, .options = c->options, .rule = rule};
	}
	for (int kind = LAM_SCHEDULE_ONE_CYCLE; kind < LAM_SCHEDULE_INVALID; kind++) {
		const lam_value_constructor *value = &lam_schedule_constructors[kind];
		subjects[count++] = (subject){
			.name = value->name, .options = value->options, .value = value};
	}
	check(count > 36, "%zu constructors", count);
	int rows = 0;
	for (size_t i = 0; i < count; i++)
		for (const lam_option *row = subjects[i].options; row && row->name; row++)
			if (is_number(row)) {
				each(&subjects[i], row);
				rows++;
			}
	check(rows > 80, "%d options", rows);
}

static void a_zero_that_is_said_is_zero(void)
{
	for_each_option(zero_is_zero);
}

static void ranges_end_where_the_tables_say(void)
{
	for_each_option(range_is_the_tables);
}

/* Reads the headers of all layers, and those of optimizers and schedules. */
static char *read_headers(void)
{
	static const char *const patterns[] = {
		"layers/*.h", "framework/optimizer.h", "framework/schedule.h"};
	const char *top = getenv("top_srcdir");
	char *text = calloc(1, 1 << 20);
	size_t length = 0;
	for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
		char pattern[4096];
		glob_t found;
		snprintf(pattern, sizeof pattern, "%s/%s", top ? top : ".", patterns[p]);
		if (glob(pattern, 0, NULL, &found))
			continue;
		for (size_t i = 0; i < found.gl_pathc; i++) {
			FILE *file = fopen(found.gl_pathv[i], "r");
			if (file)
				length += fread(text + length, 1, (1 << 20) - 1 - length, file);
			if (file)
				fclose(file);
		}
		globfree(&found);
	}
	return text;
}

/* The comment of a real member, in front of it or behind it, on one line. */
static bool find_comment(
	const char *headers, const char *subject_name, const char *member, char comment[1024])
{
	char words[160];
	snprintf(words, sizeof words, "typedef struct lam_%s_options {",
		strcmp(subject_name, "adamw") ? subject_name : "adam");
	const char *begin = strstr(headers, words), *end = begin ? strstr(begin, "\n}") : NULL;
	snprintf(words, sizeof words, "lam_real %s;", member);
	const char *at = begin ? strstr(begin, words) : NULL;
	if (!at || at > end)
		return false;
	const char *line_end = strchr(at, '\n'), *from = strstr(at, "/**<");
	if (!from || from > line_end) {
		for (from = at; from > begin && strncmp(from, "/**", 3); from--) {}
	}
	const char *to = strstr(from, "*/");
	size_t length = 0;
	for (const char *c = from; c < to && length < 1023; c++) {
		const bool space = *c == ' ' || *c == '\t' || *c == '\n' || *c == '*';
		if (!space || (length && comment[length - 1] != ' '))
			comment[length++] = space ? ' ' : *c;
	}
	comment[length] = '\0';
	return true;
}

/* A number as people write it, as 1e-5. */
static const char *number(double value, char text[32])
{
	snprintf(text, 32, "%g", value);
	char *exponent = strchr(text, 'e');
	if (exponent && exponent[2] == '0')
		memmove(exponent + 2, exponent + 3, strlen(exponent + 3) + 1);
	if (exponent && exponent[1] == '+')
		memmove(exponent + 1, exponent + 2, strlen(exponent + 2) + 1);
	return text;
}

static const char *headers;

static void header_says(const subject *s, const lam_option *row)
{
	char comment[1024], words[128], least[32], most[32], fallback[32];
	if (row->type != LAM_OPTION_REAL)
		return;
	require(find_comment(headers, s->name, row->name, comment), "%s.%s has no comment", s->name,
		row->name);
	number(row->least, least);
	number(row->most, most);
	number((double)row->fallback, fallback);
	if (row->most >= INT_MAX)
		snprintf(words, sizeof words, "%s %s", row->above ? "above" : "at least", least);
	else if (row->above)
		snprintf(words, sizeof words,
			row->below ? "above %s and below %s" : "above %s, at most %s", least, most);
	else
		snprintf(
			words, sizeof words, "%s to %s%s", least, row->below ? "below " : "", most);
	check(strstr(comment, words), "%s.%s says \"%s\", not \"%s\"", s->name, row->name, comment,
		words);
	const bool bare = row->fallback == 0
		&& row->above; /* the default is 0, which means off and is not in the range */
	snprintf(words, sizeof words, row->required ? "required" : "default %s", fallback);
	check(bare && !row->required ? true : strstr(comment, words) != NULL,
		"%s.%s says \"%s\", not \"%s\"", s->name, row->name, comment, words);
	if (row->fallback != 0 && !row->above && row->least <= 0)
		check(strstr(comment, "LAM_ZERO"), "%s.%s does not say LAM_ZERO: \"%s\"", s->name,
			row->name, comment);
}

static void headers_say_ranges_and_defaults(void)
{
	char *text = read_headers();
	headers = text;
	for_each_option(header_says);
	free(text);
}

/* As a size_t LAM_ZERO is no limit at all. */
static void no_memory_limit_is_zero(void)
{
	const char *words = ".memory_limit is 0; expected bytes";
	check(!lam_net_create(lam_affine(.out = 2), LAM_SHAPE(2), .memory_limit = LAM_ZERO)
			&& strstr(lam_error(), words),
		"%s", lam_error());
	check(!lam_net_load("none.npz", .memory_limit = LAM_ZERO) && strstr(lam_error(), words),
		"%s", lam_error());
	check(!lam_mnist_open(".", LAM_SPLIT_TEST, .memory_limit = LAM_ZERO)
			&& strstr(lam_error(), words),
		"%s", lam_error());
	check_fails(lam_replay("none.npz", .memory_limit = LAM_ZERO), LAM_ERR_ARGUMENT, words);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_zero_that_is_said_is_zero),
		TEST(ranges_end_where_the_tables_say),
		TEST(headers_say_ranges_and_defaults),
		TEST(no_memory_limit_is_zero),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
