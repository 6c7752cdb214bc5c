/* SPDX-License-Identifier: MIT */
/* Valid files that lamina itself would write differently: from other programs, older versions and
 * other systems. */
#include "datasets/idx.h"
#include "framework/files/npz.h"
#include "framework/model/architecture.h"

#include "tests/files/files.h"

#include <lamina.h>
#include <zlib.h>

/* An IDX file of 2 images of 3 x 2: values 0 to 11. */
enum { IDX = 16 + 12 };

static void make_idx(unsigned char bytes[IDX])
{
	static const unsigned char head[16] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2};
	memcpy(bytes, head, sizeof head);
	for (int i = 0; i < 12; i++)
		bytes[16 + i] = (unsigned char)i;
}

/* Appends one gzip member; returns its length. */
static size_t add_member(unsigned char *to, size_t room, const unsigned char *from, size_t count)
{
	z_stream z = {0};
	check(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = (unsigned char *)from;
	z.avail_in = (unsigned)count;
	z.next_out = to;
	z.avail_out = (unsigned)room;
	check(deflate(&z, Z_FINISH) == Z_STREAM_END);
	size_t made = room - z.avail_out;
	deflateEnd(&z);
	return made;
}

static bool reads_images(const char *path)
{
	lam_idx *idx = lam_idx_open(path, 3);
	uint8_t *values = idx ? lam_idx_load(idx) : NULL;
	bool good = values != NULL;
	for (int i = 0; good && i < 12; i++)
		good = values[i] == i;
	lam_free(values);
	lam_idx_close(idx);
	return good;
}

static void gzip_of_several_members(void)
{
	/* Each row: where the images are cut, and the number of zeros after each member. */
	static const struct {
		size_t cuts[4];
		size_t zeros;
	} rows[] = {
		{{IDX}, 0},
		{{20, IDX}, 0},
		{{0, 16, IDX}, 0},
		{{2, 17, IDX, IDX}, 0},
		{{IDX}, 1},
		{{IDX}, 70000},
		{{20, IDX}, 5},
		{{20, IDX, IDX}, 40000},
	};
	unsigned char images[IDX], *bytes = calloc(1, 400000);
	make_idx(images);
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		size_t at = 0, from = 0;
		for (size_t i = 0; i < 4 && (i == 0 || from < IDX || rows[r].cuts[i]); i++) {
			size_t to = rows[r].cuts[i];
			at += add_member(bytes + at, 1000, images + from, to - from);
			memset(bytes + at, 0, rows[r].zeros);
			at += rows[r].zeros;
			from = to;
		}
		file_write(file_path("x.gz"), bytes, at);
		check(reads_images(file_path("x.gz")), "row %zu: %s", r, lam_error());
		/* Bytes that are no member, an excess member and a short one are still refused. */
		bytes[at] = 'x';
		file_write(file_path("x.gz"), bytes, at + 1);
		check(!reads_images(file_path("x.gz")) && strstr(lam_error(), "1 bytes follow"),
			"row %zu: %s", r, lam_error());
		size_t more = add_member(bytes + at, 1000, (const unsigned char *)"more", 4);
		file_write(file_path("x.gz"), bytes, at + more);
		check(!reads_images(file_path("x.gz")) && strstr(lam_error(), "holds more than"),
			"row %zu: %s", r, lam_error());
		file_write(file_path("x.gz"), bytes, at + more - 3);
		check(!reads_images(file_path("x.gz")), "row %zu", r);
		memset(bytes + at, 0, more);
	}
	free(bytes);
}

/* A folder with the name of a file, as unpacking an archive may make, is ignored. */
static void a_folder_beside_the_file(void)
{
	unsigned char images[IDX], labels[10] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};
	make_idx(images);
	mkdir(file_path("train-images-idx3-ubyte"), 0777);
	mkdir(file_path("train-labels-idx1-ubyte"), 0777);
	file_write(file_path("train-images.idx3-ubyte"), images, IDX);
	file_write(file_path("train-labels.idx1-ubyte"), labels, sizeof labels);
	lam_dataset *dataset = lam_mnist_open(files_folder, LAM_SPLIT_TRAIN);
	check(dataset && lam_dataset_count(dataset) == 2, "%s", lam_error());
	lam_dataset_free(dataset);
	unlink(file_path("train-images.idx3-ubyte"));
	unlink(file_path("train-labels.idx1-ubyte"));
	unsigned char zipped[200];
	file_write(file_path("train-images-idx3-ubyte.gz"), zipped,
		add_member(zipped, sizeof zipped, images, IDX));
	file_write(file_path("train-labels-idx1-ubyte.gz"), zipped,
		add_member(zipped, sizeof zipped, labels, sizeof labels));
	dataset = lam_mnist_open(files_folder, LAM_SPLIT_TRAIN);
	check(dataset && lam_dataset_count(dataset) == 2, "%s", lam_error());
	lam_dataset_free(dataset);
	unlink(file_path("train-images-idx3-ubyte.gz"));
	unlink(file_path("train-labels-idx1-ubyte.gz"));
	check(!lam_mnist_open(files_folder, LAM_SPLIT_TRAIN) && strstr(lam_error(), "no 'train"),
		"%s", lam_error());
}

static lam_status parse_npy(const char *dictionary, lam_npy *npy)
{
	unsigned char header[200] = "\x93NUMPY\1";
	const size_t length = strlen(dictionary);
	header[8] = (unsigned char)(length + 1);
	memcpy(header + 10, dictionary, length);
	header[10 + length] = '\n';
	return lam_npy_parse(header, 11 + length, "it", npy);
}

static void npy_headers_of_other_writers(void)
{
	const bool ours_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	static const struct {
		const char *type;
		lam_npy_kind kind;
		size_t item;
		char order; /* '=': this machine's */
	} types[] = {
		{"f4", LAM_NPY_REAL, 4, '='},
		{"=f4", LAM_NPY_REAL, 4, '='},
		{"<f4", LAM_NPY_REAL, 4, '<'},
		{">f4", LAM_NPY_REAL, 4, '>'},
		{"f8", LAM_NPY_REAL, 8, '='},
		{"=f2", LAM_NPY_REAL, 2, '='},
		{"i8", LAM_NPY_INT, 8, '='},
		{"u1", LAM_NPY_UINT, 1, '='},
		{"=u1", LAM_NPY_UINT, 1, '='},
		{"|u1", LAM_NPY_UINT, 1, '='},
		{"b1", LAM_NPY_BOOL, 1, '='},
		{"float32", LAM_NPY_REAL, 4, '='},
		{"int64", LAM_NPY_INT, 8, '='},
		{"S5", LAM_NPY_BYTES, 5, '='},
	};
	char text[120];
	lam_npy npy;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		snprintf(text, sizeof text,
			"{'descr': '%s', 'fortran_order': False, 'shape': (10L, 3L), }",
			types[i].type);
		check_ok(parse_npy(text, &npy));
		const bool big = types[i].order == '=' ? ours_big : types[i].order == '>';
		check(npy.kind == types[i].kind && npy.item == types[i].item
				&& (npy.item == 1 || npy.big_endian == big),
			"%s", types[i].type);
		check(npy.rank == 2 && npy.dim[0] == 10 && npy.dim[1] == 3, "%s", types[i].type);
	}
	static const char *const shapes[] = {"(10L,)", "(10L,3)", "( 10L , 3L )", "(0L,)"};
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': %s}",
			shapes[i]);
		check_ok(parse_npy(text, &npy));
	}
	static const char *const wrong[] = {"'shape': (L,)}", "'shape': (10LL,)}",
		"'shape': (10 L,)}", "'shape': (10l,)}", "'shape': (-1L,)}"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		snprintf(
			text, sizeof text, "{'descr': '<f4', 'fortran_order': False, %s", wrong[i]);
		check(parse_npy(text, &npy) == LAM_ERR_FORMAT, "%s", wrong[i]);
	}
	static const char *const unknown[] = {"", "f", "=", "4", "f3", "=f16", "<>f4", "==f4",
		"f4 ", "float", "|f4", "c8", "f4f4", "f-4"};
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		snprintf(text, sizeof text,
			"{'descr': '%s', 'fortran_order': False, 'shape': (3,)}", unknown[i]);
		check(parse_npy(text, &npy) == LAM_ERR_UNSUPPORTED, "%s", unknown[i]);
	}
}

static lam_net *small_net(void)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 2), lam_batch_norm(), lam_softmax_cross_entropy()),
		LAM_SHAPE(3), .max_batch = 2, .threads = 1);
	check(net != NULL, "%s", lam_error());
	return net;
}

static const struct {
	const char *name;
	int count;
} arrays[] = {{"0.weight", 6}, {"0.bias", 2}, {"1.weight", 2}, {"1.bias", 2}, {"1.running_mean", 2},
	{"1.running_var", 2}};

/* Writes the small net's arrays with all values 7 and with `prefix` before each name, and an array
 * `more`, if given. */
static void write_arrays(const char *path, const char *prefix, const char *more)
{
	static const lam_real sevens[6] = {7, 7, 7, 7, 7, 7};
	lam_npz_writer *npz = lam_npz_create(path, NULL);
	require(npz != NULL, "%s", lam_error());
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
		char name[100];
		snprintf(name, sizeof name, "%s%s", prefix, arrays[i].name);
		const lam_shape shape = i == 0 ? LAM_SHAPE(2, 3) : LAM_SHAPE(arrays[i].count);
		check_ok(lam_npz_add_real(npz, name, &shape, sevens));
	}
	char batches[100];
	snprintf(batches, sizeof batches, "%s1.num_batches_tracked", prefix);
	check_ok(lam_npz_add_int64(npz, batches, NULL, &(int64_t){3}));
	if (more)
		check_ok(lam_npz_add_int64(npz, more, NULL, &(int64_t){3}));
	check_ok(lam_npz_finish(npz));
}

static bool all_seven(lam_net *net)
{
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
		if (lam_param_value(lam_net_find(net, arrays[i].name))[0] != 7)
			return false;
	return true;
}

static void names_of_wrapped_models(void)
{
	static const char *const prefixes[] = {
		"", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."};
	for (int partial = 0; partial < 2; partial++)
		for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
			lam_net *net = small_net();
			write_arrays(file_path("p.npz"), prefixes[i], NULL);
			check_ok(lam_net_load_params(net, file_path("p.npz"), .partial = partial));
			check(all_seven(net), "%s", prefixes[i]);
			lam_net_free(net);
		}
	/* Other prefixes are refused, not guessed, and so is an unknown name after the prefix. */
	lam_net *net = small_net();
	write_arrays(file_path("p.npz"), "backbone.", NULL);
	check_fails(lam_net_load_params(net, file_path("p.npz")), LAM_ERR_FORMAT,
		"has no entry \"0.weight\", but \"backbone.0.weight\"");
	check_fails(lam_net_load_params(net, file_path("p.npz"), .partial = true), LAM_ERR_FORMAT,
		"it has \"backbone.0.weight\", whose name has a path in front");
	write_arrays(file_path("p.npz"), "module.", "module.2.weight");
	check_fails(lam_net_load_params(net, file_path("p.npz")), LAM_ERR_FORMAT,
		"an entry \"module.2.weight\" that the net");
	check(!all_seven(net));
	write_arrays(file_path("p.npz"), "module.", "other.weight");
	check_fails(lam_net_load_params(net, file_path("p.npz")), LAM_ERR_FORMAT,
		"has no entry \"0.weight\", but \"module.0.weight\"");
	lam_net_free(net);
}

/* Replaces a name by `name`, of the same length, in both headers of an archive's entry. */
static void rename_entry(const char *path, const char *old, const char *name, size_t length)
{
	struct bytes file = file_read(path);
	int found = 0;
	for (size_t at = 0; at + length <= file.count; at++)
		if (memcmp(file.data + at, old, length) == 0) {
			memcpy(file.data + at, name, length);
			found++;
		}
	check(found == 2, "%d", found);
	file_write(path, file.data, file.count);
	free(file.data);
}

/* Names that are no valid relative path are ignored with .partial, and refused without. */
static void foreign_names_beside_ours(void)
{
	static const char *const names[] = {"w:00.npy", "/xxx.npy", "../x.npy", "C:xx.npy",
		"a\\bc.npy", "a\nbc.npy", "\xff\xfe\xfd\xfc.npy", "\0xxx.npy", "//////..",
		"w/../npy", "0.bi\0npy"};
	lam_net *net = small_net();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		write_arrays(file_path("p.npz"), "", "xxxx");
		rename_entry(file_path("p.npz"), "xxxx.npy", names[i], 8);
		check_fails(lam_net_load_params(net, file_path("p.npz")), LAM_ERR_FORMAT,
			"the name of entry 8 of 8, ");
		check(lam_net_load_params(net, file_path("p.npz"), .partial = true) == LAM_OK,
			"name %zu: %s", i, lam_error());
		check(all_seven(net));
	}
	lam_net_free(net);
}

static void texts_of_windows(void)
{
	static const char *const texts[] = {
		"lamina-architecture 1\r\ninput 3\r\naffine out=2\r\n",
		"lamina-architecture 1\r\ninput 3\r\n\r\naffine out=2",
		"lamina-architecture 1\r\ninput 3\r\naffine out=2 \r",
		"\xef\xbb\xbflamina-architecture 1\r\ninput 3\r\naffine out=2\r\n",
		"lamina-architecture 1\ninput 3\nsequential {\r\n\taffine out=2 name=a\r\n}\r\n",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		lam_shape input;
		lam_layer *model = lam_architecture_parse(texts[i], NULL, NULL, &input);
		check(model && input.rank == 1 && input.dim[0] == 3, "%zu: %s", i, lam_error());
		lam_layer_free(model);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(gzip_of_several_members),
		TEST(a_folder_beside_the_file),
		TEST(npy_headers_of_other_writers),
		TEST(names_of_wrapped_models),
		TEST(foreign_names_beside_ours),
		TEST(texts_of_windows),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
