/* SPDX-License-Identifier: MIT */
/* Prints the dictionary for architecture texts: every kind, option, choice and role that the
 * catalogue knows, and values of all types. */
#include "framework/layer.h"
#include "framework/model/catalogue.h"

#include <stdio.h>

static int count;

/* A word as a fuzzer reads it; the text has no quotes and no control characters but these. */
static void word(const char *before, const char *text, const char *behind)
{
	printf("word_%d=\"%s%s%s\"\n", count++, before, text, behind);
}

int main(void)
{
	static const char *const values[] = {"lamina-architecture 1\\x0ainput ", "{\\x0a", "}\\x0a",
		"\\x0a", "1", "0", "-1", "3,3", "1x28x28", "2147483647", "-2147483648", "1e-30",
		"0.5", "nan", "inf", "true", "281474976710656", "add",
		"graph {\\x0ainput shape=2 name=x\\x0a", "output from=", "from=0,1", "from=x",
		",x"};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		word("", values[i], "");
	word(" ", "name", "=");
	word(" ", "from", "=");
	word(" ", "weight", "=");
	for (const lam_layer_class *const *c = lam_catalogue; *c; c++) {
		word("", (*c)->kind, "");
		for (int i = 0; (*c)->role && i < (*c)->max_children && i < 2; i++)
			word("", (*c)->role(NULL, i), ":");
		for (const lam_option *o = (*c)->options; o && o->name; o++) {
			word(" ", o->name, "=");
			for (int i = 0; o->type == LAM_OPTION_CHOICE && o->choices[i]; i++)
				word("", o->choices[i], "");
		}
	}
	return 0;
}
