/* SPDX-License-Identifier: MIT */
/* PyTorch's values from tests/reference/reference.txt, whose format reference_case.py describes.
 * First the textbook must agree with them, then the library. */
#include "tests/battery/battery.h"

#include "framework/model/catalogue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The members of struct trial that an option's numbers are stored in. */
struct place {
	const char *word;
	char type; /* i: int64_t, b: bool, d: double */
	int most;
	size_t offset;
};
#define PLACE(word, type, most, member) \
	{ \
		word, type, most, offsetof(struct trial, member) \
	}

static const struct place places[] = {
	PLACE("batch", 'i', 1, n),
	PLACE("out", 'i', 1, window.out),
	PLACE("groups", 'i', 1, window.groups),
	PLACE("kernel", 'i', 2, window.kernel),
	PLACE("stride", 'i', 2, window.stride),
	PLACE("pad", 'i', 2, window.pad),
	PLACE("dilation", 'i', 2, window.dilation),
	PLACE("output_pad", 'i', 2, window.output_pad),
	PLACE("ceil_mode", 'b', 1, window.ceil_mode),
	PLACE("exclude_pad", 'b', 1, window.exclude_pad),
	PLACE("border", 'i', 4, border),
	PLACE("begin", 'i', 1, begin),
	PLACE("end", 'i', 1, end),
	PLACE("axes", 'i', 4, axes),
	PLACE("scale", 'i', 2, scale),
	PLACE("form", 'i', 1, form),
	PLACE("linear", 'b', 1, linear),
	PLACE("align_corners", 'b', 1, align_corners),
	PLACE("bias", 'b', 1, bias),
	PLACE("soft", 'b', 1, soft),
	PLACE("shared", 'b', 1, shared),
	PLACE("half", 'b', 1, half),
	PLACE("positive_weight", 'd', 1, option),
	PLACE("delta", 'd', 1, option),
	PLACE("eps", 'd', 1, eps),
	PLACE("momentum", 'd', 1, momentum),
	PLACE("smoothing", 'd', 1, smoothing),
	PLACE("mean", 'd', 4, mean),
	PLACE("ignore", 'i', 1, ignore),
	PLACE("weighted", 'b', 1, weighted),
	PLACE("weights", 'd', TRIAL_WEIGHTS, weights),
	PLACE("std", 'd', 4, std),
};

/* The next word of the current line. */
static const char *next_word(char **line)
{
	return strtok_r(NULL, " \n", line);
}

static void read_shape(lam_shape *shape, char **line)
{
	const char *word;
	while (shape->rank < LAM_MAX_RANK && (word = next_word(line)))
		shape->dim[shape->rank++] = strtoll(word, NULL, 10);
}

/* Where an activation's option of this name is stored; NULL: its class has none. */
static double *find_option(struct trial *t, const char *name)
{
	const lam_layer_class *const *c = lam_catalogue;
	while (*c && strcmp((*c)->kind, t->subject->name) != 0)
		c++;
	const lam_option *table = *c ? (*c)->options : NULL;
	for (int i = 0; table && i < TRIAL_OPTIONS && table[i].name; i++)
		if (strcmp(table[i].name, name) == 0)
			return &t->option[i];
	return NULL;
}

/* Reads an option; false if it is unknown. */
static bool read_option(struct trial *t, char **line)
{
	const char *name = next_word(line), *word;
	if (!name)
		return false;
	if (strcmp(name, "in") == 0 || strcmp(name, "to") == 0) {
		read_shape(*name == 'i' ? &t->in : &t->to, line);
		return true;
	}
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (strcmp(name, places[i].word) != 0)
			continue;
		char *at = (char *)t + places[i].offset;
		for (int k = 0; k < places[i].most && (word = next_word(line)); k++) {
			double value = strtod(word, NULL);
			if (places[i].type == 'i')
				((int64_t *)at)[k] = (int64_t)value;
			else if (places[i].type == 'b')
				((bool *)at)[k] = value != 0;
			else
				((double *)at)[k] = value;
		}
		return true;
	}
	double *option = t->subject->traits & SUBJECT_ACTIVATION ? find_option(t, name) : NULL;
	if (!option || !(word = next_word(line)))
		return false;
	*option = strtod(word, NULL);
	return true;
}

/* The trial's array of this name, and its number of values; NULL: there is none. */
static double *find_array(struct trial *t, const char *name, int64_t *count)
{
	int64_t in = t->n * lam_shape_count(&t->in), out = t->n * lam_shape_count(&t->out),
		targets = t->n * t->target_values;
	int index = name[0] ? name[strlen(name) - 1] - '0' : -1;
	const struct {
		const char *name;
		double *values;
		int64_t count;
	} arrays[] = {
		{"x", t->x, in},
		{"dx", t->dx, in},
		{"y", t->y, out},
		{"dy", t->dy, out},
		{"eval", t->eval, out},
		{"eval_dx", t->subject->eval_backward ? t->eval_dx : NULL, in},
		{"t", t->targets, targets},
		{"loss", &t->loss, 1},
	};
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
		if (strcmp(arrays[i].name, name) == 0) {
			*count = arrays[i].count;
			return arrays[i].values;
		}
	if (index < 0 || index >= TRIAL_PARAMS)
		return NULL;
	if (*name == 'e') { /* eval_dw0 */
		const bool there = t->subject->eval_backward && index < t->params;
		*count = there ? trial_elements(t, index) : 0;
		return there ? t->eval_dw[index] : NULL;
	}
	bool state = *name == 's' || *name == 'a';
	*count = state ? t->state_values : index < t->params ? trial_elements(t, index) : 0;
	if (state)
		return index >= t->states ? NULL : *name == 's' ? t->state[index] : t->after[index];
	return index >= t->params ? NULL : *name == 'w' ? t->w[index] : t->dw[index];
}

static const char *read_array(struct trial *t, char **line, FILE *file)
{
	int64_t count = 0;
	const char *name = next_word(line), *size = next_word(line);
	double *values = name && size ? find_array(t, name, &count) : NULL;
	if (!values || strtoll(size, NULL, 10) != count)
		return complain(t, "array %s has %s values in the file; expected %" PRId64, name,
			size, count);
	for (int64_t i = 0; i < count; i++)
		if (fscanf(file, "%lf", &values[i]) != 1)
			return complain(t, "array %s ends after %" PRId64 " values", name, i);
	return NULL;
}

/* Reads the lines after "case" up to "end". */
static const char *read_case(struct trial *t, FILE *file)
{
	char text[400];
	const char *complaint = NULL;
	while (!complaint && fgets(text, sizeof text, file)) {
		char *line, *word = strtok_r(text, " \n", &line);
		if (!word)
			continue;
		if (strcmp(word, "end") == 0)
			return t->x ? NULL : complain(t, "a case without arrays");
		if (strcmp(word, "option") == 0) {
			if (!read_option(t, &line))
				complaint = complain(t, "an unknown option in the file");
		} else if (strcmp(word, "array") == 0) {
			if (!t->x && (!t->subject->shapes(t) || !trial_allocate(t)))
				return complain(t, "options that make no sense");
			complaint = read_array(t, &line, file);
		}
	}
	return complaint ? complaint : complain(t, "the file ends within a case");
}

/* Compares the textbook's results with PyTorch's, which the trial holds; the textbook's replace
 * them. */
static const char *compare_textbook(struct trial *t)
{
	static const char *const computed[] = {"y", "loss", "dx", "dw0", "dw1", "dw2", "dw3",
		"after0", "after1", "eval", "eval_dx", "eval_dw0", "eval_dw1"};
	enum { ARRAYS = sizeof computed / sizeof *computed };
	double *kept[ARRAYS] = {0};
	const char *complaint = NULL;
	for (int a = 0; a < ARRAYS; a++) {
		int64_t count = 0;
		const double *values = find_array(t, computed[a], &count);
		if (values && (kept[a] = malloc((size_t)count * sizeof **kept)))
			memcpy(kept[a], values, (size_t)count * sizeof **kept);
	}
	trial_textbook(t, true);
	for (int a = 0; a < ARRAYS && !complaint; a++) {
		int64_t count = 0;
		double largest = 0, *values = find_array(t, computed[a], &count);
		bool evaluation = strcmp(computed[a], "eval") == 0,
		     loss = t->subject->traits & SUBJECT_LOSS;
		if (!kept[a] || (evaluation && loss))
			continue;
		for (int64_t i = 0; i < count; i++)
			largest = kept[a][i] > largest  ? kept[a][i]
				: -kept[a][i] > largest ? -kept[a][i]
							: largest;
		for (int64_t i = 0; i < count && !complaint; i++) {
			double error = values[i] - kept[a][i];
			if (!(error <= 1e-13 * largest && -error <= 1e-13 * largest))
				complaint = complain(t,
					"the textbook's %s[%" PRId64 "] is %.17g, PyTorch's %.17g",
					computed[a], i, values[i], kept[a][i]);
		}
		memcpy(values, kept[a], (size_t)count * sizeof *values);
	}
	for (int a = 0; a < ARRAYS; a++)
		free(kept[a]);
	if (t->subject->traits & SUBJECT_LOSS)
		memcpy(t->eval, t->y, (size_t)(t->n * lam_shape_count(&t->out)) * sizeof(double));
	return complaint;
}

const char *battery_reference(const struct subject *subject, int *cases)
{
	char path[1000], text[400];
	const char *folder = getenv("top_srcdir"), *complaint = NULL;
	snprintf(path, sizeof path, "%s/tests/reference/reference.txt", folder ? folder : ".");
	FILE *file = fopen(path, "r");
	*cases = 0;
	if (!file)
		return "tests/reference/reference.txt cannot be opened; expected it below "
		       "$top_srcdir";
	while (!complaint && fgets(text, sizeof text, file)) {
		char *line, *word = strtok_r(text, " \n", &line);
		const char *name = word && strcmp(word, "case") == 0 ? next_word(&line) : NULL;
		if (!name || strcmp(name, subject->name) != 0)
			continue;
		struct trial *t = calloc(1, sizeof *t);
		if (!t)
			break;
		t->subject = subject;
		t->number = (*cases)++;
		t->window.groups = 1;
		for (int d = 0; d < 2; d++)
			t->window.kernel[d] = t->window.stride[d] = t->window.dilation[d] = 1;
		complaint = read_case(t, file);
		if (!complaint)
			complaint = compare_textbook(t);
		/* In two neighbouring trials, for both layouts of few samples. */
		for (int i = 0; i < 2 && !complaint && getenv("BATTERY_TEXTBOOK_ONLY") == NULL;
			i++) {
			complaint = trial_compare(t, &(struct setting){.threads = 2}, true);
			t->number ^= 1;
		}
		trial_free(t);
	}
	fclose(file);
	return complaint;
}
