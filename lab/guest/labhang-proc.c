// SPDX-License-Identifier: Apache-2.0
/*
 * The labproc of guests with labhang.ko: all of labproc, with another way to crash.
 *
 *   labproc crash <mode> init|param   with lab.before=<s> on the kernel's command line the mode is started first and the truth
 *                                     told after so many seconds; otherwise the truth comes first
 *
 * lab.then=name=value,... is set when the truth is told: the sysctl that ends it. Nothing of that: sysrq c.
 * Some modes are of user space, or have a part in it: the table at the end.
 */
#define main labproc_main
#include "labproc.c"
#undef main
#include <linux/fs.h>
#include <sys/ioctl.h>
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

/* A process of its own that does one thing after so many seconds. */
static void later(const char *name, int seconds, void (*what)(void))
{
	if (fork())
		return;
	rename_to(name);
	sleep(seconds);
	what();
	stay();
}

static void append_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	if (fd < 0 || write(fd, "more", 4) < 0)
		fprintf(stderr, "LAB: append to %s: %s\n", path, strerror(errno));
}

static void append_to_third(void)
{
	append_to("/mnt/file3");
}

static void append_to_fourth(void)
{
	append_to("/mnt/file4");
}

static void cut_fourth(void)
{
	if (truncate("/mnt/file4", 10))
		fprintf(stderr, "LAB: truncate: %s\n", strerror(errno));
}

static void read_mute(void)
{
	char block[4096];
	int fd = open("/dev/mute", O_RDONLY);

	if (fd < 0 || read(fd, block, sizeof(block)) < 0)
		fprintf(stderr, "LAB: /dev/mute: %s\n", strerror(errno));
}

static void make_file(void)
{
	if (open("/mnt/new", O_CREAT | O_WRONLY, 0600) < 0)
		fprintf(stderr, "LAB: /mnt/new: %s\n", strerror(errno));
}

static void with_inode(void)
{
	later("hang-append", 1, append_to_third);
}

static void with_writeback(void)
{
	later("hang-cut", 1, cut_fourth);
	later("hang-append", 2, append_to_fourth);
}

static void with_mute(void)
{
	later("hang-reader", 1, read_mute);
}

/* Freezes the file system, and forgets to thaw it. */
static void freeze(void)
{
	int fd = open("/mnt", O_RDONLY | O_DIRECTORY);

	if (fd < 0 || ioctl(fd, FIFREEZE, 0))
		fprintf(stderr, "LAB: freeze: %s\n", strerror(errno));
	later("hang-append", 0, append_to_third);
	later("hang-create", 1, make_file);
}

static pthread_mutex_t fork_ = PTHREAD_MUTEX_INITIALIZER, knife = PTHREAD_MUTEX_INITIALIZER;

static void *takes_fork(void *unused)
{
	rename_to("hang-fork");
	pthread_mutex_lock(&fork_);
	sleep(1);
	pthread_mutex_lock(&knife);
	return NULL;
}

static void *takes_knife(void *unused)
{
	rename_to("hang-knife");
	pthread_mutex_lock(&knife);
	sleep(1);
	pthread_mutex_lock(&fork_);
	return NULL;
}

/* Two threads of one process and two plain mutexes. */
static void dine(void)
{
	pthread_t thread;

	if (fork())
		return;
	rename_to("hang-dines");
	pthread_create(&thread, NULL, takes_fork, NULL);
	pthread_create(&thread, NULL, takes_knife, NULL);
	stay();
}

/* Writes zeros where init will go on: it dies when its child ends. */
static void kill_init(void)
{
	static const char zeros[16];
	char text[256];
	unsigned long pc = 0;
	int fd = open("/proc/1/syscall", O_RDONLY), n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n > 0) {
		text[n] = 0;
		pc = strtoul(strrchr(text, ' '), NULL, 16);
	}
	fd = open("/proc/1/mem", O_WRONLY);
	if (fd < 0 || pwrite(fd, zeros, sizeof(zeros), pc) < 0)
		fprintf(stderr, "LAB: init: %s\n", strerror(errno));
	kill(1, SIGCHLD);
	exit(0);
}

/* A file system that stops the machine upon an error, and an error. */
static void break_ext4(void)
{
	if (mount("/dev/vda", "/mnt", "ext4", MS_REMOUNT, "errors=panic"))
		fprintf(stderr, "LAB: remount: %s\n", strerror(errno));
	put_file("/sys/fs/ext4/vda/trigger_fs_error", "superblock checksum does not match");
}

/* What user space does: with the module, before the truth, and in the end. */
static const struct {
	const char *mode;
	void (*along)(void);
	void (*end)(void);
	int by_itself;
} parts[] = {
	{ "inodelock", with_inode, NULL, 0 }, { "writeback", with_writeback, NULL, 0 }, { "mute", with_mute, NULL, 0 },
	{ "freeze", freeze, NULL, 1 },	      { "dine", dine, NULL, 1 },		{ "initdead", NULL, kill_init, 1 },
	{ "ext4panic", NULL, break_ext4, 1 },
};

static void load_hang(const char *mode)
{
	int fd = open("/lib/labhang.ko", O_RDONLY);
	char params[64];

	snprintf(params, sizeof(params), "mode=%s", mode);
	if (fd < 0 || syscall(SYS_finit_module, fd, params, 0))
		fprintf(stderr, "LAB: labhang.ko %s: %s\n", params, strerror(errno));
}

static void crash_hang(const char *mode, int by_parameter)
{
	char *before = argument("before"), *then;
	int seconds = before ? atoi(before) : 0, part = -1, by_itself, early;

	for (int i = 0; i < (int)(sizeof(parts) / sizeof(parts[0])); i++)
		if (!strcmp(parts[i].mode, mode))
			part = i;
	by_itself = part >= 0 && parts[part].by_itself;
	early = before && !by_itself;
	load_hang(early ? mode : "none");
	if (part >= 0 && parts[part].along)
		parts[part].along();
	sleep(seconds);
	print_truth();
	printf("LAB: ready, mode %s\n", mode);
	fflush(stdout);
	tcdrain(1);
	then = argument("then");
	if (then)
		set_sysctls(then);
	if (part >= 0 && parts[part].end)
		parts[part].end();
	else if (!early && !by_itself && by_parameter)
		put_file("/sys/module/labhang/parameters/mode", mode);
	if (!argument("asked"))
		sleep(90);
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
	crash_hang(argc > 2 ? argv[2] : "none", argc > 3 && !strcmp(argv[3], "param"));
	return 0;
}
