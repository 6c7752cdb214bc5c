/* SPDX-License-Identifier: MIT */
#include "tools/data.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

bool take_data_option(struct data_options *o, int code, const char *text)
{
	static const char *const headers[] = {"guess", "yes", "no", NULL},
				 *const missing[] = {"error", "skip", "mean", NULL};
	switch (code) {
	case 'T':
		o->target = text;
		return true;
	case 'C':
		o->columns = text;
		return true;
	case 'D':
		o->drop = text;
		return true;
	case 'O':
		o->one_hot = text;
		return true;
	case 'V':
		o->values = true;
		return true;
	case 'H':
		o->header = (lam_csv_header)choice("header", text, headers);
		return true;
	case 'M':
		o->missing = (lam_csv_missing)choice("missing", text, missing);
		return true;
	case 'S':
		if (strlen(text) != 1)
			misused("--separator '%s': expected one character", text);
		o->separator = *text;
		return true;
	case 'K':
		o->skip = (int)whole("skip", text, 0, 1000000);
		return true;
	default:
		return false;
	}
}

static bool ends(const char *text, const char *ending)
{
	const size_t a = strlen(text), b = strlen(ending);
	return a >= b && strcasecmp(text + a - b, ending) == 0;
}

bool is_table(const char *name)
{
	return ends(name, ".csv") || ends(name, ".tsv") || ends(name, ".txt");
}

static bool is_folder(const char *name)
{
	struct stat found;
	return stat(name, &found) == 0 && S_ISDIR(found.st_mode);
}

static lam_dataset *open_table(const char *path, const struct data_options *o, bool targets)
{
	if (o->like)
		return lam_dataset_csv(path, .like = o->like, .missing = o->missing,
			.header = o->header, .separator = o->separator, .skip = o->skip,
			.no_target = !targets);
	return lam_dataset_csv(path, .target = targets ? o->target : NULL,
		.values = targets && o->values, .no_target = !targets, .columns = o->columns,
		.drop = o->drop, .one_hot = o->one_hot, .missing = o->missing, .header = o->header,
		.separator = o->separator, .skip = o->skip);
}

/* "x.npy,t.npy", or "x.npy" alone. */
static lam_dataset *open_npy(const char *names)
{
	char *x = strdup(names), *comma = x ? strstr(x, ".npy,") : NULL;
	lam_dataset *dataset = NULL;
	if (comma)
		comma[4] = 0;
	if (x)
		dataset = lam_dataset_npy(x, comma ? comma + 5 : NULL);
	free(x);
	return dataset;
}

/* A folder, by the files that it has. */
static lam_dataset *open_folder(const char *name, lam_split split)
{
	lam_dataset *dataset = lam_mnist_open(name, split);
	if (!dataset && lam_error_status() == LAM_ERR_IO)
		dataset = lam_cifar10_open(name, split);
	if (!dataset && lam_error_status() == LAM_ERR_IO)
		lam_fail(LAM_ERR_IO, "'%s' has neither IDX files of MNIST nor those of CIFAR-10",
			name);
	return dataset;
}

/* The folder behind "mnist:"; NULL if there is none. */
static const char *folder_of(const char *name, const char *kind)
{
	const size_t length = strlen(kind);
	return name[length] == ':' ? name + length + 1 : NULL;
}

static bool names_set(const char *name, const char *kind)
{
	const size_t length = strlen(kind);
	return strncmp(name, kind, length) == 0 && (!name[length] || name[length] == ':');
}

lam_dataset *open_data(
	const char *name, lam_split split, const struct data_options *options, bool targets)
{
	lam_dataset *dataset;
	if (names_set(name, "mnist"))
		dataset = lam_mnist_open(folder_of(name, "mnist"), split);
	else if (names_set(name, "cifar10"))
		dataset = lam_cifar10_open(folder_of(name, "cifar10"), split);
	else if (is_folder(name))
		dataset = open_folder(name, split);
	else if (strstr(name, ".npy"))
		dataset = open_npy(name);
	else if (is_table(name))
		dataset = open_table(name, options, targets);
	else {
		failed("'%s' is no data that is known by its name; expected mnist, cifar10, a "
		       "folder, FILE.csv, or X.npy,T.npy",
			name);
		return NULL;
	}
	if (!dataset)
		failed("%s", lam_error());
	return dataset;
}
