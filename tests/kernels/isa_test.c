/* SPDX-License-Identifier: MIT */
/* The choice of kernels is made once, is the same for all threads, and follows $LAMINA_ISA unless
 * that is invalid. Each case runs in a process of its own, as a process chooses only once. */
#include "framework/kernels/kernels.h"

#include "tests/kit.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAME = 16 };

/* The name that a new process with LAMINA_ISA=wanted (NULL: not set) chooses; "" if it crashed. */
static void chosen_name(const char *wanted, char name[NAME])
{
	int ends[2];
	memset(name, 0, NAME);
	fflush(stdout);
	if (pipe(ends) != 0)
		return;
	pid_t child = fork();
	if (child == 0) {
		if (wanted)
			setenv("LAMINA_ISA", wanted, 1);
		else
			unsetenv("LAMINA_ISA");
		const char *isa = lam_kernel()->isa;
		_exit(write(ends[1], isa, strlen(isa)) < 0);
	}
	close(ends[1]);
	if (child > 0) {
		if (read(ends[0], name, NAME - 1) < 0)
			*name = 0;
		waitpid(child, NULL, 0);
	}
	close(ends[0]);
}

static void takes_the_best_or_the_named(void)
{
	static const char *const names[] = {"base", "avx2", "avx512"};
	char best[NAME], name[NAME];
	chosen_name(NULL, best);
	check(*best);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		test_begin("%s", names[i]);
		chosen_name(names[i], name);
		/* An instruction set that the machine lacks is ignored. */
		check(strcmp(name, names[i]) == 0 || strcmp(name, best) == 0, "%s", name);
		check(i > 0 || strcmp(name, "base") == 0, "base is everywhere, got %s", name);
		test_end();
		if (strcmp(names[i], best) == 0)
			break;
	}
}

static void ignores_nonsense(void)
{
	char best[NAME], name[NAME];
	chosen_name(NULL, best);
	chosen_name("mmx", name);
	check(strcmp(name, best) == 0, "%s", name);
	chosen_name("", name);
	check(strcmp(name, best) == 0, "%s", name);
}

static void *choose(void *seen)
{
	*(const lam_kernels **)seen = lam_kernel();
	return NULL;
}

static void is_one_for_all_threads(void)
{
	pthread_t threads[8];
	const lam_kernels *seen[8] = {0};
	for (int i = 0; i < 8; i++)
		require(pthread_create(&threads[i], NULL, choose, &seen[i]) == 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 8; i++)
		check(seen[i] && seen[i] == lam_kernel());
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(takes_the_best_or_the_named),
		TEST(ignores_nonsense),
		TEST(is_one_for_all_threads),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
