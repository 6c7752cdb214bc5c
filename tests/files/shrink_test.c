/* SPDX-License-Identifier: MIT */
/* Files that are cut short while they are read: nets and parameters in .npz archives, stored and
 * deflated, .npy arrays, IDX files, plain and gzipped. Before the n-th read, for every n, the file
 * loses its end; then another thread cuts and restores the file again and again. Either all was
 * read, or the call fails with a sentence and leaves nothing. */
#include "tests/files/faults.h"
#include "tests/files/files.h"

#include "datasets/idx.h"

#include <lamina.h>
#include <zlib.h>

enum { SIDE = 40, IMAGES = 60, ROUNDS = 300, MOST_READS = 200 };

static lam_net *net;
static lam_real before[4000];
static atomic_int live;

static void *count_allocate(void *data, size_t align, size_t bytes)
{
	void *memory = kit_allocate(data, align, bytes);
	live += memory != NULL;
	return memory;
}

static void count_release(void *data, void *memory)
{
	live--;
	kit_release(data, memory);
}

static int64_t copy_values(lam_real *to)
{
	int64_t count = 0;
	for (int i = 0; i < lam_net_param_count(net); i++) {
		const lam_shape shape = lam_param_shape(lam_net_param(net, i));
		const int64_t values = lam_shape_count(&shape);
		memcpy(to + count, lam_param_value(lam_net_param(net, i)),
			(size_t)values * sizeof *to);
		count += values;
	}
	return count;
}

static lam_status load_net(const char *path)
{
	lam_net *loaded = lam_net_load(path, .threads = 1, .max_batch = 1);
	const lam_status status = loaded ? LAM_OK : lam_error_status();
	lam_net_free(loaded);
	return status;
}

static lam_status load_params(const char *path)
{
	static lam_real after[4000];
	const lam_status status = lam_net_load_params(net, path);
	const int64_t count = copy_values(after);
	check(!memcmp(before, after, (size_t)count * sizeof *after), "the net has changed");
	return status;
}

static lam_status load_npy(const char *path)
{
	lam_dataset *data = lam_dataset_npy(path, NULL);
	const lam_status status = data ? LAM_OK : lam_error_status();
	lam_dataset_free(data);
	return status;
}

static lam_status load_idx(const char *path)
{
	lam_idx *idx = lam_idx_open(path, 3);
	uint8_t *values = idx ? lam_idx_load(idx) : NULL;
	const lam_status status = values ? LAM_OK : lam_error_status();
	lam_free(values);
	lam_idx_close(idx);
	return status;
}

static const struct reader {
	const char *file;
	lam_status (*read)(const char *path);
} readers[] = {
	{"stored.npz", load_net},
	{"deflated.npz", load_net},
	{"stored.npz", load_params},
	{"deflated.npz", load_params},
	{"x.npy", load_npy},
	{"images", load_idx},
	{"images.gz", load_idx},
};

enum { READERS = sizeof readers / sizeof *readers };

/* Values that hardly shrink when they are deflated. */
static unsigned char noise(int i)
{
	return (unsigned char)((unsigned)i * 2654435761u >> 13);
}

static void write_files(void)
{
	static unsigned char images[16 + IMAGES * SIDE * SIDE] = {
		0, 0, 8, 3, 0, 0, 0, IMAGES, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
	static unsigned char npy[128 + IMAGES * SIDE * SIDE];
	for (int i = 0; i < IMAGES * SIDE * SIDE; i++)
		images[16 + i] = npy[128 + i] = noise(i);
	file_write(file_path("images"), images, sizeof images);
	gzFile zipped = gzopen(file_path("images.gz"), "wb");
	check(zipped && gzwrite(zipped, images, sizeof images) == sizeof images
		&& gzclose(zipped) == Z_OK);
	memset(npy, ' ', 128);
	memcpy(npy, "\x93NUMPY\x01\x00\x76\x00", 10);
	const int length = sprintf((char *)npy + 10,
		"{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d, %d), }", IMAGES, SIDE,
		SIDE);
	npy[10 + length] = ' ';
	npy[127] = '\n';
	file_write(file_path("x.npy"), npy, sizeof npy);
	net = lam_net_create(
		lam_sequential(lam_affine(.out = 60), lam_batch_norm(), lam_affine(.out = 10)),
		LAM_SHAPE(SIDE), .max_batch = 1, .threads = 1, .seed = 1);
	check_ok(lam_net_save(net, file_path("stored.npz")));
	check_ok(lam_net_save(net, file_path("deflated.npz"), .compress = true));
	check(copy_values(before) < 4000);
}

/* The next cut: before which read, and how many bytes stay. */
static struct {
	const char *path;
	long at, reads;
	off_t stays;
	bool done;
} cut;

static void cut_before(const struct fault_call *call)
{
	if (!strcmp(call->name, "pread") && ++cut.reads == cut.at)
		cut.done = truncate(cut.path, cut.stays) == 0;
}

/* Cuts before read `at`; returns the status, or that of the reader when nothing was cut. */
static lam_status read_cut(const struct reader *reader, struct bytes whole, long at, off_t stays)
{
	const char *path = file_path("now");
	file_write(path, whole.data, whole.count);
	cut.path = path;
	cut.at = at;
	cut.reads = 0;
	cut.stays = stays;
	cut.done = false;
	const int had = live;
	faults.before = cut_before;
	fault_begin(0, FAULT_ERROR, 0);
	const lam_status status = reader->read(path);
	fault_end();
	check(live == had, "%s, read %ld: %d allocations are left", reader->file, at, live - had);
	return status;
}

static void before_every_read(void)
{
	for (int i = 0; i < READERS; i++) {
		const struct reader *reader = &readers[i];
		struct bytes whole = file_read(file_path(reader->file));
		int failed = 0;
		long at = 1;
		test_begin("%s", reader->file);
		for (; at < MOST_READS; at++) {
			const off_t size = (off_t)whole.count, ends[] = {0, size / 2, size - 1};
			for (int e = 0; e < 3; e++) {
				const lam_status status = read_cut(reader, whole, at, ends[e]);
				const bool cuts = cut.done && !e;
				check(status == LAM_ERR_FORMAT || (!cuts && status == LAM_OK),
					"read %ld, %lld bytes stay: %s, %s", at, (long long)ends[e],
					lam_status_text(status), lam_error());
				failed += status != LAM_OK;
				check(status == LAM_OK || strlen(lam_error()) > 20, "no sentence");
			}
			if (!cut.done)
				break;
		}
		check(at > 1 && at < MOST_READS && failed >= at - 1, "%d of %ld reads failed",
			failed, at - 1);
		check_ok(read_cut(reader, whole, 0, 0));
		free(whole.data);
		test_end();
	}
}

static struct {
	const char *path;
	struct bytes whole;
	atomic_bool ends;
} cutter;

/* Cuts the file and restores it in place, until it is told to end. */
static void *cut_and_restore(void *nothing)
{
	for (unsigned turn = 0; !cutter.ends; turn++) {
		FILE *file = fopen(cutter.path, "r+b");
		if (truncate(cutter.path, (off_t)(cutter.whole.count * (turn % 8) / 8)) || !file)
			break;
		fwrite(cutter.whole.data, 1, cutter.whole.count, file);
		fclose(file);
	}
	return nothing;
}

static void while_a_thread_reads(void)
{
	for (int i = 0; i < READERS; i++) {
		pthread_t thread;
		const int had = live;
		cutter.whole = file_read(file_path(readers[i].file));
		cutter.path = file_path("now");
		cutter.ends = false;
		file_write(cutter.path, cutter.whole.data, cutter.whole.count);
		test_begin("%s", readers[i].file);
		check(!pthread_create(&thread, NULL, cut_and_restore, NULL));
		for (int round = 0; round < test_share(ROUNDS); round++) {
			const lam_status status = readers[i].read(cutter.path);
			check(status == LAM_OK || status == LAM_ERR_FORMAT, "%s, %s",
				lam_status_text(status), lam_error());
		}
		cutter.ends = true;
		pthread_join(thread, NULL);
		check(live == had, "%d allocations are left", live - had);
		check_ok(read_cut(&readers[i], cutter.whole, 0, 0));
		free(cutter.whole.data);
		test_end();
	}
}

static void begin(void)
{
	lam_set_allocator(&(lam_allocator){count_allocate, count_release, NULL});
	write_files();
}

static void end(void)
{
	lam_net_free(net);
	check(live == 0, "%d allocations are left", live);
	lam_set_allocator(NULL);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(begin), TEST(before_every_read), TEST(while_a_thread_reads), TEST(end)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
