/* SPDX-License-Identifier: MIT */
/* Prints the cases of reference.txt that the battery's subjects ask for: make_reference.py reads
 * them. */
#include "tests/battery/subjects.h"

#include <stdio.h>

int main(void)
{
	const struct subject *s;
	for (int i = 0; (s = battery_subject(i)); i++)
		for (int k = 0; k < SUBJECT_CASES && s->torch[k]; k++)
			printf("%s %s\n", s->name, s->torch[k]);
	return 0;
}
