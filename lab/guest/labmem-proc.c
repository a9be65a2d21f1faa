// SPDX-License-Identifier: Apache-2.0
/*
 * The labproc of guests with labmem.ko: all of labproc, with another way to crash.
 *
 *   labproc crash <mode> ...   loads the module, tells the truth, sets lab.then=name=value,... and writes the module's mode.
 *
 * Then, by lab.after on the kernel's command line: `unload` removes the module, `umount` unmounts /held, `tmpfs` fills one.
 * Nothing of that: sysrq c.
 */
#define main labproc_main
#include "labproc.c"
#undef main
#include <sys/mount.h>

/* Whether the kernel's command line has this word; its value in `value`. */
static int argument(const char *name, char *value, size_t room)
{
	static char line[2048];
	int fd = open("/proc/cmdline", O_RDONLY), n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	char key[64], *at;

	if (fd >= 0)
		close(fd);
	line[n > 0 ? n : 0] = 0;
	snprintf(key, sizeof(key), "lab.%s=", name);
	at = strstr(line, key);
	if (at)
		snprintf(value, room, "%.*s", (int)strcspn(at + strlen(key), " \n"), at + strlen(key));
	return at != NULL;
}

/* kernel.panic_on_warn=1,... */
static void set_sysctls(char *list)
{
	char *item, *save, *dot, *value, path[128];

	for (item = strtok_r(list, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		value = strchr(item, '=');
		if (!value)
			continue;
		*value++ = 0;
		while ((dot = strchr(item, '.')))
			*dot = '/';
		snprintf(path, sizeof(path), "/proc/sys/%s", item);
		put_file(path, value);
	}
}

static void mount_held(void)
{
	mkdir("/held", 0700);
	if (mount("held", "/held", "tmpfs", 0, "size=4m"))
		fprintf(stderr, "LAB: /held: %s\n", strerror(errno));
	close(open("/held/file", O_CREAT | O_WRONLY, 0600));
}

static void fill_tmpfs(void)
{
	static char block[1 << 20];
	int fd;

	mkdir("/fill", 0700);
	if (mount("fill", "/fill", "tmpfs", 0, "size=200%"))
		fprintf(stderr, "LAB: /fill: %s\n", strerror(errno));
	fd = open("/fill/big", O_CREAT | O_WRONLY, 0600);
	memset(block, 'f', sizeof(block));
	while (write(fd, block, sizeof(block)) > 0)
		;
}

static void crash_mem(const char *mode)
{
	int fd = open("/lib/labmem.ko", O_RDONLY);
	char after[32] = "", then[128];

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		fprintf(stderr, "LAB: labmem.ko: %s\n", strerror(errno));
	close(fd);
	argument("after", after, sizeof(after));
	if (!strcmp(after, "umount"))
		mount_held();
	print_truth();
	printf("LAB: ready, mode %s\n", mode);
	fflush(stdout);
	tcdrain(1);
	if (argument("then", then, sizeof(then)))
		set_sysctls(then);
	put_file("/sys/module/labmem/parameters/mode", mode);
	if (!strcmp(after, "unload") && syscall(SYS_delete_module, "labmem", 0))
		fprintf(stderr, "LAB: rmmod: %s\n", strerror(errno));
	if (!strcmp(after, "umount") && umount("/held"))
		fprintf(stderr, "LAB: umount: %s\n", strerror(errno));
	if (!strcmp(after, "tmpfs"))
		fill_tmpfs();
	sleep(5);
	say("LAB: no crash, so sysrq");
	put_file("/proc/sysrq-trigger", "c");
}

int main(int argc, char **argv)
{
	static char room[1 << 16];

	if (argc < 2 || strcmp(argv[1], "crash"))
		return labproc_main(argc, argv);
	rename_to("lab-crash");
	setvbuf(stdout, room, _IOFBF, sizeof(room));
	setvbuf(stderr, NULL, _IONBF, 0);
	crash_mem(argc > 2 ? argv[2] : "none");
	return 0;
}
