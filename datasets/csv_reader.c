/* SPDX-License-Identifier: MIT */
#include "datasets/csv_reader.h"

#include "framework/files/file.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 1 << 16, END = -1 };

struct lam_csv {
	lam_file_reader *file;
	char separator;
	uint64_t start;      /* where the first record begins */
	int64_t start_line;  /* in which line */
	uint64_t at, filled; /* of the file: the next byte, and the end of the chunk */
	lam_status failed;   /* of the last read */
	int64_t line, record_line;
	/* The record: texts with zeros between, and where each begins. */
	char *text;
	size_t length, room, *begins;
	int64_t fields, fields_room;
	unsigned char chunk[CHUNK];
};

/* The byte that lam_csv.at is at; END at the end of the file or after a failure. */
static int peek(lam_csv *csv)
{
	if (csv->at < csv->filled)
		return csv->chunk[csv->at % CHUNK];
	const uint64_t size = lam_file_size(csv->file);
	if (csv->failed || csv->at >= size)
		return END;
	const uint64_t base = csv->at - csv->at % CHUNK,
		       count = size - base < CHUNK ? size - base : CHUNK;
	csv->failed = lam_file_read(csv->file, base, csv->chunk, (size_t)count);
	csv->filled = csv->failed ? csv->at : base + count;
	return csv->failed ? END : csv->chunk[csv->at % CHUNK];
}

/* Takes a line's end if one is here. */
static bool take_line_end(lam_csv *csv)
{
	const int c = peek(csv);
	if (c != '\n' && c != '\r')
		return false;
	csv->at++;
	if (c == '\r' && peek(csv) == '\n')
		csv->at++;
	csv->line++;
	return true;
}

static lam_status put(lam_csv *csv, char c)
{
	if (csv->length == csv->room) {
		const size_t room = csv->room ? 2 * csv->room : 256;
		char *grown = lam_grow(csv->text, csv->room, room, 1);
		if (!grown)
			return LAM_ERR_MEMORY;
		csv->text = grown;
		csv->room = room;
	}
	csv->text[csv->length++] = c;
	return LAM_OK;
}

static lam_status begin_field(lam_csv *csv)
{
	if (csv->fields == csv->fields_room) {
		const int64_t room = csv->fields_room ? 2 * csv->fields_room : 16;
		size_t *grown = lam_grow(
			csv->begins, (size_t)csv->fields_room, (size_t)room, sizeof *grown);
		if (!grown)
			return LAM_ERR_MEMORY;
		csv->begins = grown;
		csv->fields_room = room;
	}
	csv->begins[csv->fields++] = csv->length;
	return LAM_OK;
}

lam_csv_place lam_csv_where(const lam_csv *csv)
{
	lam_csv_place place;
	snprintf(place.text, sizeof place.text, "'%s', line %" PRId64,
		lam_path_text(lam_file_path(csv->file)).text, csv->record_line);
	return place;
}

static bool is_blank(const lam_csv *csv, int c)
{
	return (c == ' ' || c == '\t') && c != csv->separator;
}

static lam_status quoted(lam_csv *csv)
{
	const int64_t began = csv->line;
	csv->at++;
	for (;;) {
		const int c = peek(csv);
		if (c == END)
			return csv->failed
				? csv->failed
				: lam_fail(LAM_ERR_FORMAT,
					"'%s': the quote that begins in line %" PRId64
					" does not end",
					lam_path_text(lam_file_path(csv->file)).text, began);
		csv->at++;
		csv->line += c == '\n' || (c == '\r' && peek(csv) != '\n');
		if (c == '"' && peek(csv) != '"')
			break;
		csv->at += c == '"';
		lam_status status = put(csv, (char)c);
		if (status)
			return status;
	}
	while (is_blank(csv, peek(csv)))
		csv->at++;
	const int c = peek(csv);
	if (c == END || c == '\n' || c == '\r' || c == csv->separator)
		return csv->failed;
	return lam_fail(LAM_ERR_FORMAT,
		"%s: text stands behind the quote that ends field %" PRId64
		"; expected a separator or the line's end",
		lam_csv_where(csv).text, csv->fields);
}

/* A field up to its separator, which is left. */
static lam_status plain(lam_csv *csv)
{
	const size_t begins = csv->length;
	for (int c; (c = peek(csv)) != END && c != '\n' && c != '\r' && c != csv->separator;) {
		csv->at++;
		lam_status status = put(csv, (char)c);
		if (status)
			return status;
	}
	while (csv->length > begins && is_blank(csv, csv->text[csv->length - 1]))
		csv->length--;
	return csv->failed;
}

static lam_status read_field(lam_csv *csv)
{
	lam_status status = begin_field(csv);
	if (status)
		return status;
	const size_t begins = csv->length;
	while (is_blank(csv, peek(csv)))
		csv->at++;
	status = peek(csv) == '"' ? quoted(csv) : plain(csv);
	if (!status && csv->length > begins && memchr(csv->text + begins, 0, csv->length - begins))
		status = lam_fail(LAM_ERR_FORMAT, "%s: holds a byte 0; expected text in UTF-8",
			lam_csv_where(csv).text);
	return status ? status : put(csv, 0);
}

lam_status lam_csv_next(lam_csv *csv)
{
	csv->fields = 0;
	csv->length = 0;
	while (take_line_end(csv))
		;
	csv->record_line = csv->line;
	while (peek(csv) != END) {
		lam_status status = read_field(csv);
		if (status)
			return status;
		const bool more = peek(csv) == csv->separator;
		csv->at += more;
		if (more && peek(csv) != END)
			continue;
		if (more) { /* an empty field at the end of the file */
			status = begin_field(csv);
			status = status ? status : put(csv, 0);
			if (status)
				return status;
		}
		if (csv->fields > 1 || *csv->text)
			break;
		csv->fields = 0; /* a line of blanks */
		csv->length = 0;
		while (take_line_end(csv))
			;
		csv->record_line = csv->line;
	}
	return csv->failed;
}

int64_t lam_csv_fields(const lam_csv *csv)
{
	return csv->fields;
}

const char *lam_csv_field(const lam_csv *csv, int64_t i)
{
	return csv->text + csv->begins[i];
}

uint64_t lam_csv_bytes(const lam_csv *csv)
{
	return lam_file_size(csv->file);
}

void lam_csv_rewind(lam_csv *csv)
{
	csv->at = csv->start;
	csv->filled = csv->start; /* the chunk is read again */
	csv->line = csv->start_line;
	csv->failed = LAM_OK;
}

/* Refuses files that are no text in UTF-8, by their first bytes; passes over a UTF-8 mark. */
static lam_status pass_mark(lam_csv *csv)
{
	unsigned char mark[3] = {0};
	const uint64_t size = lam_file_size(csv->file);
	lam_status status = lam_file_read(
		csv->file, 0, mark, size < sizeof mark ? (size_t)size : sizeof mark);
	if (status)
		return status;
	const bool utf16 = (mark[0] == 0xff && mark[1] == 0xfe)
		|| (mark[0] == 0xfe && mark[1] == 0xff),
		   gzip = mark[0] == 0x1f && mark[1] == 0x8b, zip = !memcmp(mark, "PK\3", 3);
	if (utf16 || gzip || zip)
		return lam_fail(LAM_ERR_FORMAT, "'%s': is %s; expected a table as text in UTF-8",
			lam_path_text(lam_file_path(csv->file)).text,
			utf16          ? "UTF-16"
				: gzip ? "gzipped"
				       : "a zip archive or a spreadsheet");
	csv->at = mark[0] == 0xef && mark[1] == 0xbb && mark[2] == 0xbf ? 3 : 0;
	return LAM_OK;
}

static void skip_lines(lam_csv *csv, int lines)
{
	for (int c; lines > 0 && (c = peek(csv)) != END;) {
		if (take_line_end(csv))
			lines--;
		else
			csv->at++;
	}
}

/* Counts the separators outside of quotes in the next line that is not empty. */
static char guess_separator(lam_csv *csv, char decimal)
{
	const char *const separators = decimal == ',' ? ";\t" : ",;\t";
	int64_t counts[3] = {0};
	bool inside = false, any = false;
	for (int c; (c = peek(csv)) != END; csv->at++) {
		if (!inside && any && (c == '\n' || c == '\r'))
			break;
		any = any || (c != '\n' && c != '\r');
		inside ^= c == '"';
		const char *found = c && !inside ? strchr(separators, c) : NULL;
		if (found)
			counts[found - separators]++;
	}
	int best = 0;
	for (int i = 1; separators[i]; i++)
		best = counts[i] > counts[best] ? i : best;
	return separators[best];
}

lam_csv *lam_csv_open(const char *path, char separator, char decimal, int skip)
{
	lam_csv *csv = lam_alloc(1, sizeof *csv);
	if (!csv)
		return NULL;
	csv->line = 1;
	csv->file = lam_file_open(path);
	if (csv->file && pass_mark(csv) == LAM_OK) {
		csv->filled = csv->at;
		skip_lines(csv, skip);
		csv->start = csv->at;
		csv->start_line = csv->line;
		csv->separator = separator ? separator : guess_separator(csv, decimal);
		if (!csv->failed) {
			lam_csv_rewind(csv);
			return csv;
		}
	}
	lam_csv_close(csv);
	return NULL;
}

void lam_csv_close(lam_csv *csv)
{
	if (!csv)
		return;
	lam_file_close(csv->file);
	lam_free(csv->text);
	lam_free(csv->begins);
	lam_free(csv);
}
