/* Each file of tests/data/bad/ is refused with the sentence that its line in sentences.txt expects. */
#include "datasets/datasets.h"
#include "datasets/idx.h"
#include "framework/memory.h"
#include "framework/npz.h"

#include "tests/files.h"

/* Nothing that a small file says may cost more memory than this. */
enum { MOST_BYTES = 2 << 20 };

static size_t largest;

static void *watched_allocate(void *data, size_t align, size_t bytes)
{
	(void)data;
	void *memory = NULL;
	largest = bytes > largest ? bytes : largest;
	return posix_memalign(&memory, align, bytes) == 0 ? memory : NULL;
}

static void watched_release(void *data, void *memory)
{
	(void)data;
	free(memory);
}

/* Each opens the file and reads all of it; true when nothing was wrong. */
static bool read_npz(const char *path)
{
	lam_npz *npz = lam_npz_open(path);
	bool good = npz != NULL;
	for (int64_t i = 0; good && i < lam_npz_count(npz); i++) {
		lam_real values[2];
		good = lam_npz_info(npz, i) && lam_npz_read_real(npz, i, values, 2) == LAM_OK;
	}
	lam_npz_close(npz);
	return good;
}

static bool read_npy(const char *path)
{
	lam_dataset *dataset = lam_dataset_npy(path, NULL);
	lam_dataset_free(dataset);
	return dataset != NULL;
}

static bool read_idx(const char *path)
{
	lam_idx *idx = lam_idx_open(path, 3);
	uint8_t *values = idx ? lam_idx_load(idx) : NULL;
	lam_idx_close(idx);
	lam_free(values);
	return values != NULL;
}

static const struct reader {
	const char *ending;
	bool (*read)(const char *path);
} readers[] = {{".npz", read_npz}, {".npy", read_npy}, {".idx3-ubyte", read_idx}, {".idx3-ubyte.gz", read_idx}};

static bool ends(const char *text, const char *ending)
{
	size_t a = strlen(text), b = strlen(ending);
	return a > b && strcmp(text + a - b, ending) == 0;
}

/* One line of sentences.txt: file|words */
static void refuse(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	char *name = line, *words = strchr(line, '|'), path[400];
	require(words != NULL, "%s", line);
	*words++ = '\0';
	snprintf(path, sizeof path, "tests/data/bad/%s", name);
	test_begin("%s", name);
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		if (!ends(name, readers[i].ending))
			continue;
		largest = 0;
		lam_fail(LAM_ERR_STATE, "nothing was said");
		lam_set_allocator(&(lam_allocator){watched_allocate, watched_release, NULL});
		bool good = readers[i].read(file_given(path));
		lam_set_allocator(NULL);
		check(!good && strstr(lam_error(), words), "says \"%s\", not \"%s\"", good ? "(all is well)" : lam_error(), words);
		check(strstr(lam_error(), name) != NULL, "does not name the file: %s", lam_error());
		check(largest <= MOST_BYTES, "took %zu bytes", largest);
		test_end();
		return;
	}
	check(false, "no reader for %s", name);
}

static void bad_files(void)
{
	FILE *list = fopen(file_given("tests/data/bad/sentences.txt"), "r");
	require(list != NULL, "%s", file_given("tests/data/bad/sentences.txt"));
	char line[300];
	int count = 0;
	for (; fgets(line, sizeof line, list); count++)
		refuse(line);
	fclose(list);
	test_begin("there are many");
	check(count > 70, "%d", count);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(bad_files)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
