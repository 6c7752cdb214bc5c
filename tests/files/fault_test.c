/* SPDX-License-Identifier: MIT */
/* Every system call of a save fails once, in every way. Each time there must be an error sentence
 * and a file that loads, no temporary file and no open descriptor may be left, and the next save
 * must work. Also, the process is killed before every call; then there must be a file that loads,
 * and the next save must work. */
#include "tests/files/faults.h"
#include "tests/files/files.h"
#include "tests/train/resume_problem.h"

#include "framework/files/npz.h"
#include "framework/train/checkpoint.h"

#include <stdlib.h>
#include <sys/wait.h>

static lam_net *net;
static lam_fit_state state;

/* Makes a net with moments, and the state of a run. Checkpoints differ in `steps`. */
static void make_net(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1, .momentum = (lam_real)0.9);
	/* The first weight is larger than the file's buffer. */
	lam_layer *model = lam_sequential(lam_affine(.out = 300), lam_batch_norm(),
		lam_affine(.out = CLASSES, .name = "last"), lam_softmax_cross_entropy());
	net = lam_net_create(model, LAM_SHAPE(1, SIDE, SIDE), .max_batch = 1, .threads = 1);
	check_ok(lam_net_prepare(net, &sgd));
	state = (lam_fit_state){.samples = SAMPLES, .batch = BATCH};
}

/* One way to save a file, with the number `steps` in it. */
struct way {
	const char *name;
	lam_status (*save)(const char *path, int64_t steps);
	bool keeps; /* the replaced file is kept as the previous one */
};

static lam_status save_checkpoint(const char *path, int64_t steps)
{
	lam_checkpoint_writer *writer = lam_checkpoint_writer_new(net, path, NULL, false, NULL);
	if (!writer)
		return lam_error_status();
	state.steps = steps;
	lam_status status = lam_checkpoint_write(writer, &state);
	if (!status)
		status = lam_checkpoint_wait(writer);
	lam_checkpoint_writer_free(writer);
	return status;
}

static lam_status save_net(const char *path, int64_t steps)
{
	lam_param_edit(lam_net_find(net, "last.bias"))[0] = (lam_real)steps;
	return lam_net_save(net, path);
}

static lam_status save_deflated(const char *path, int64_t steps)
{
	lam_param_edit(lam_net_find(net, "last.bias"))[0] = (lam_real)steps;
	return lam_net_save(net, path, .compress = true);
}

static const struct way ways[] = {{"checkpoint", save_checkpoint, true}, {"net", save_net, false},
	{"net, deflated", save_deflated, false}};

/* The number in a file, whose checksums must all be right; -1: there is no file. */
static int64_t saved(const char *path)
{
	if (!file_exists(path))
		return -1;
	int64_t steps = -1;
	lam_real bias[CLASSES] = {-1};
	lam_npz *npz = lam_npz_open(path);
	if (check(npz != NULL, "%s", lam_error())) {
		check_ok(lam_zip_prove(path, lam_npz_count(npz)));
		int64_t entry = lam_npz_find(npz, "training/steps");
		if (entry >= 0)
			check_ok(lam_npz_read_int64(npz, entry, &steps, 1));
		else if (check_ok(lam_npz_read_real(
				 npz, lam_npz_find(npz, "last.bias"), bias, CLASSES)))
			steps = (int64_t)bias[0];
	}
	lam_npz_close(npz);
	return steps;
}

static int open_descriptors(void)
{
	int count = 0;
	DIR *folder = opendir("/proc/self/fd");
	for (; folder && readdir(folder);)
		count++;
	if (folder)
		closedir(folder);
	return count;
}

/* The state of the folder before a save. */
enum scene { FIRST, SECOND, THIRD, AFTER_A_KILL, SCENES };
static const char *const scene_names[SCENES] = {
	"the first", "the second", "the third", "after a kill"};

/* Saves numbers 1 and 2 under names that the scenes link to. A hard link serves as a copy, as a
 * save never changes a file in place. */
static void prepare_scenes(const struct way *way)
{
	check_ok(way->save(file_path("1.npz"), 1));
	check_ok(way->save(file_path("2.npz"), 2));
}

static void set_scene(const struct way *way, enum scene scene)
{
	static const char *const all[] = {
		"it.npz", "it.npz.previous", "it.npz.tmp", "it.npz.previous.tmp", "it.npz.lock"};
	for (int i = 0; i < 5; i++)
		unlink(file_path(all[i]));
	if (scene != FIRST)
		check(link(file_path(scene == SECOND ? "1.npz" : "2.npz"), file_path("it.npz"))
			== 0);
	if (way->keeps && scene > SECOND)
		check(link(file_path("1.npz"), file_path("it.npz.previous")) == 0);
	if (scene == AFTER_A_KILL) {
		file_write(file_path("it.npz.tmp"), "half a fi", 9);
		file_write(file_path("it.npz.previous.tmp"), "anything", 8);
		file_write(file_path("it.npz.lock"), "a run", 5);
	}
}

/* Whether a save may ignore the failure of a call: a check beforehand, a call that some file
 * systems lack, or closing a file that was read. */
static bool may_fail(const char *name)
{
	static const char *const harmless[] = {"stat", "lstat", "fstat", "fchmod", "fchown",
		"flock", "posix_fadvise", "close", "pthread_create"};
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		if (!strcmp(name, harmless[i]))
			return true;
	return false;
}

/* Whether a signal may interrupt a call: the library repeats it then. close() need not be
 * repeated. */
static bool may_be_interrupted(const char *name)
{
	static const char *const repeated[] = {
		"open", "flock", "write", "pwrite", "pread", "fsync"};
	for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++)
		if (!strcmp(name, repeated[i]))
			return true;
	return !strcmp(name, "close");
}

/* Checks the files after a save of number 9, which may have failed. `told`: `status` is known. */
static void look(const struct way *way, enum scene scene, lam_status status, bool told)
{
	const char *path = file_path("it.npz");
	const int64_t before = scene == FIRST ? -1 : scene < AFTER_A_KILL ? (int64_t)scene : 2;
	int64_t now = saved(path), kept = saved(file_path("it.npz.previous"));
	if (told)
		check(status == LAM_OK ? now == 9 : (now == 9 || now == before),
			"%s: %s: holds %d, held %d", lam_status_text(status), lam_error(), (int)now,
			(int)before);
	else
		check(now == 9 || now == before, "holds %d, held %d", (int)now, (int)before);
	if (way->keeps && now == 9 && status == LAM_OK && told)
		check(kept == before, "the previous file holds %d, expected %d", (int)kept,
			(int)before);
	else if (way->keeps)
		check(kept == before || kept == before - 1 || kept == -1,
			"the previous file holds %d", (int)kept);
	else
		check(kept == -1);
	check(now != -1 || before == -1);
}

static void nothing_temporary(bool but_of_a_kill)
{
	check(but_of_a_kill || !file_exists(file_path("it.npz.tmp")), "the temporary file is left");
	check(but_of_a_kill || !file_exists(file_path("it.npz.previous.tmp")),
		"a second name is left");
}

static void save_again(const struct way *way)
{
	check_ok(way->save(file_path("it.npz"), 10));
	check(saved(file_path("it.npz")) == 10);
	lam_net *loaded = lam_net_load(file_path("it.npz"), .inference = true, .max_batch = 1);
	check(loaded != NULL, "%s", lam_error());
	lam_net_free(loaded);
	nothing_temporary(!way->keeps);
	check(!file_exists(file_path("it.npz.lock")), "the lock file is left");
}

/* The number of the first call from `from` on with this name; 0: none. */
static long find_call(const char *name, long from)
{
	for (long i = from < 1 ? 1 : from; i <= faults.count; i++)
		if (!strcmp(faults.calls[i - 1].name, name))
			return i;
	return 0;
}

/* Makes one save whose call number `at` fails; false: there are fewer calls. */
static bool fail_once(
	const struct way *way, enum scene scene, long at, enum fault_kind kind, int error)
{
	set_scene(way, scene);
	int before = open_descriptors();
	lam_fail(LAM_OK, "%s", "");
	fault_begin(at, kind, error);
	lam_status status = way->save(file_path("it.npz"), 9);
	fault_end();
	if (!faults.hit) {
		check_ok(status);
		return false;
	}
	const bool lock_stays = !strcmp(faults.hit, "unlink")
		&& strstr(faults.calls[at - 1].path, "it.npz.lock");
	const bool must = kind != FAULT_SHORT && error != EINTR && !may_fail(faults.hit)
		&& !lock_stays && (kind != FAULT_FULL || !strcmp(faults.hit, "write"));
	check(!must || status != LAM_OK, "call %ld, %s: %s, and all is well?", at, faults.hit,
		strerror(error));
	/* The file that was written is closed after its sync; a failure of that close() must be
	 * reported. */
	const long sync = find_call("fsync", 1);
	if (!strcmp(faults.hit, "close") && error == EIO && sync != 0 && sync < at
		&& (find_call("fsync", sync + 1) == 0 || find_call("fsync", sync + 1) > at))
		check(status == LAM_ERR_IO, "call %ld, close: EIO, and all is well?", at);
	if (kind == FAULT_SHORT || (error == EINTR && may_be_interrupted(faults.hit)))
		check(status == LAM_OK, "call %ld, %s, cut short or interrupted: %s", at,
			faults.hit, lam_error());
	check(status == LAM_OK || status == LAM_ERR_IO, "%s: %s", lam_status_text(status),
		lam_error());
	check(status == LAM_OK || (strlen(lam_error()) > 20 && strstr(lam_error(), "it.npz")),
		"call %ld, %s: says \"%s\"", at, faults.hit, lam_error());
	look(way, scene, status, true);
	if (status == LAM_OK || strcmp(faults.hit, "unlink"))
		nothing_temporary(scene == AFTER_A_KILL && status != LAM_OK);
	/* If a writer could not remove its lock file, the next writer removes it. */
	if (strcmp(faults.hit, "unlink") && strcmp(faults.hit, "lstat")
		&& strcmp(faults.hit, "fstat"))
		check(!file_exists(file_path("it.npz.lock")) || scene == AFTER_A_KILL,
			"call %ld, %s: the lock file is left", at, faults.hit);
	check(open_descriptors() == before, "call %ld, %s: %d descriptors are lost", at, faults.hit,
		open_descriptors() - before);
	if (at % 7 == 0)
		save_again(way);
	return true;
}

static void every_call_fails(void)
{
	static const struct {
		enum fault_kind kind;
		int error;
		const char *text;
	} faults_of[] = {
		{FAULT_ERROR, EIO, "fails with EIO"},
		{FAULT_ERROR, ENOSPC, "fails with ENOSPC"},
		{FAULT_ERROR, EINTR, "is interrupted"},
		{FAULT_STAYS, EIO, "fails with EIO for good"},
		{FAULT_SHORT, 0, "is cut short"},
		{FAULT_FULL, ENOSPC, "is cut short and the disk full"},
	};
	make_net();
	for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
		prepare_scenes(&ways[w]);
		for (size_t f = 0; f < sizeof faults_of / sizeof *faults_of; f++) {
			enum scene scene = w == 0 ? (enum scene)(f % SCENES) : SECOND,
				   last = w == 0 && f == 0 ? AFTER_A_KILL : scene;
			for (; scene <= last; scene++) {
				test_begin("%s, %s: call %s", ways[w].name, scene_names[scene],
					faults_of[f].text);
				long at = 1;
				while (kit.failures < TEST_SHOWN
					&& fail_once(&ways[w], scene, at, faults_of[f].kind,
						faults_of[f].error))
					at++;
				check(at > (ways[w].keeps ? 100 : 14), "only %ld calls", at);
			}
		}
	}
	test_end();
	lam_net_free(net);
}

/* A child saves and dies before call number `at`; false: it survived. */
static bool kill_once(const struct way *way, enum scene scene, long at)
{
	set_scene(way, scene);
	pid_t child = fork();
	if (child == 0) {
		fault_begin(at, FAULT_KILL, 0);
		_exit(way->save(file_path("it.npz"), 9) == LAM_OK ? 0 : 1);
	}
	int end = 0;
	check(child > 0 && waitpid(child, &end, 0) == child);
	bool killed = WIFSIGNALED(end) && WTERMSIG(end) == SIGKILL;
	check(killed || (WIFEXITED(end) && WEXITSTATUS(end) == 0), "the child ended with %x",
		(unsigned)end);
	look(way, scene, LAM_OK, false);
	save_again(way);
	return killed;
}

static void every_call_is_the_last(void)
{
	make_net();
	for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
		prepare_scenes(&ways[w]);
		for (enum scene scene = FIRST; scene < SCENES; scene++) {
			test_begin("%s, %s", ways[w].name, scene_names[scene]);
			long at = 1;
			while (kit.failures < TEST_SHOWN && kill_once(&ways[w], scene, at))
				at += scene == THIRD || at < 30 ? 1 : 3;
			check(at > 14, "only %ld calls", at);
		}
	}
	test_end();
	lam_net_free(net);
}

static long find_last(const char *name)
{
	long last = 0;
	for (long i = 0; (i = find_call(name, i + 1)) != 0;)
		last = i;
	return last;
}

/* A file survives a power cut only if the calls come in this order: sync the bytes, read them back,
 * rename, sync the folder. */
static void calls_come_in_order(void)
{
	make_net();
	prepare_scenes(&ways[0]);
	set_scene(&ways[0], SECOND);
	fault_begin(0, FAULT_ERROR, 0);
	faults.sync = true;
	check_ok(save_checkpoint(file_path("it.npz"), 9));
	fault_end();
	faults.sync = false;
	const long file_sync = find_call("fsync", 1),
		   folder_sync = find_call("fsync", file_sync + 1), aside = find_call("link", 1),
		   closed = find_call("close", file_sync);
	const long last_write = find_last("write") > find_last("pwrite") ? find_last("write")
									 : find_last("pwrite");
	const long takes_name = find_call("rename", 1),
		   previous = find_call("rename", takes_name + 1);
	require(file_sync && folder_sync && aside && takes_name && previous);
	check(!faults.calls[file_sync - 1].folder && faults.calls[folder_sync - 1].folder);
	check(last_write < file_sync && find_call("pread", 1) > file_sync
			&& find_last("pread") < closed && closed < aside,
		"it is read back between its sync and its rename");
	check(aside < takes_name && takes_name < previous && previous < folder_sync);
	check(strstr(faults.calls[takes_name - 1].path, "it.npz.tmp")
		&& strstr(faults.calls[previous - 1].path, "it.npz.previous.tmp"));
	lam_net_free(net);
}

/* On a file system without hard links no previous file is kept; all else works as usual. */
static void works_without_hard_links(void)
{
	static const int refusals[] = {EPERM, EOPNOTSUPP, ENOSYS, EMLINK};
	make_net();
	prepare_scenes(&ways[0]);
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		set_scene(&ways[0], SECOND);
		fault_begin(0, FAULT_ERROR, 0);
		check_ok(save_checkpoint(file_path("it.npz"), 9));
		fault_end();
		long at = find_call("link", 1);
		set_scene(&ways[0], SECOND);
		fault_begin(at, FAULT_ERROR, refusals[i]);
		check_ok(save_checkpoint(file_path("it.npz"), 9));
		fault_end();
		check(faults.hit && !strcmp(faults.hit, "link"));
		check(saved(file_path("it.npz")) == 9 && saved(file_path("it.npz.previous")) == -1);
		nothing_temporary(false);
	}
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(every_call_fails),
		TEST(every_call_is_the_last),
		TEST(calls_come_in_order),
		TEST(works_without_hard_links),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
