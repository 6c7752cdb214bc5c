/* SPDX-License-Identifier: MIT */
/* Locks and permissions of saves: what prevents a save, and who waits for whom. */
#include "framework/base/clock.h"
#include "framework/files/file.h"

#include "tests/files/files.h"

#include <lamina.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static lam_net *small_net(void)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 2), lam_softmax_cross_entropy()), LAM_SHAPE(3),
		.max_batch = 2, .threads = 1);
	check(net != NULL, "%s", lam_error());
	return net;
}

static lam_dataset *small_set(void)
{
	static const lam_real x[6] = {1, 2, 3, 4, 5, 6};
	static const int32_t classes[2] = {0, 1};
	return lam_dataset_arrays(x, LAM_SHAPE(3), classes, 2);
}

static mode_t mode_of(const char *path)
{
	struct stat found;
	return lstat(path, &found) == 0 ? found.st_mode & 07777 : (mode_t)-1;
}

static lam_status save_text(const char *path, const char *text)
{
	lam_file_writer *file = lam_file_create(path);
	if (!file)
		return lam_error_status();
	lam_file_write(file, text, strlen(text));
	return lam_file_commit(file);
}

/* Checks that there is nothing beside the file. */
static void alone(const char *path)
{
	char other[600];
	static const char *const endings[] = {".tmp", ".lock", ".previous.tmp"};
	for (size_t i = 0; i < 3; i++) {
		snprintf(other, sizeof other, "%s%s", path, endings[i]);
		check(!file_exists(other), "%s is left", other);
	}
}

static void permissions_are_kept(void)
{
	static const mode_t modes[] = {0600, 0640, 0664, 0400, 0444, 0, 0777, 0604};
	const mode_t umasks[] = {022, 077, 0, 0777};
	const char *path = file_path("kept");
	for (size_t u = 0; u < sizeof umasks / sizeof *umasks; u++)
		for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
			unlink(path);
			file_write(path, "old", 3);
			check(chmod(path, modes[i]) == 0);
			const mode_t before = umask(umasks[u]);
			check_ok(save_text(path, "new"));
			umask(before);
			check(mode_of(path) == modes[i], "%o became %o", (unsigned)modes[i],
				(unsigned)mode_of(path));
			alone(path);
		}
	/* A new file has the permissions that the umask allows. */
	for (size_t u = 0; u < sizeof umasks / sizeof *umasks; u++) {
		unlink(path);
		const mode_t before = umask(umasks[u]);
		check_ok(save_text(path, "new"));
		umask(before);
		check(mode_of(path) == (0666 & ~umasks[u]), "%o", (unsigned)mode_of(path));
	}
	/* If the path is a link, the permissions are those of its target. */
	unlink(path);
	file_write(file_path("named"), "old", 3);
	check(chmod(file_path("named"), 0600) == 0);
	check(symlink(file_path("named"), path) == 0);
	check_ok(save_text(path, "new"));
	check(mode_of(path) == 0600 && file_holds(file_path("named"), "old"));
}

/* As root, the file keeps its owner. As another user, the permissions of a group that cannot be
 * kept are given to no other group. */
static void the_owner_is_kept(void)
{
	if (geteuid() != 0) {
		test_skip("only root may give a file away");
		return;
	}
	const char *path = file_path("theirs");
	file_write(path, "old", 3);
	check(chown(path, 1234, 2345) == 0 && chmod(path, 0640) == 0);
	check_ok(save_text(path, "new"));
	struct stat found;
	check(stat(path, &found) == 0 && found.st_uid == 1234 && found.st_gid == 2345
			&& (found.st_mode & 0777) == 0640,
		"%d:%d %o", (int)found.st_uid, (int)found.st_gid, (unsigned)found.st_mode);
	/* A child runs as the user nobody, in a folder where it may write. */
	const char *folder = file_path("open"), *inside = file_path("open/it");
	check(mkdir(folder, 0777) == 0 && chmod(folder, 0777) == 0);
	check(chmod(files_folder, 0755) == 0);
	file_write(inside, "old", 3);
	check(chown(inside, 1234, 2345) == 0 && chmod(inside, 0664) == 0);
	pid_t child = fork();
	if (child == 0)
		_exit(setgid(4321) || setuid(4321) || save_text(inside, "new") != LAM_OK);
	int end = 0;
	check(waitpid(child, &end, 0) == child && end == 0, "%x", (unsigned)end);
	check(stat(inside, &found) == 0 && found.st_uid == 4321 && (found.st_mode & 0777) == 0644,
		"%d %o", (int)found.st_uid, (unsigned)found.st_mode);
	unlink(inside);
	rmdir(folder);
}

/* A file with the temporary file's name is never written to, whatever it is. */
static void nothing_is_written_through(void)
{
	const char *path = file_path("t"), *temporary = file_path("t.tmp"),
		   *victim = file_path("victim");
	file_write(victim, "precious", 8);
	check(chmod(victim, 0604) == 0);
	/* A hard link: the name is removed, the file stays. */
	check(link(victim, temporary) == 0);
	check_ok(save_text(path, "new"));
	check(file_holds(victim, "precious") && mode_of(victim) == 0604);
	check(mode_of(path) != 0604 && file_holds(path, "new"));
	alone(path);
	/* A plain file with other permissions. */
	unlink(path);
	file_write(temporary, "left", 4);
	check(chmod(temporary, 0666) == 0);
	const mode_t before = umask(077);
	check_ok(save_text(path, "new"));
	umask(before);
	check(mode_of(path) == 0600, "%o", (unsigned)mode_of(path));
	/* Anything but a plain file stays, and the sentence names it. */
	for (int i = 0; i < 4; i++) {
		int made = i == 0 ? symlink(victim, temporary)
			: i == 1  ? mkdir(temporary, 0777)
			: i == 2  ? mkfifo(temporary, 0666)
				  : symlink(file_path("nowhere"), temporary);
		check(made == 0);
		check_fails(save_text(path, "newer"), LAM_ERR_IO, "t.tmp' is in the way; expected");
		check(file_holds(path, "new") && file_holds(victim, "precious"), "%d", i);
		check(!file_exists(file_path("nowhere")) && !file_exists(file_path("t.lock")));
		check((i == 1 ? rmdir(temporary) : unlink(temporary)) == 0, "%d", i);
	}
}

/* A file with the lock's name is never written to, either. */
static void no_lock_is_written_through(void)
{
	const char *path = file_path("l"), *lock = file_path("l.lock"),
		   *victim = file_path("other");
	file_write(victim, "precious", 8);
	check(link(victim, lock) == 0);
	lam_file_lock *run = lam_file_lock_take(path, true);
	check(run != NULL, "%s", lam_error());
	check(file_holds(victim, "precious"));
	lam_file_lock_give(run);
	alone(path);
	file_write(lock, "a run of lam_fit\n", 17); /* left by a killed run */
	check_ok(save_text(path, "new"));
	alone(path);
	for (int i = 0; i < 3; i++) {
		int made = i == 0 ? symlink(victim, lock)
			: i == 1  ? mkdir(lock, 0777)
				  : mkfifo(lock, 0666);
		check(made == 0);
		check_fails(save_text(path, "newer"), LAM_ERR_IO, "l.lock' is no plain file");
		check(file_holds(path, "new") && file_holds(victim, "precious"));
		check((i == 1 ? rmdir(lock) : unlink(lock)) == 0);
	}
}

/* A checkpoint is read back through the descriptor that wrote it. */
static void saves_without_reading_by_name(void)
{
	lam_net *net = small_net();
	lam_dataset *data = small_set();
	pid_t child = fork();
	if (child == 0) {
		if (geteuid() == 0 && setuid(4321) != 0)
			_exit(9);
		char path[64];
		snprintf(path, sizeof path, "/tmp/lamina-lock-test.%d", (int)getpid());
		umask(0777);
		lam_status status = lam_fit(net, data, NULL, .epochs = 3,
			.optimizer = lam_sgd(.lr = (lam_real)0.1), .checkpoint = path);
		struct stat found;
		bool there = stat(path, &found) == 0 && (found.st_mode & 0777) == 0;
		unlink(path);
		strcat(path, ".previous");
		unlink(path);
		_exit(status != LAM_OK ? 1 : !there);
	}
	int end = 0;
	check(waitpid(child, &end, 0) == child && end == 0, "%x", (unsigned)end);
	/* Two descriptors are enough for a net, three for a run. */
	for (int few = 2; few < 4; few++) {
		child = fork();
		if (child == 0) {
			int next = dup(0);
			close(next);
			struct rlimit limit = {(rlim_t)(next + few), (rlim_t)(next + few)};
			setrlimit(RLIMIT_NOFILE, &limit);
			_exit(few == 2 ? lam_net_save(net, file_path("few.npz")) != LAM_OK
				       : lam_fit(net, data, NULL, .epochs = 2,
						 .optimizer = lam_sgd(.lr = (lam_real)0.1),
						 .checkpoint = file_path("few.npz"))
						!= LAM_OK);
		}
		check(waitpid(child, &end, 0) == child && end == 0, "%d: %x", few, (unsigned)end);
	}
	lam_dataset_free(data);
	lam_net_free(net);
}

/* Eight processes save to one name, each thirty times: all of them succeed. */
static void saves_wait_for_each_other(void)
{
	enum { PROCESSES = 8, SAVES = 30 };
	const char *path = file_path("shared.npz");
	lam_net *net = small_net();
	pid_t children[PROCESSES];
	for (int i = 0; i < PROCESSES; i++)
		if ((children[i] = fork()) == 0) {
			int failed = 0;
			for (int save = 0; save < SAVES; save++)
				failed += lam_net_save(net, path) != LAM_OK;
			_exit(failed);
		}
	for (int i = 0; i < PROCESSES; i++) {
		int end = 0;
		check(waitpid(children[i], &end, 0) == children[i] && end == 0,
			"%d saves of %d failed", WEXITSTATUS(end), SAVES);
	}
	lam_net *back = lam_net_load(path);
	check(back != NULL, "%s", lam_error());
	lam_net_free(back);
	lam_net_free(net);
	alone(path);
}

static void *save_later(void *path)
{
	return (void *)(intptr_t)save_text(path, "later");
}

/* A process waits for another's save, but not for a run. */
static void waits_for_saves_alone(void)
{
	char path[512];
	snprintf(path, sizeof path, "%s", file_path("w"));
	lam_file_writer *file = lam_file_create(path);
	require(file != NULL, "%s", lam_error());
	pthread_t thread;
	require(pthread_create(&thread, NULL, save_later, path) == 0);
	nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
	lam_file_write(file, "first", 5);
	check_ok(lam_file_commit(file));
	void *status = NULL;
	pthread_join(thread, &status);
	check(status == NULL && file_holds(path, "later"));
	alone(path);
	lam_file_lock *run = lam_file_lock_take(path, true);
	require(run != NULL, "%s", lam_error());
	const double before = lam_clock_now();
	check_fails(save_text(path, "no"), LAM_ERR_STATE, "is the checkpoint of a run of lam_fit");
	check(lam_file_lock_take(path, true) == NULL && lam_error_status() == LAM_ERR_STATE);
	check(lam_clock_now() - before < 2, "waited for a run: %g s", lam_clock_now() - before);
	lam_file_writer *mine = lam_file_create_under(run);
	require(mine != NULL, "%s", lam_error());
	check_ok(lam_file_commit(mine));
	check(file_exists(file_path("w.lock")), "the run keeps its lock");
	lam_file_lock_give(run);
	check_ok(save_text(path, "after"));
	alone(path);
}

/* The lock ends with the process that took it, even if children of it live on. */
static void a_child_holds_no_lock(void)
{
	const char *path = file_path("f");
	int ready[2];
	require(pipe(ready) == 0);
	pid_t parent = fork();
	if (parent == 0) {
		lam_file_lock *run = lam_file_lock_take(path, true);
		pid_t child = run ? fork() : -1;
		if (child == 0) {
			/* What the child has is no lock, and giving it up does not end its
			 * parent's. */
			char said = lam_file_create_under(run) == NULL
				&& lam_error_status() == LAM_ERR_STATE;
			lam_file_lock_give(run);
			said = said && access(file_path("f.lock"), F_OK) == 0;
			if (write(ready[1], &said, 1) != 1)
				_exit(1);
			pause();
		}
		if (write(ready[1], &child, sizeof child) != sizeof child)
			_exit(1);
		pause();
	}
	/* The child writes one byte and the parent the child's number, in either order. */
	unsigned char told[1 + sizeof(pid_t)];
	size_t have = 0;
	for (ssize_t got;
		have < sizeof told && (got = read(ready[0], told + have, sizeof told - have)) > 0;)
		have += (size_t)got;
	check_fails(save_text(path, "no"), LAM_ERR_STATE, "is the checkpoint of a run");
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	check_ok(save_text(path, "yes"));
	alone(path);
	pid_t child;
	const bool first = told[0] == 1;
	memcpy(&child, told + (first ? 1 : 0), sizeof child);
	check(told[first ? 0 : sizeof child] == 1, "the child wrote under its parent's lock");
	if (child > 1)
		kill(child, SIGKILL);
	close(ready[0]);
	close(ready[1]);
}

static lam_status second_status;
static char second_said[512];

/* Begins a second run on the first one's checkpoint. */
static bool run_within(const lam_progress *progress, void *data)
{
	if (progress->total_step > 1)
		return false;
	lam_net *net = small_net();
	lam_dataset *set = small_set();
	second_status = lam_fit(net, set, NULL, .epochs = 1,
		.optimizer = lam_sgd(.lr = (lam_real)0.1), .checkpoint = data);
	snprintf(second_said, sizeof second_said, "%s", lam_error());
	lam_dataset_free(set);
	lam_net_free(net);
	return false;
}

static void a_run_owns_its_checkpoint(void)
{
	char path[512]; /* run_within() gets it as data */
	snprintf(path, sizeof path, "%s", file_path("run.npz"));
	lam_net *net = small_net();
	lam_dataset *set = small_set();
	for (int resume = 0; resume < 2; resume++) {
		second_status = LAM_OK;
		check_ok(lam_fit(net, set, NULL, .epochs = 2 + 2 * resume,
			.optimizer = lam_sgd(.lr = (lam_real)0.1), .checkpoint = path,
			.resume = resume, .step_end = resume ? NULL : run_within,
			.step_end_data = path));
		if (!resume)
			check(second_status == LAM_ERR_STATE
					&& strstr(second_said, "lam_fit: .checkpoint '")
					&& strstr(second_said, "is the checkpoint of a run of"),
				"%s", second_said);
		alone(path);
	}
	/* Another name of the file, or a link to the folder, does not avoid the lock. */
	check(symlink(".", file_path("here")) == 0);
	second_status = LAM_OK;
	char around[600];
	snprintf(around, sizeof around, "%s", file_path("here/run.npz"));
	check_ok(lam_fit(net, set, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = (lam_real)0.1),
		.checkpoint = path, .step_end = run_within, .step_end_data = around));
	check(second_status == LAM_ERR_STATE, "%s", second_said);
	alone(path);
	lam_dataset_free(set);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(permissions_are_kept),
		TEST(the_owner_is_kept),
		TEST(nothing_is_written_through),
		TEST(no_lock_is_written_through),
		TEST(saves_without_reading_by_name),
		TEST(saves_wait_for_each_other),
		TEST(waits_for_saves_alone),
		TEST(a_child_holds_no_lock),
		TEST(a_run_owns_its_checkpoint),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
