/* SPDX-License-Identifier: MIT */
/* The library's sentences in the words of the command. */
#include "tools/tool.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

/* Writes the name of a member as that of an option: one_hot as --one-hot. */
static void name_option(char *option, const char *member, size_t length)
{
	memcpy(option, "--", 2);
	for (size_t i = 0; i < length; i++)
		option[2 + i] = (char)(member[i] == '_' ? '-' : member[i]);
	option[2 + length] = 0;
}

static bool has_option(const char *help, const char *option)
{
	const size_t length = strlen(option);
	for (const char *at = help; (at = strstr(at, option)); at += length)
		if (!isalnum((unsigned char)at[length]) && at[length] != '-')
			return true;
	return false;
}

/* Writes the value behind the name: " = true" as nothing, " = LAM_MISSING_SKIP" as " skip". Returns
 * what is behind it. */
static const char *put_value(FILE *out, const char *text)
{
	static const char yes[] = " = true", name[] = " = LAM_";
	if (strncmp(text, yes, sizeof yes - 1) == 0)
		return text + sizeof yes - 1;
	if (strncmp(text, name, sizeof name - 1) != 0)
		return text;
	const char *word = text + sizeof name - 1, *end = word;
	for (; isupper((unsigned char)*end) || *end == '_'; end++)
		if (*end == '_')
			word = end + 1;
	fputc(' ', out);
	for (; word < end; word++)
		fputc(tolower((unsigned char)*word), out);
	return end;
}

char *in_options(const char *text, const char *help)
{
	enum { LONGEST = 40 };
	char *result = NULL, option[LONGEST + 3];
	size_t size, length;
	FILE *out = open_memstream(&result, &size);
	if (!out)
		return NULL;
	for (const char *at = text; *at; at += length) {
		const bool begins = *at == '.' && (at == text || strchr(" (", at[-1]));
		length = begins ? strspn(at + 1, letters) : 0;
		if (length && length <= LONGEST)
			name_option(option, at + 1, length);
		if (length && length <= LONGEST && has_option(help, option)) {
			fputs(option, out);
			at = put_value(out, at + 1 + length);
			length = 0;
		} else {
			length = 1;
			fputc(*at, out);
		}
	}
	if (fclose(out) == 0)
		return result;
	free(result);
	return NULL;
}
