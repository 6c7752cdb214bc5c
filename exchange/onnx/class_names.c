/* SPDX-License-Identifier: MIT */
/* The names of classes in a file's metadata: under "classes", as a list in JSON. */
#include "exchange/onnx/class_names.h"

#include <string.h>

char *lam_onnx_write_classes(const lam_net *net, lam_onnx_arena *arena)
{
	const int64_t count = lam_net_class_name_count(net);
	size_t room = 3;
	for (int64_t i = 0; i < count; i++)
		room += 2 * strlen(lam_net_class_name(net, i)) + 3;
	char *text = lam_onnx_alloc(arena, room, 1), *to = text;
	if (!text)
		return NULL;
	for (int64_t i = 0; i < count; i++) {
		*to++ = i ? ',' : '[';
		*to++ = '"';
		for (const char *c = lam_net_class_name(net, i); *c; c++) {
			if (*c == '"' || *c == '\\')
				*to++ = '\\';
			*to++ = *c;
		}
		*to++ = '"';
	}
	*to = ']';
	return text;
}

static const char *skip_space(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* The four hexadecimal digits behind \u; -1: they are none. */
static long hex(const char *at)
{
	long value = 0;
	for (int i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF",
			   *digit = at[i] ? strchr(digits, at[i]) : NULL;
		if (!digit)
			return -1;
		value = 16 * value + (digit - digits) % 16;
	}
	return value;
}

/* Writes a character as UTF-8. */
static char *put_character(char *to, long code)
{
	const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const int first[4] = {0, 0xc0, 0xe0, 0xf0};
	*to++ = (char)(first[more] | (int)(code >> 6 * more));
	for (int i = more - 1; i >= 0; i--)
		*to++ = (char)(0x80 | (int)(code >> 6 * i & 63));
	return to;
}

/* An escape behind its backslash, which takes as many bytes or more than what it stands for. NULL:
 * it is none. */
static const char *escape(const char *at, char **to)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *letter = *at ? strchr(letters, *at) : NULL;
	if (letter) {
		*(*to)++ = meant[letter - letters];
		return at + 1;
	}
	long code = *at == 'u' ? hex(at + 1) : -1;
	if (code < 0)
		return NULL;
	at += 5;
	if (code >= 0xd800 && code < 0xdc00) {
		const long low = at[0] == '\\' && at[1] == 'u' ? hex(at + 2) : -1;
		code = low >= 0xdc00 && low < 0xe000
			? 0x10000 + (code - 0xd800) * 0x400 + low - 0xdc00
			: -1;
		at += 6;
	}
	if (code < 1 || (code >= 0xd800 && code < 0xe000))
		return NULL;
	*to = put_character(*to, code);
	return at;
}

/* A text, from its quotation mark to behind the other one; NULL: it has none. */
static const char *take_text(const char *at, char **to)
{
	while (*++at != '"') {
		if (!*at)
			return NULL;
		if (*at != '\\') {
			*(*to)++ = *at;
			continue;
		}
		at = escape(at + 1, to);
		if (!at)
			return NULL;
		at--;
	}
	*(*to)++ = 0;
	return at + 1;
}

/* The texts of a list; 0: it is no list of texts. `to` has room for all of `list`. */
static int64_t take_list(const char *list, const char **names, char *to)
{
	int64_t count = 0;
	const char *at = skip_space(list);
	if (*at != '[')
		return 0;
	do {
		at = skip_space(at + 1);
		names[count++] = to;
		at = *at == '"' ? take_text(at, &to) : NULL;
		if (!at)
			return 0;
		at = skip_space(at);
	} while (*at == ',');
	return *at == ']' && !*skip_space(at + 1) ? count : 0;
}

lam_status lam_onnx_read_classes(lam_onnx_file *file, lam_net *net)
{
	const LaminaOnnx__Model *model = file->model;
	const char *list = NULL;
	for (size_t i = 0; i < model->n_metadata_props && !list; i++) {
		const LaminaOnnx__Entry *entry = model->metadata_props[i];
		if (entry->key && !strcmp(entry->key, LAM_ONNX_CLASSES))
			list = entry->value;
	}
	if (!list)
		return LAM_OK;
	size_t most = 1;
	for (const char *c = list; *c; c++)
		most += *c == ',';
	const char **names = lam_onnx_alloc(&file->arena, most, sizeof *names);
	char *text = lam_onnx_alloc(&file->arena, strlen(list) + 1, 1);
	if (!names || !text)
		return LAM_ERR_MEMORY;
	const int64_t count = take_list(list, names, text);
	const lam_status status = count ? lam_net_set_class_names(net, names, count) : LAM_OK;
	return status == LAM_ERR_MEMORY ? status : LAM_OK;
}
