/* SPDX-License-Identifier: MIT */
#include "framework/base/names.h"

#include "framework/base/shown.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <string.h>

struct lam_names {
	int64_t count;
	size_t bytes;      /* of each of the two texts, with its last zero */
	const char **list; /* [count], in `zeros` */
	char *lines;       /* the names with line feeds between */
	char *zeros;       /* the names with zeros between */
};

static lam_status check(const char *what, int64_t i, const char *name, size_t length)
{
	if (length < 1 || length > LAM_LONGEST_NAME)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: name %" PRId64 " has %zu bytes; expected 1 to %d", what, i, length,
			LAM_LONGEST_NAME);
	for (size_t at = 0, step; at < length; at += step)
		if ((step = lam_printable(name + at, length - at)) == 0)
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: name %" PRId64 " is \"%s\"; expected printable UTF-8", what, i,
				lam_show_part(name, length).text);
	return LAM_OK;
}

bool lam_name_allowed(const char *name)
{
	const size_t length = strlen(name);
	size_t at = 0;
	for (size_t step; length <= LAM_LONGEST_NAME && at < length; at += step)
		if ((step = lam_printable(name + at, length - at)) == 0)
			return false;
	return at > 0;
}

lam_names *lam_names_new(const char *what, const char *const *names, int64_t count)
{
	size_t bytes = 0;
	if (!names || count < 1 || count > LAM_MOST_NAMES) {
		lam_fail(LAM_ERR_ARGUMENT, "%s: %" PRId64 " names at %s; expected 1 to %d", what,
			count, names ? "an array" : "NULL", LAM_MOST_NAMES);
		return NULL;
	}
	for (int64_t i = 0; i < count; i++) {
		const size_t length = names[i] ? strlen(names[i]) : 0;
		if (check(what, i, names[i], length))
			return NULL;
		bytes += length + 1;
	}
	lam_names *made = lam_alloc(1, sizeof *made);
	if (!made)
		return NULL;
	*made = (lam_names){
		.count = count,
		.bytes = bytes,
		.list = lam_alloc((size_t)count, sizeof *made->list),
		.lines = lam_alloc(bytes, 1),
		.zeros = lam_alloc(bytes, 1),
	};
	if (!made->list || !made->lines || !made->zeros) {
		lam_names_free(made);
		return NULL;
	}
	size_t at = 0;
	for (int64_t i = 0; i < count; i++) {
		const size_t length = strlen(names[i]);
		made->list[i] = made->zeros + at;
		memcpy(made->zeros + at, names[i], length + 1);
		memcpy(made->lines + at, names[i], length);
		at += length + 1;
		made->lines[at - 1] = i + 1 < count ? '\n' : 0;
	}
	return made;
}

lam_names *lam_names_parse(const char *what, const char *text)
{
	const size_t bytes = strlen(text) + 1;
	int64_t count = 1;
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		count++;
	char *zeros = lam_alloc(bytes, 1);
	const char **list = count <= LAM_MOST_NAMES ? lam_alloc((size_t)count, sizeof *list) : NULL;
	lam_names *made = NULL;
	if (count > LAM_MOST_NAMES) {
		lam_fail(LAM_ERR_FORMAT, "%s: %" PRId64 " names; expected at most %d", what, count,
			LAM_MOST_NAMES);
	} else if (zeros && list) {
		memcpy(zeros, text, bytes);
		char *at = zeros;
		for (int64_t i = 0; i < count; i++, at += strlen(at) + 1) {
			list[i] = at;
			at[strcspn(at, "\n")] = 0;
		}
		made = lam_names_new(what, list, count);
	}
	lam_free(zeros);
	lam_free(list);
	return made;
}

const char *lam_names_text(const lam_names *names)
{
	return names->lines;
}

lam_status lam_names_set(
	lam_names **slot, const char *what, const char *const *names, int64_t count)
{
	lam_names *made = count ? lam_names_new(what, names, count) : NULL;
	if (count && !made)
		return lam_error_status();
	if (made && made->bytes > LAM_MOST_NAME_BYTES) {
		const lam_status status = lam_fail(LAM_ERR_ARGUMENT,
			"%s: %" PRId64 " names of %zu bytes together; expected at most %d", what,
			count, made->bytes, LAM_MOST_NAME_BYTES);
		lam_names_free(made);
		return status;
	}
	lam_names_free(*slot);
	*slot = made;
	return LAM_OK;
}

lam_status lam_names_assign(lam_names **slot, const lam_names *names)
{
	return lam_names_set(slot, "names", names ? names->list : NULL, lam_names_count(names));
}

void lam_names_free(lam_names *names)
{
	if (!names)
		return;
	lam_free(names->list);
	lam_free(names->lines);
	lam_free(names->zeros);
	lam_free(names);
}

int64_t lam_names_count(const lam_names *names)
{
	return names ? names->count : 0;
}

const char *lam_names_at(const lam_names *names, int64_t i)
{
	return names && i >= 0 && i < names->count ? names->list[i] : NULL;
}
