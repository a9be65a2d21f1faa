// SPDX-License-Identifier: Apache-2.0
/*
 * labbig: fills a guest with many tasks and many slab objects, says so, and sleeps: what a big machine's dump holds.
 *
 *   labbig <tasks> <objects>
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 500, STACK = 16384 };

static int silent[2]; /* a pipe that nobody writes to */
static int never;     /* a futex that nobody wakes */

static void fail(const char *what)
{
	printf("LABBIG: %s: %m\n", what);
	exit(1);
}

/* One of four ways to sleep for ever. */
static void *sleeper(void *number)
{
	long n = (long)number;
	char name[16], byte;
	struct timespec long_time = { .tv_sec = 1000000 };

	snprintf(name, sizeof(name), "worker-%ld", n);
	prctl(PR_SET_NAME, name);
	switch (n % 4) {
	case 0:
		for (;;)
			syscall(SYS_futex, &never, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	case 1:
		for (;;)
			if (read(silent[0], &byte, 1) < 0)
				pause();
	case 2:
		for (;;)
			poll(NULL, 0, -1);
	default:
		for (;;)
			nanosleep(&long_time, NULL);
	}
	return NULL;
}

/* A process of so many threads. */
static void crowd(int threads)
{
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK);
	for (long n = 1; n < threads; n++)
		if (pthread_create(&thread, &small, sleeper, (void *)n))
			fail("pthread_create");
}

/* Messages in queues: one object of kmalloc each. */
static void messages(long count)
{
	struct { long type; char text[8]; } message = { .type = 1, .text = "lab" };
	int queue = msgget(IPC_PRIVATE, 0600);

	if (queue < 0)
		fail("msgget");
	for (long i = 0; i < count; i++)
		if (msgsnd(queue, &message, sizeof(message.text), IPC_NOWAIT))
			fail("msgsnd");
}

/* Files in memory: a dentry and an inode each. */
static void files(long count)
{
	char path[64];

	for (long i = 0; i < count; i++) {
		if (i % 10000 == 0) {
			snprintf(path, sizeof(path), "/tmp/d%ld", i / 10000);
			mkdir(path, 0700);
		}
		snprintf(path, sizeof(path), "/tmp/d%ld/f%ld", i / 10000, i);
		if (mknod(path, S_IFREG | 0600, 0))
			fail("mknod");
	}
}

/* Mappings that cannot be merged. */
static void mappings(long count)
{
	char *at = mmap(NULL, count * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		fail("mmap");
	for (long i = 1; i < count; i += 2)
		if (mprotect(at + i * 4096, 4096, PROT_READ))
			fail("mprotect");
}

/* Runs one part of the work in a process of its own, which then sleeps. */
static void part(void (*work)(long), long count)
{
	int ready[2];
	char byte;

	if (pipe(ready))
		fail("pipe");
	if (fork() == 0) {
		work(count);
		if (write(ready[1], "", 1) != 1)
			fail("write");
		sleeper((void *)2);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		fail("a part of the work");
	close(ready[0]);
}

static void threads_of(long count)
{
	crowd(count);
}

int main(int argc, char **argv)
{
	long tasks = argc > 1 ? atol(argv[1]) : 1000;
	long objects = argc > 2 ? atol(argv[2]) : 10000;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (pipe(silent))
		fail("pipe");
	part(messages, objects * 3 / 4);
	printf("LABBIG: messages\n");
	part(files, objects / 8);
	printf("LABBIG: files\n");
	part(mappings, objects / 20);
	printf("LABBIG: mappings\n");
	for (long done = 0; done < tasks; done += THREADS)
		part(threads_of, tasks - done < THREADS ? tasks - done : THREADS);
	printf("LABBIG: ready\n");
	close(open("/tmp/ready", O_CREAT | O_WRONLY, 0600));
	for (;;)
		pause();
}
