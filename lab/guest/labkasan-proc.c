// SPDX-License-Identifier: Apache-2.0
/*
 * The labproc of guests with labkasan.ko: all of labproc, with another way to crash.
 *
 *   labproc crash <mode>   tells the truth, makes a warning deadly, then lets labkasan do what the mode is named for.
 *                          Tasks that wait come first, and then the truth and what lockdep says of all tasks.
 */
#define main labproc_main
#include "labproc.c"
#undef main

int main(int argc, char **argv)
{
	static char room[1 << 16];
	int fd, waits;

	if (argc < 3 || strcmp(argv[1], "crash"))
		return labproc_main(argc, argv);
	rename_to("lab-crash");
	setvbuf(stdout, room, _IOFBF, sizeof(room));
	setvbuf(stderr, NULL, _IONBF, 0);
	fd = open("/lib/labkasan.ko", O_RDONLY);
	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		fprintf(stderr, "LAB: labkasan.ko: %s\n", strerror(errno));
	waits = one_of(argv[2], "readers");
	if (waits) {
		put_file("/sys/module/labkasan/parameters/mode", argv[2]);
		sleep(3);
	}
	print_truth();
	printf("LAB: ready, mode %s\n", argv[2]);
	fflush(stdout);
	tcdrain(1);
	if (waits) {
		put_file("/proc/sysrq-trigger", "d");
	} else {
		put_file("/proc/sys/kernel/panic_on_warn", "1");
		put_file("/proc/sys/kernel/softlockup_panic", "1");
		put_file("/proc/sys/kernel/watchdog_thresh", "10");
		put_file("/sys/module/labkasan/parameters/mode", argv[2]);
		sleep(60);
		say("LAB: no crash, so sysrq");
	}
	put_file("/proc/sysrq-trigger", "c");
	return 0;
}
