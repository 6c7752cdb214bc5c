/* SPDX-License-Identifier: MIT */
/* Finds subjects in the lists. */
#include "tests/battery/subjects.h"

#include <string.h>

const struct subject *battery_subject(int index)
{
#define LIST(list) list##_subjects,
	static const struct subject *const lists[] = {SUBJECT_LISTS(LIST)};
#undef LIST
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (const struct subject *s = lists[i]; s->name; s++)
			if (index-- == 0)
				return s;
	return NULL;
}

const struct subject *battery_find(const char *name)
{
	const struct subject *s;
	for (int i = 0; (s = battery_subject(i)); i++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

lam_layer *battery_ordinary(const struct subject *subject, lam_shape in, lam_shape *out)
{
	struct trial t = {.subject = subject, .number = -1, .n = 2, .in = in};
	if ((subject->ordinary && !subject->ordinary(&t)) || !subject->shapes(&t))
		return NULL;
	*out = t.out;
	return subject->build(&t);
}
