// SPDX-License-Identifier: Apache-2.0
/*
 * The labproc of guests with labmore.ko: all of labproc, with another way to crash.
 *
 *   labproc crash <mode> init|param   with lab.before=<s> on the kernel's command line the module's mode is started first and
 *                                     the truth told after so many seconds; otherwise the truth comes first
 *
 * lab.files=1: processes write to files of a disk that takes next to nothing (/dev/vdc). lab.futex=1: threads wait for
 * futexes that others hold. lab.then=name=value,... is set when the truth is told: the sysctl that ends it.
 * Nothing of that: sysrq c.
 */
#define main labproc_main
#include "labproc.c"
#undef main
#include <linux/futex.h>
#include <sys/mount.h>

/* The value of a switch of the kernel's command line; NULL when there is none. */
static char *argument(const char *name)
{
	static char line[2048], value[256];
	char key[64], *at;
	int fd = open("/proc/cmdline", O_RDONLY), n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (fd >= 0)
		close(fd);
	line[n > 0 ? n : 0] = 0;
	snprintf(key, sizeof(key), "lab.%s=", name);
	at = strstr(line, key);
	if (!at)
		return NULL;
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at + strlen(key), " \n"), at + strlen(key));
	return value;
}

/* kernel.hung_task_panic=1,... */
static void set_sysctls(char *list)
{
	char *item, *save, path[128], *value, *dot;

	for (item = strtok_r(list, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		value = strchr(item, '=');
		if (!value)
			continue;
		*value++ = 0;
		for (dot = item; (dot = strchr(dot, '.')); )
			*dot = '/';
		snprintf(path, sizeof(path), "/proc/sys/%s", item);
		put_file(path, value);
	}
}

static void write_and_sync(const char *path)
{
	static char block[8 << 20];
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	memset(block, 'w', sizeof(block));
	if (fd < 0 || write(fd, block, sizeof(block)) < 0 || fsync(fd))
		fprintf(stderr, "LAB: %s: %s\n", path, strerror(errno));
}

/* A process of its own that does one thing after so many seconds, and never comes back from it. */
static void later(const char *name, int seconds, void (*what)(void))
{
	if (fork())
		return;
	rename_to(name);
	sleep(seconds);
	what();
	stay();
}

/* Holds the inode's lock while it waits for the page that is being written. */
static void cut_file(void)
{
	if (truncate("/slow/file0", 10))
		fprintf(stderr, "LAB: truncate: %s\n", strerror(errno));
}

static void append_to_file(void)
{
	int fd = open("/slow/file0", O_WRONLY | O_APPEND);

	if (fd < 0 || write(fd, "more", 4) < 0)
		fprintf(stderr, "LAB: append: %s\n", strerror(errno));
}

/* Waits for the journal's commit. */
static void sync_directory(void)
{
	int fd;

	mkdir("/slow/new", 0700);
	fd = open("/slow/new", O_RDONLY | O_DIRECTORY);
	if (fd < 0 || fsync(fd))
		fprintf(stderr, "LAB: fsync: %s\n", strerror(errno));
}

static void use_slow_disk(void)
{
	mkdir("/slow", 0700);
	if (mount("/dev/vdc", "/slow", "ext4", 0, "noinit_itable"))
		fprintf(stderr, "LAB: /dev/vdc: %s\n", strerror(errno));
	for (int i = 0; i < 3; i++)
		if (fork() == 0) {
			char name[24];

			snprintf(name, sizeof(name), "lab-writer%d", i);
			rename_to(name);
			snprintf(name, sizeof(name), "/slow/file%d", i);
			sleep(i);
			write_and_sync(name);
			stay();
		}
	later("lab-syncdir", 5, sync_directory);
	later("lab-truncate", 8, cut_file);
	later("lab-append", 10, append_to_file);
}

static pthread_mutex_t till = PTHREAD_MUTEX_INITIALIZER, vault, strongbox;

static void *wants_till(void *unused)
{
	rename_to("lab-wantstill");
	pthread_mutex_lock(&till);
	return NULL;
}

static void *wants_vault(void *unused)
{
	rename_to("lab-wantsvault");
	pthread_mutex_lock(&vault);
	return NULL;
}

static void *wants_box(void *unused)
{
	rename_to("lab-wantsbox");
	pthread_mutex_lock(&strongbox);
	return NULL;
}

/* A mutex of pthread (its word holds no name), one with priority inheritance and a robust one (their words hold the owner's TID). */
static void use_futexes(void)
{
	pthread_mutexattr_t inherit, robust;
	pthread_t thread;

	if (fork())
		return;
	rename_to("lab-futexes");
	pthread_mutexattr_init(&inherit);
	pthread_mutexattr_setprotocol(&inherit, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&vault, &inherit);
	pthread_mutexattr_init(&robust);
	pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&strongbox, &robust);
	pthread_mutex_lock(&till);
	pthread_mutex_lock(&vault);
	pthread_mutex_lock(&strongbox);
	pthread_create(&thread, NULL, wants_till, NULL);
	pthread_create(&thread, NULL, wants_vault, NULL);
	pthread_create(&thread, NULL, wants_box, NULL);
	stay();
}

static void load_more(const char *mode)
{
	int fd = open("/lib/labmore.ko", O_RDONLY);
	char params[64];

	snprintf(params, sizeof(params), "mode=%s", mode);
	if (fd < 0 || syscall(SYS_finit_module, fd, params, 0))
		fprintf(stderr, "LAB: labmore.ko %s: %s\n", params, strerror(errno));
}

static void crash_more(const char *mode, int by_parameter)
{
	char *before = argument("before");
	int seconds = before ? atoi(before) : 0;
	char *then;

	if (argument("files"))
		use_slow_disk();
	if (argument("futex"))
		use_futexes();
	if (before) {
		load_more(mode);
		sleep(seconds);
	} else if (by_parameter) {
		load_more("none");
	}
	print_truth();
	printf("LAB: ready, mode %s\n", mode);
	fflush(stdout);
	tcdrain(1);
	then = argument("then");
	if (then)
		set_sysctls(then);
	if (!before && by_parameter)
		put_file("/sys/module/labmore/parameters/mode", mode);
	else if (!before)
		load_more(mode);
	if (then)
		sleep(90);
	if (!before || then)
		say("LAB: no crash, so sysrq");
	put_file("/proc/sysrq-trigger", "c");
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "crash"))
		return labproc_main(argc, argv);
	static char room[1 << 16];

	rename_to("lab-crash");
	setvbuf(stdout, room, _IOFBF, sizeof(room));
	setvbuf(stderr, NULL, _IONBF, 0);
	crash_more(argc > 2 ? argv[2] : "none", argc > 3 && !strcmp(argv[3], "param"));
	return 0;
}
