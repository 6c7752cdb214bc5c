/* SPDX-License-Identifier: MIT */
#include "tools/nets.h"

#include <lamina_onnx.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { MOST_TEXT = 1 << 22 };

bool is_saved(const char *path)
{
	char magic[2] = {0};
	FILE *file = fopen(path, "rb");
	const bool saved = file && fread(magic, 1, 2, file) == 2 && !memcmp(magic, "PK", 2);
	if (file)
		fclose(file);
	return saved;
}

static const char *nets_folder(void)
{
	const char *folder = getenv("LAMINA_NETS");
	return folder && *folder ? folder : LAM_NETS_FOLDER;
}

char *find_description(const char *name)
{
	char *path = NULL;
	if (access(name, R_OK) == 0)
		return strdup(name);
	if (strchr(name, '/') || asprintf(&path, "%s/%s.net", nets_folder(), name) < 0)
		return NULL;
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* The whole file as a string that the caller frees; NULL, said by failed(). */
static char *read_text(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = malloc(MOST_TEXT + 1);
	size_t length = 0;
	if (file && text)
		length = fread(text, 1, MOST_TEXT + 1, file);
	const bool good = file && text && !ferror(file);
	if (!good)
		failed("'%s' cannot be read: %s", path, strerror(errno));
	else if (length > MOST_TEXT || memchr(text, 0, length))
		failed("'%s' is no description: %s", path,
			length > MOST_TEXT ? "it is longer than 4 MiB" : "it holds a byte 0");
	if (file)
		fclose(file);
	if (good && length <= MOST_TEXT && !memchr(text, 0, length)) {
		text[length] = 0;
		return text;
	}
	free(text);
	return NULL;
}

lam_layer *read_description(const char *name, lam_shape *shape)
{
	char *path = find_description(name);
	if (!path) {
		failed("'%s' is no file, and no description in '%s'", name, nets_folder());
		return NULL;
	}
	char *text = read_text(path);
	lam_layer *model = text ? lam_model_parse(text, NULL, shape) : NULL;
	if (text && !model)
		failed("%s: %s", path, lam_error());
	free(text);
	free(path);
	return model;
}

static bool is_onnx(const char *path)
{
	const size_t length = strlen(path);
	return length > 5 && strcasecmp(path + length - 5, ".onnx") == 0;
}

lam_net *open_onnx(const char *path, const lam_load_options *o, lam_layer *loss)
{
	char *refused = NULL;
	size_t size = 0;
	FILE *lines = open_memstream(&refused, &size);
	lam_net *net = lam_onnx_load(path, .loss = loss, .shape = o->shape,
		.inference = o->inference, .direct = o->direct, .max_batch = o->max_batch,
		.threads = o->threads, .seed = o->seed, .memory_limit = o->memory_limit,
		.refused = lines, .recompute = o->recompute);
	if (lines)
		fclose(lines);
	char *rest = refused;
	for (char *line; !net && rest && (line = strsep(&rest, "\n")) && *line;)
		note("%s: %s", path, line);
	if (!net && refused && *refused)
		failed("%s: no net was made", path);
	else if (!net)
		failed("%s", lam_error());
	free(refused);
	return net;
}

bool is_description(const char *name)
{
	return !is_onnx(name) && !is_saved(name);
}

lam_net *open_net(const char *name, const lam_load_options *options)
{
	lam_net *net;
	if (is_onnx(name))
		return open_onnx(name, options, NULL);
	if (is_saved(name)) {
		lam_load_options load = *options;
		load.path = name;
		net = lam_net_load_with(&load);
	} else {
		lam_shape shape;
		lam_layer *model = read_description(name, &shape);
		if (!model)
			return NULL;
		net = lam_net_create(model, shape, .max_batch = options->max_batch,
			.seed = options->seed, .inference = options->inference,
			.direct = options->direct, .threads = options->threads,
			.recompute = options->recompute);
	}
	if (!net)
		failed("%s", lam_error());
	return net;
}

lam_weights weights_of(const char *text)
{
	static const char *const words[] = {[LAM_WEIGHTS_RAW] = "raw",
		[LAM_WEIGHTS_AVERAGE] = "average",
		[LAM_WEIGHTS_BEST] = "best",
		[LAM_WEIGHTS_RESULT] = "result",
		NULL};
	return (lam_weights)choice("weights", text, words);
}

const char *class_name(const lam_net *net, int64_t c)
{
	static char number[32];
	const char *name = lam_net_class_name(net, c);
	snprintf(number, sizeof number, "%" PRId64, c);
	return name ? name : number;
}

int show_table(lam_status (*write)(const lam_net *net, FILE *out), const lam_net *net, FILE *file)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);
	if (!memory)
		return failed("no memory");
	const lam_status status = write(net, memory);
	int result = status ? failed("%s", lam_error()) : DONE;
	if (fclose(memory) != 0 && result == DONE)
		result = failed("no memory");
	if (result == DONE)
		put_table(file, text, room_of(file));
	free(text);
	return result;
}
