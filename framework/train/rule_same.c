/* SPDX-License-Identifier: MIT */
/* Compares the rule of a checkpoint with that of the run that is asked for. A rule of the caller's
 * own is a text in the file: its name, then name=value of each of its numbers. */
#include "framework/train/checkpoint_inside.h"

#include "framework/base/shown.h"
#include "framework/memory.h"
#include "framework/net/optimizer_check.h"

#include <stdio.h>
#include <string.h>

/* A word of a text, which ends with a space or the text. */
typedef struct word {
	const char *at;
	int length, name; /* name: characters before a '=', or all of them */
} word;

static word word_at(const char *at)
{
	word w = {at, (int)strcspn(at, " "), 0};
	w.name = (int)strcspn(at, " =");
	return w;
}

static const char *behind(word w)
{
	return w.at + w.length + (w.at[w.length] == ' ');
}

static bool same(word a, word b)
{
	return a.length == b.length && !memcmp(a.at, b.at, (size_t)a.length);
}

/* The value of a number; "nothing": the text has no such number. */
static lam_shown value_of(word w)
{
	return w.length > w.name ? lam_show_part(w.at + w.name + 1, (size_t)(w.length - w.name - 1))
				 : lam_show("nothing");
}

/* Both texts begin with the same name. */
static lam_status same_numbers(const char *path, const char *asked, const char *saved)
{
	word a = word_at(asked), s = word_at(saved);
	if (!strcmp(asked, saved))
		return LAM_OK;
	while (a.length > 0 && same(a, s)) {
		a = word_at(behind(a));
		s = word_at(behind(s));
	}
	const word named = a.length > 0 ? a : s;
	if (a.length > 0 && (a.name != s.name || memcmp(a.at, s.at, (size_t)a.name) != 0))
		s.length = 0;
	return lam_fail(LAM_ERR_ARGUMENT, "%s: holds another run: its %s is %s; expected %s",
		lam_path_text(path).text, lam_show_part(named.at, (size_t)named.name).text,
		value_of(s).text, value_of(a).text);
}

/* The name of a rule for a sentence: in quotes if it is the caller's own. */
static lam_shown name_of(int64_t rule, const char *text)
{
	char quoted[LAM_RULE_TEXT + 2];
	if (rule != LAM_RULE_OWN)
		return lam_show(
			lam_rule_name(rule == (lam_rule)rule ? (lam_rule)rule : LAM_RULE_NONE));
	snprintf(quoted, sizeof quoted, "\"%.*s\"", word_at(text).length, text);
	return lam_show(quoted);
}

static lam_status read_text(const lam_npz *npz, char **text)
{
	const int64_t entry = lam_npz_need(
		npz, lam_field_entry("rule_text").text, "a checkpoint of lam_fit");
	if (entry < 0)
		return LAM_ERR_FORMAT;
	*text = lam_npz_read_text(npz, entry, LAM_RULE_TEXT - 1);
	return *text ? LAM_OK : lam_error_status();
}

lam_status lam_rule_same(
	const lam_net *net, const lam_npz *npz, const char *path, int64_t asked, int64_t saved)
{
	const char *mine = lam_net_rule_text(net);
	char *text = NULL;
	if (asked != LAM_RULE_OWN && saved != LAM_RULE_OWN)
		return LAM_OK;
	lam_status status = saved == LAM_RULE_OWN ? read_text(npz, &text) : LAM_OK;
	if (status)
		return status;
	if (mine && text && same(word_at(mine), word_at(text)))
		status = same_numbers(path, mine, text);
	else
		status = lam_fail(LAM_ERR_ARGUMENT,
			"%s: holds another run: its rule is %s; expected %s",
			lam_path_text(path).text, name_of(saved, text).text,
			name_of(asked, mine).text);
	lam_free(text);
	return status;
}
