// SPDX-License-Identifier: Apache-2.0
/*
 * The labproc of guests with labdrv.ko: all of labproc, with another way to crash.
 *
 *   labproc crash <mode> ...   loads the module, tells the truth, sets lab.then=name=value,... and writes the module's mode.
 *
 * Then a process of its own does what lab.after on the kernel's command line says: `read` and `map` (into a mapping) /dev/sonde,
 * `write` with it mapped, `proc` /proc/sonde, `sysfs` /sys/kernel/sonde/remove, `unload` the module and then read /proc/sonde and
 * set lo down. After lab.wait seconds without a crash: sysrq c; with lab.asked=1 that is what was wanted.
 */
#define main labproc_main
#include "labproc.c"
#undef main
#include <net/if.h>
#include <sys/ioctl.h>

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

static void read_file(const char *path)
{
	char text[512];
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text)) < 0)
		fprintf(stderr, "LAB: %s: %s\n", path, strerror(errno));
}

static char *mapping(int fd)
{
	char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		fprintf(stderr, "LAB: mmap: %s\n", strerror(errno));
	return at;
}

static void set_lo_down(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0 || ioctl(s, SIOCSIFFLAGS, &r))
		fprintf(stderr, "LAB: lo: %s\n", strerror(errno));
}

static void act(const char *after, int fd)
{
	char text[512];

	if (!strcmp(after, "read") && read(fd, text, sizeof(text)) < 0)
		fprintf(stderr, "LAB: read: %s\n", strerror(errno));
	if (!strcmp(after, "map") && read(fd, mapping(fd), 64) < 0)
		fprintf(stderr, "LAB: read into the mapping: %s\n", strerror(errno));
	if (!strcmp(after, "write")) {
		mapping(fd)[3] = 'w';
		if (write(fd, "w", 1) < 0)
			fprintf(stderr, "LAB: write: %s\n", strerror(errno));
	}
	if (!strcmp(after, "proc"))
		read_file("/proc/sonde");
	if (!strcmp(after, "sysfs"))
		put_file("/sys/kernel/sonde/remove", "1");
	if (!strcmp(after, "unload")) {
		if (syscall(SYS_delete_module, "labdrv", 0))
			fprintf(stderr, "LAB: rmmod: %s\n", strerror(errno));
		usleep(100000);
		if (!access("/proc/sonde", F_OK))
			read_file("/proc/sonde");
		set_lo_down();
	}
}

static void crash_drv(const char *mode)
{
	int fd = open("/lib/labdrv.ko", O_RDONLY);
	char after[32] = "", then[128], wait[16] = "5", asked[8];

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		fprintf(stderr, "LAB: labdrv.ko: %s\n", strerror(errno));
	close(fd);
	argument("after", after, sizeof(after));
	argument("wait", wait, sizeof(wait));
	print_truth();
	printf("LAB: ready, mode %s\n", mode);
	fflush(stdout);
	tcdrain(1);
	fd = strcmp(after, "unload") ? open("/dev/sonde", O_RDWR) : -1;
	if (argument("then", then, sizeof(then)))
		set_sysctls(then);
	put_file("/sys/module/labdrv/parameters/mode", mode);
	if (after[0] && !fork()) {
		rename_to("sonde-user");
		act(after, fd);
		stay();
	}
	sleep(atoi(wait));
	say(argument("asked", asked, sizeof(asked)) ? "LAB: sysrq" : "LAB: no crash, so sysrq");
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
	crash_drv(argc > 2 ? argv[2] : "none");
	return 0;
}
