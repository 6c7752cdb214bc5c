/* SPDX-License-Identifier: MIT */
/* The history's lines:
 *
 *     epoch,steps,lr,train_loss,train_accuracy,validation_loss,validation_accuracy,seconds
 *     1,469,0.1,0.34,0.91,0.12,0.96,5.25
 *
 * A net of several losses has four more columns for each, train_loss:NAME and its kin. A number
 * that there is none of, such as an accuracy without classes, is left out between its commas. The
 * names of losses hold no commas. */
#include "framework/train/history.h"

#include "framework/base/number.h"
#include "framework/files/append.h"
#include "framework/files/file.h"
#include "framework/memory.h"
#include "framework/net/query.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char header[] = "epoch,steps,lr,train_loss,train_accuracy,validation_loss,"
			     "validation_accuracy,seconds";

enum { COLUMNS = 8, LOSS_COLUMNS = 4, LOSS_WORDS = 80 };

struct lam_history {
	const lam_net *net;
	const char *path;
	lam_file_lock *lock;
	lam_append *file;
	char *line; /* [room] */
	size_t room, length;
};

static void put(lam_history *history, const char *text)
{
	const size_t bytes = strlen(text);
	memcpy(history->line + history->length, text, bytes + 1);
	history->length += bytes;
}

static void put_number(lam_history *history, double value)
{
	put(history, ",");
	if (!isnan(value))
		put(history, lam_double_text(value).text);
}

/* The score of an evaluation; an empty one has no numbers. */
static void put_score(lam_history *history, const lam_score *score)
{
	put_number(history, score->count ? score->loss : (double)NAN);
	put_number(history, score->count ? score->accuracy : (double)NAN);
}

/* How many losses have columns of their own. */
static int losses(const lam_history *history)
{
	const int count = lam_net_loss_count(history->net);
	return count > 1 ? count : 0;
}

/* Room for the longest line, the header or one of numbers. */
static bool make_room(lam_history *history)
{
	const size_t number = LAM_NUMBER_TEXT + 1;
	history->room = sizeof header + COLUMNS * number + 2;
	for (int i = 0; i < losses(history); i++)
		history->room += LOSS_COLUMNS
			* (number + LOSS_WORDS + strlen(lam_net_loss_name(history->net, i)));
	return (history->line = lam_alloc(history->room, 1));
}

static void put_header(lam_history *history)
{
	static const char *const words[LOSS_COLUMNS] = {
		",train_loss:", ",train_accuracy:", ",validation_loss:", ",validation_accuracy:"};
	history->length = 0;
	put(history, header);
	for (int i = 0; i < losses(history); i++)
		for (int k = 0; k < LOSS_COLUMNS; k++) {
			put(history, words[k]);
			put(history, lam_net_loss_name(history->net, i));
		}
	put(history, "\n");
}

lam_status lam_history_add(lam_history *history, const lam_history_epoch *epoch)
{
	lam_status status = lam_file_lock_held(history->lock);
	history->length = (size_t)snprintf(
		history->line, history->room, "%" PRId64 ",%" PRId64, epoch->epoch, epoch->steps);
	put_number(history, epoch->lr);
	put_score(history, epoch->train);
	put_score(history, epoch->validation);
	put_number(history, epoch->seconds);
	for (int i = 0; i < losses(history) && !status; i++) {
		static const lam_scored which[] = {LAM_TRAINED, LAM_VALIDATED};
		for (int k = 0; k < 2 && !status; k++) {
			lam_score score;
			status = lam_net_score_of(
				history->net, lam_net_loss_name(history->net, i), which[k], &score);
			if (!status)
				put_score(history, &score);
		}
	}
	put(history, "\n");
	if (!status)
		status = lam_append_write(history->file, history->line, history->length);
	return status ? lam_fail(status, "lam_fit: .history %s", lam_error()) : LAM_OK;
}

lam_status lam_history_sync(lam_history *history)
{
	const lam_status status = lam_append_sync(history->file);
	return status ? lam_fail(status, "lam_fit: .history %s", lam_error()) : LAM_OK;
}

/* The bytes of `text` that are the header and the lines of the first `epochs` epochs; -1 and a
 * sentence if a line is none of this net's history. A last line without its end is cut off. */
static int64_t lines_kept(const lam_history *history, char *text, int64_t epochs)
{
	const char *const path = history->path;
	int64_t kept = 0, line = 1, epoch;
	for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1, line++) {
		const size_t length = (size_t)(end + 1 - at);
		if (line == 1
			&& (length != history->length || memcmp(at, history->line, length) != 0)) {
			lam_fail(LAM_ERR_FORMAT,
				"%s: its first line is not that of the run's history; expected "
				"'%.*s'",
				lam_path_text(path).text, (int)history->length - 1, history->line);
			return -1;
		}
		char *comma = memchr(at, ',', length);
		if (line > 1) {
			if (comma)
				*comma = '\0';
			if (!comma || !lam_integer_parse(at, 1, INT64_MAX, &epoch)) {
				lam_fail(LAM_ERR_FORMAT,
					"%s: line %" PRId64
					" does not begin with an epoch; expected a history",
					lam_path_text(path).text, line);
				return -1;
			}
			*comma = ',';
			if (epoch > epochs)
				break;
		}
		kept += (int64_t)length;
	}
	return kept;
}

/* Reads the file that there is, with a zero behind it. *text NULL: there is none, or an empty one.
 */
static lam_status read_old(const char *path, char **text)
{
	*text = NULL;
	if (access(path, F_OK) && errno == ENOENT)
		return LAM_OK;
	lam_file_reader *file = lam_file_open(path);
	if (!file)
		return lam_error_status();
	const uint64_t size = lam_file_size(file);
	lam_status status = LAM_OK;
	if (size > 0) {
		*text = lam_alloc((size_t)size + 1, 1);
		status = *text ? lam_file_read(file, 0, *text, (size_t)size) : LAM_ERR_MEMORY;
	}
	if (*text)
		(*text)[size] = '\0';
	lam_file_close(file);
	return status;
}

/* Writes the header and what is kept of the old file to a new one that takes its place. */
static lam_status write_begin(lam_history *history, bool resumed, int64_t epochs)
{
	static const char first[] = "epoch,steps,lr,";
	char *old;
	int64_t kept = 0;
	lam_status status = read_old(history->path, &old);
	put_header(history);
	if (!status && old && !resumed && strncmp(old, first, sizeof first - 1) != 0)
		status = lam_fail(LAM_ERR_FORMAT,
			"%s: exists and is no history, whose first line begins with '%s'; expected "
			"the path of a history or of no file",
			lam_path_text(history->path).text, first);
	if (!status && old && resumed && (kept = lines_kept(history, old, epochs)) < 0)
		status = lam_error_status();
	lam_file_writer *file = status ? NULL : lam_file_create_under(history->lock);
	if (!status && !file)
		status = lam_error_status();
	if (!status)
		status = kept > 0 ? lam_file_write(file, old, (size_t)kept)
				  : lam_file_write(file, history->line, history->length);
	if (!status)
		status = lam_file_commit(file);
	else
		lam_file_abandon(file);
	lam_free(old);
	return status;
}

lam_history *lam_history_open(const lam_net *net, const char *path, bool resumed, int64_t epochs)
{
	lam_history *history = lam_alloc(1, sizeof *history);
	if (!history)
		return NULL;
	history->net = net;
	history->path = path;
	bool made = make_room(history) && (history->lock = lam_file_lock_take(path, true))
		&& !write_begin(history, resumed, epochs)
		&& (history->file = lam_append_open(path));
	if (made)
		return history;
	if (lam_error_status() != LAM_ERR_MEMORY)
		lam_fail(lam_error_status(), "lam_fit: .history %s", lam_error());
	lam_history_close(history);
	return NULL;
}

void lam_history_close(lam_history *history)
{
	if (!history)
		return;
	lam_append_close(history->file);
	lam_file_lock_give(history->lock);
	lam_free(history->line);
	lam_free(history);
}
