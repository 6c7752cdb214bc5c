/* SPDX-License-Identifier: MIT */
/* What PyTorch computes for the nets of architectures.h: reads
 * tests/reference/architectures.txt. */
#ifndef LAM_TESTS_ARCHITECTURE_VALUES_H
#define LAM_TESTS_ARCHITECTURE_VALUES_H

#include "tests/kit.h"

#include <inttypes.h>
#include <lamina.h>

enum { MOST_ARRAYS = 120, MOST_IO = 8 };

/* An array of the file, and the same numbers in the types that nets take. */
struct array {
	char kind[8], name[60];
	int64_t count;
	double *values;
	lam_real *reals;
	int32_t *classes;
};

struct values {
	int n;
	char rule[8];
	int count;
	struct array arrays[MOST_ARRAYS];
};

KIT_UNUSED static void free_values(struct values *v)
{
	for (int i = 0; v && i < v->count; i++) {
		free(v->arrays[i].values);
		free(v->arrays[i].reals);
		free(v->arrays[i].classes);
	}
	free(v);
}

static bool read_numbers(FILE *file, struct array *a)
{
	const size_t count = (size_t)a->count;
	a->values = calloc(count, sizeof *a->values);
	a->reals = calloc(count, sizeof *a->reals);
	a->classes = calloc(count, sizeof *a->classes);
	if (!a->values || !a->reals || !a->classes)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (fscanf(file, "%lf", &a->values[i]) != 1)
			return false;
		a->reals[i] = (lam_real)a->values[i];
		a->classes[i] = (int32_t)a->values[i];
	}
	return true;
}

/* The arrays of a net, up to its "end". */
static bool read_net(FILE *file, struct values *v)
{
	char word[100];
	while (fscanf(file, "%99s", word) == 1) {
		if (strcmp(word, "end") == 0)
			return true;
		if (strcmp(word, "array") != 0 || v->count == MOST_ARRAYS)
			return false;
		struct array *a = &v->arrays[v->count++];
		if (fscanf(file, "%7s %59s %" SCNd64, a->kind, a->name, &a->count) != 3
			|| a->count < 1 || a->count > 100000 || !read_numbers(file, a))
			return false;
	}
	return false;
}

/* The values of the net of this name; NULL: they cannot be read. The caller frees them. */
KIT_UNUSED static struct values *read_values(const char *name)
{
	char path[1000], line[400], found[60];
	const char *folder = getenv("top_srcdir");
	snprintf(path, sizeof path, "%s/tests/reference/architectures.txt", folder ? folder : ".");
	FILE *file = fopen(path, "r");
	struct values *v = calloc(1, sizeof *v);
	bool whole = false;
	while (file && v && !whole && fgets(line, sizeof line, file))
		if (sscanf(line, "net %59s %d %7s", found, &v->n, v->rule) == 3
			&& strcmp(found, name) == 0)
			whole = read_net(file, v);
	if (file)
		fclose(file);
	if (whole)
		return v;
	free_values(v);
	return NULL;
}

/* The array of this kind and name; NULL: there is none. */
KIT_UNUSED static const struct array *find_array(
	const struct values *v, const char *kind, const char *name)
{
	for (int i = 0; i < v->count; i++)
		if (strcmp(v->arrays[i].kind, kind) == 0 && strcmp(v->arrays[i].name, name) == 0)
			return &v->arrays[i];
	return NULL;
}

/* The inputs and targets of a net, as a list for lam_net_step_io(). */
KIT_UNUSED static void list_io(const struct values *v, const lam_net *net, lam_io io[MOST_IO])
{
	int count = 0;
	for (int i = 0; i < v->count && count < MOST_IO - 1; i++) {
		const struct array *a = &v->arrays[i];
		lam_target_info info = {0};
		if (strcmp(a->kind, "x") == 0) {
			io[count++] = (lam_io){a->name, a->reals};
		} else if (strcmp(a->kind, "t") == 0) {
			check_ok(lam_net_targets_of(net, a->name, &info));
			const bool classes = info.type == LAM_CLASSES;
			io[count++] = (lam_io){
				a->name, classes ? (void *)a->classes : (void *)a->reals};
		}
	}
	io[count] = (lam_io){0};
}

/* Sets all parameters to those that PyTorch had before its first step. */
KIT_UNUSED static void set_params(const struct values *v, lam_net *net)
{
	int params = 0;
	for (int i = 0; i < v->count; i++) {
		const struct array *a = &v->arrays[i];
		if (strcmp(a->kind, "w") != 0)
			continue;
		lam_param *param = lam_net_find(net, a->name);
		require(param, "the net has no %s", a->name);
		const lam_shape shape = lam_param_shape(param);
		require(lam_shape_count(&shape) == a->count, "%s has another shape", a->name);
		memcpy(lam_param_edit(param), a->reals, (size_t)a->count * sizeof(lam_real));
		params++;
	}
	check(params == lam_net_param_count(net), "%d parameters, not %d", params,
		lam_net_param_count(net));
}

/* Checks values against the array of this kind and name: each within `tolerance` of its largest. */
KIT_UNUSED static void check_array(const struct values *v, const char *kind, const char *name,
	const lam_real *actual, double tolerance)
{
	const struct array *a = find_array(v, kind, name);
	require(a && actual, "%s %s is missing in %s", kind, name, a ? "the net" : "the file");
	double largest = 0, worst = 0;
	int64_t at = 0;
	for (int64_t i = 0; i < a->count; i++)
		largest = fmax(largest, fabs(a->values[i]));
	for (int64_t i = 0; i < a->count; i++) {
		const double off = fabs((double)actual[i] - a->values[i]);
		const double error = isnan(off) ? INFINITY : off;
		at = error > worst ? i : at;
		worst = fmax(worst, error);
	}
	check(worst <= tolerance * largest, "%s %s[%" PRId64 "] is %.10g, PyTorch's %.10g", kind,
		name, at, (double)actual[at], a->values[at]);
}

#endif
