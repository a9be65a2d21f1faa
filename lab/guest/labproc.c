// SPDX-License-Identifier: Apache-2.0
/*
 * labproc: the user side of the lab's guests, one static program.
 *
 *   labproc <kind> [MiB]              a user process of that kind, named lab-<kind>; stays for ever
 *   labproc crash <mode> init|param   prints the kernel's own truth (/proc) on the console, then crashes the kernel
 *
 * The truth is a list of sections. A section starts with a line "== <name>" and ends where the next one starts;
 * the last is "== end". lab/README.md lists them.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "LAB: labproc %s: %s\n", what, strerror(errno));
	exit(1);
}

static void stay(void)
{
	for (;;)
		pause();
}

static void rename_to(const char *name)
{
	prctl(PR_SET_NAME, name);
}

static unsigned char *memory(size_t bytes, int flags)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static int must(int rc, const char *what)
{
	if (rc < 0)
		die(what);
	return rc;
}

/* ------------------------------------------------------------------ kinds */

static void k_anon(const char *mib)
{
	size_t bytes = (mib ? strtoul(mib, NULL, 10) : 48) << 20, at;
	unsigned char *p = memory(bytes, MAP_PRIVATE);

	for (at = 0; at < bytes; at += 4096)
		snprintf((char *)p + at, 64, "labproc anonymous page %zu", at / 4096);
	stay();
}

static void k_hog(const char *unused)
{
	volatile unsigned long turns = 0;

	for (;;)
		turns++;
}

static void k_churn(const char *unused)
{
	const size_t bytes = 48 << 20;
	size_t at;

	for (;;) {
		unsigned char *p = memory(bytes, MAP_PRIVATE);

		madvise(p, bytes, MADV_HUGEPAGE);
		for (at = 0; at < bytes; at += 4096)
			p[at] = 1;
		munmap(p, bytes);
	}
}

static void k_eat(const char *unused)
{
	const size_t bytes = 4 << 20;
	size_t at;

	for (;;) {
		unsigned char *p = memory(bytes, MAP_PRIVATE);

		for (at = 0; at < bytes; at += 4096)
			p[at] = 1 + (at >> 12);
	}
}

static void k_files(const char *unused)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 50 };
	struct itimerspec every = { { 3600, 0 }, { 3600, 0 } };
	struct epoll_event want = { .events = EPOLLIN };
	char name[32];
	sigset_t set;
	int i, fd, ep;
	char *p;

	for (i = 1; i <= 12; i++) {
		snprintf(name, sizeof(name), "/mnt/file%d", i);
		fd = open(name, i % 2 ? O_RDWR : O_RDONLY);
		if (fd >= 0)
			lseek(fd, i * 1000, SEEK_SET);
	}
	fd = must(open("/mnt/file20", O_RDWR), "file20");
	flock(fd, LOCK_EX);
	fcntl(fd, F_SETLK, &range);
	p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		strcpy(p, "a dirty page of a mapped file");
	fd = must(open("/tmp/unlinked", O_RDWR | O_CREAT, 0600), "unlinked");
	must(write(fd, "data of an unlinked file\n", 25), "write");
	unlink("/tmp/unlinked");
	ep = epoll_create1(0);
	fd = eventfd(7, 0);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &want);
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	timerfd_settime(fd, 0, &every, NULL);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &want);
	fd = inotify_init();
	inotify_add_watch(fd, "/mnt", IN_CREATE | IN_DELETE);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signalfd(-1, &set, 0);
	kill(getpid(), SIGUSR1);
	if (chdir("/mnt/dir"))
		die("chdir");
	stay();
}

static void k_poll(const char *unused)
{
	int ep = epoll_create1(0), fd = timerfd_create(CLOCK_MONOTONIC, 0);
	struct epoll_event want = { .events = EPOLLIN }, got;

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &want);
	if (!fork()) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		rename_to("lab-poll-poll");
		poll(&p, 1, -1);
	}
	if (!fork()) {
		struct timespec day = { 86400, 0 };

		rename_to("lab-poll-sleep");
		nanosleep(&day, NULL);
	}
	epoll_wait(ep, &got, 1, -1);
}

static void k_pipe(const char *unused)
{
	static char block[65536];
	int full[2], empty[2];

	must(pipe(full), "pipe");
	must(pipe(empty), "pipe");
	if (!fork()) {
		char c;

		rename_to("lab-pipe-read");
		must(read(empty[0], &c, 1), "read");
	}
	memset(block, 'P', sizeof(block));
	must(write(full[1], "left in a pipe\n", 15), "write");
	must(write(full[1], block, sizeof(block)), "write");	/* more than it holds: blocks */
	stay();
}

static void k_tcp(const char *unused)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(4711) };
	int one = 1, l = must(socket(AF_INET, SOCK_STREAM, 0), "socket");

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	must(bind(l, (void *)&at, sizeof(at)), "bind");
	must(listen(l, 5), "listen");
	if (!fork()) {
		int s = socket(AF_INET, SOCK_STREAM, 0);
		char c;

		rename_to("lab-tcp-client");
		must(connect(s, (void *)&at, sizeof(at)), "connect");
		must(write(s, "bytes nobody reads", 18), "write");
		must(read(s, &c, 1), "read");
	}
	must(accept(l, NULL, NULL), "accept");
	accept(l, NULL, NULL);
}

static void k_udp(const char *unused)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(4712) };
	int s = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	char c;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(s, (void *)&at, sizeof(at)), "bind");
	must(recv(s, &c, 1, 0), "recv");
}

static void k_unix(const char *unused)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "/tmp/lab.sock" };
	int l = must(socket(AF_UNIX, SOCK_STREAM, 0), "socket"), pair[2];

	must(bind(l, (void *)&at, sizeof(at)), "bind");
	must(listen(l, 3), "listen");
	if (!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		must(write(pair[0], "queued", 6), "write");
	if (!fork()) {
		int s = socket(AF_UNIX, SOCK_STREAM, 0);
		char c;

		rename_to("lab-unix-client");
		must(connect(s, (void *)&at, sizeof(at)), "connect");
		must(read(s, &c, 1), "read");
	}
	must(accept(l, NULL, NULL), "accept");
	accept(l, NULL, NULL);
}

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static void *thread_main(void *number)
{
	char name[16];

	snprintf(name, sizeof(name), "lab-thr-%d", (int)(long)number);
	rename_to(name);
	pthread_mutex_lock(&held);
	return NULL;
}

static void k_thr(const char *unused)
{
	pthread_t t;
	long i;

	pthread_mutex_lock(&held);
	for (i = 0; i < 6; i++)
		pthread_create(&t, NULL, thread_main, (void *)i);
	stay();
}

static void k_ipc(const char *unused)
{
	struct { long type; char text[16]; } m = { 3, "queued" };
	int id = must(shmget(0x1ab1, 1 << 20, IPC_CREAT | 0600), "shmget");
	char *p = shmat(id, NULL, 0);

	if (p != (char *)-1)
		strcpy(p, "shared between processes");
	id = must(msgget(0x1ab2, IPC_CREAT | 0600), "msgget");
	must(msgsnd(id, &m, sizeof(m.text), 0), "msgsnd");
	id = must(semget(0x1ab3, 2, IPC_CREAT | 0600), "semget");
	memset(memory(2 << 20, MAP_SHARED), 0x5a, 1 << 20);
	semop(id, &(struct sembuf){ .sem_num = 1, .sem_op = -1 }, 1);
}

static void k_zomb(const char *unused)
{
	if (!fork())
		_exit(3);
	stay();
}

static void k_stop(const char *unused)
{
	raise(SIGSTOP);
}

static void k_trace(const char *unused)
{
	int status;

	if (!fork()) {
		rename_to("lab-traced");
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGTRAP);
	}
	wait(&status);
	stay();
}

static void k_vfork(const char *unused)
{
	if (!vfork()) {		/* the parent sleeps uninterruptibly until the child is gone */
		rename_to("lab-vfork-kid");
		stay();
	}
}

static void k_lockwait(const char *unused)
{
	int a = must(open("/mnt/lock", O_RDWR | O_CREAT, 0600), "lock");

	flock(a, LOCK_EX);
	if (!fork()) {
		int b = must(open("/mnt/lock", O_RDWR), "lock");

		rename_to("lab-lock-wait");
		flock(b, LOCK_EX);
	}
	stay();
}

static void k_fifo(const char *unused)
{
	mkfifo("/tmp/lab.fifo", 0600);
	open("/tmp/lab.fifo", O_RDONLY);
}

static void k_sigwait(const char *unused)
{
	sigset_t set;
	int got;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigdelset(&set, SIGINT);
	sigwait(&set, &got);
}

static void k_rt(const char *unused)
{
	struct sched_param p = { .sched_priority = 40 };

	sched_setscheduler(0, SCHED_FIFO, &p);
	stay();
}

static void k_user(const char *unused)
{
	setsid();
	must(setgid(1000), "setgid");
	must(setuid(1000), "setuid");
	if (nice(7) < 0)
		die("nice");
	stay();
}

static void k_ns(const char *unused)
{
	if (unshare(CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNS))
		die("unshare");
	if (!fork()) {
		rename_to("lab-ns-init");
		if (sethostname("inside", 6))
			die("sethostname");
		if (!fork())
			rename_to("lab-ns-child");
	}
	stay();
}

static const struct {
	const char *name;
	void (*run)(const char *arg);
} kinds[] = {
	{ "anon", k_anon }, { "hog", k_hog },	{ "churn", k_churn },	{ "eat", k_eat },	  { "files", k_files },
	{ "poll", k_poll }, { "pipe", k_pipe }, { "tcp", k_tcp },	{ "udp", k_udp },	  { "unix", k_unix },
	{ "thr", k_thr },   { "ipc", k_ipc },	{ "zomb", k_zomb },	{ "stop", k_stop },	  { "trace", k_trace },
	{ "vfork", k_vfork }, { "lockwait", k_lockwait }, { "fifo", k_fifo }, { "sigwait", k_sigwait }, { "rt", k_rt },
	{ "user", k_user }, { "ns", k_ns },
};

/* ------------------------------------------------------------------ truth */

static void section(const char *format, ...)
{
	va_list ap;

	fputs("== ", stdout);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

/* The file's text, NUL-terminated, in a buffer that the next call overwrites; its length, or -1. */
static char *text;
static size_t text_room;

static long slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t have = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	for (;;) {
		if (have + 65536 >= text_room) {
			text_room = text_room * 2 + (1 << 20);
			text = realloc(text, text_room);
			if (!text)
				die("realloc");
		}
		n = read(fd, text + have, text_room - have - 1);
		if (n <= 0)
			break;
		have += n;
	}
	close(fd);
	text[have] = 0;
	return have;
}

static void print_text(long length)
{
	if (length <= 0)
		return;
	fwrite(text, 1, length, stdout);
	if (text[length - 1] != '\n')
		putchar('\n');
}

static void file_section(const char *name, const char *path)
{
	long length = slurp(path);

	if (length < 0)
		return;
	section("%s", name);
	print_text(length);
}

static void kmsg_section(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	char record[8192];
	ssize_t n;

	if (fd < 0)
		return;
	section("kmsg");
	while ((n = read(fd, record, sizeof(record))) > 0 || (n < 0 && errno == EPIPE))
		if (n > 0)
			fwrite(record, 1, n, stdout);
	close(fd);
}

static void clock_section(void)
{
	static const struct { const char *name; clockid_t id; } clocks[] = {
		{ "realtime", CLOCK_REALTIME }, { "monotonic", CLOCK_MONOTONIC }, { "boottime", CLOCK_BOOTTIME },
	};
	struct timespec t;
	size_t i;

	section("clock");
	for (i = 0; i < 3; i++) {
		clock_gettime(clocks[i].id, &t);
		printf("%s %lld.%09ld\n", clocks[i].name, (long long)t.tv_sec, t.tv_nsec);
	}
}

/* All symbols of our own module, named ones, and a sample of the rest. */
static void kallsyms_section(void)
{
	static const char *const always[] = { "_text", "_stext", "_etext", "init_task", "linux_banner", "slab_caches",
		"jiffies", "init_uts_ns", "log_buf", "prb", "modules", "swapper_pg_dir", "panic", "schedule", "do_exit" };
	unsigned long core = 0, module = 0;
	char *line, *next, *name, *tab, end;
	size_t i;
	int take;

	if (slurp("/proc/kallsyms") <= 0)
		return;
	section("kallsyms");
	for (line = text; *line; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : line + strlen(line);
		end = next[0];
		next[0] = 0;
		tab = strchr(line, '\t');
		name = strchr(line, ' ');
		name = name ? strchr(name + 1, ' ') : NULL;
		take = tab ? strstr(tab, "[labcrash]") || !(module++ % 40) : !(core++ % 400);
		for (i = 0; !take && !tab && name && i < sizeof(always) / sizeof(*always); i++)
			take = !strncmp(name + 1, always[i], strlen(always[i])) && name[1 + strlen(always[i])] == '\n';
		if (take)
			fputs(line, stdout);
		next[0] = end;
	}
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return atoi((*a)->d_name) - atoi((*b)->d_name);
}

static int is_number(const struct dirent *d)
{
	return isdigit((unsigned char)d->d_name[0]);
}

/* Calls back for every thread of every process, in order of their numbers. */
static void each_task(void (*call)(int pid, int tid, const char *dir))
{
	struct dirent **pids, **tids;
	int np = scandir("/proc", &pids, is_number, by_number), nt, i, j;
	char dir[300];

	for (i = 0; i < np; i++) {
		snprintf(dir, sizeof(dir), "/proc/%s/task", pids[i]->d_name);
		nt = scandir(dir, &tids, is_number, by_number);
		for (j = 0; j < nt; j++) {
			snprintf(dir, sizeof(dir), "/proc/%d/task/%d", atoi(pids[i]->d_name), atoi(tids[j]->d_name));
			call(atoi(pids[i]->d_name), atoi(tids[j]->d_name), dir);
			free(tids[j]);
		}
		if (nt >= 0)
			free(tids);
		free(pids[i]);
	}
	if (np >= 0)
		free(pids);
}

static long slurp_in(const char *dir, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return slurp(path);
}

/* proc(5) "/proc/pid/stat": field 2 is the name in parentheses, the numbers after it are counted from 3 */
static void ps_line(int pid, int tid, const char *dir)
{
	unsigned long long f[60] = { 0 };
	char *open_at, *close_at, *at, state;
	int i;

	if (slurp_in(dir, "stat") <= 0)
		return;
	open_at = strchr(text, '(');
	close_at = strrchr(text, ')');
	if (!open_at || !close_at)
		return;
	*close_at = 0;
	state = close_at[2];
	at = close_at + 3;
	for (i = 4; i < 60 && *at; i++)
		f[i] = strtoull(at, &at, 10);
	printf("%d %d %llu %c %llu %lld %lld %llu %llu %llu %llu %llu %llx %s\n", tid, pid, f[4], state, f[39], (long long)f[18],
	       (long long)f[19], f[23] / 1024, f[24] * (sysconf(_SC_PAGESIZE) / 1024), f[14], f[15], f[22], f[9], open_at + 1);
}

static char *comm_of(const char *dir, char *into, size_t room)
{
	char path[128];
	int fd, n;

	snprintf(path, sizeof(path), "%s/comm", dir);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, into, room - 1);
	if (fd >= 0)
		close(fd);
	into[n > 0 ? n - 1 : 0] = 0;
	return into;
}

static void stack_section(int pid, int tid, const char *dir)
{
	char comm[64];
	long length;

	comm_of(dir, comm, sizeof(comm));
	length = slurp_in(dir, "stack");
	if (length < 0)
		return;
	section("stack %d %s", tid, comm);
	print_text(length);
}

static int is_ours(const char *comm)
{
	return !strncmp(comm, "lab-", 4);
}

static void fd_section(int pid, const char *dir, const char *comm)
{
	struct dirent **fds;
	char path[400], target[512];
	int i, n, got;

	snprintf(path, sizeof(path), "%s/fd", dir);
	n = scandir(path, &fds, is_number, by_number);
	if (n <= 0)
		return;
	section("fd %d %s", pid, comm);
	for (i = 0; i < n; i++) {
		long long pos = -1;
		unsigned flags = 0;

		snprintf(path, sizeof(path), "%s/fd/%s", dir, fds[i]->d_name);
		got = readlink(path, target, sizeof(target) - 1);
		target[got > 0 ? got : 0] = 0;
		snprintf(path, sizeof(path), "%s/fdinfo/%s", dir, fds[i]->d_name);
		if (slurp(path) > 0)
			sscanf(text, "pos: %lld flags: %o", &pos, &flags);
		if (got > 0)
			printf("%s %lld 0%o %s\n", fds[i]->d_name, pos, flags, target);
		free(fds[i]);
	}
	free(fds);
}

static void detail_sections(int pid, int tid, const char *dir)
{
	char comm[64];
	long length;

	comm_of(dir, comm, sizeof(comm));
	if (pid != tid)
		return;
	fd_section(pid, dir, comm);
	length = slurp_in(dir, "maps");	/* a kernel thread has none */
	if (length > 0) {
		section("maps %d %s", pid, comm);
		print_text(length);
	}
	if (!is_ours(comm) && pid != 1)
		return;
	length = slurp_in(dir, "status");
	section("status %d %s", pid, comm);
	print_text(length);
}

static void print_truth(void)
{
	static const char *const early[] = { "version", "cmdline", "iomem", "ioports", "devices", "mounts", "swaps", "modules",
		"filesystems", "partitions", "cpuinfo", "net/unix", "net/tcp", "net/tcp6", "net/udp", "net/udp6", "net/raw",
		"net/arp", "net/dev", "net/route", "locks", "cgroups", "sysvipc/shm", "sysvipc/msg", "sysvipc/sem", "timer_list",
		"vmallocinfo", "zoneinfo" };
	static const char *const late[] = { "buddyinfo", "slabinfo", "vmstat", "meminfo", "interrupts", "softirqs", "stat",
		"diskstats", "loadavg", "uptime" };
	char path[64];
	size_t i;

	section("begin 1");
	file_section("mountinfo", "/proc/self/mountinfo");
	for (i = 0; i < sizeof(early) / sizeof(*early); i++) {
		snprintf(path, sizeof(path), "/proc/%s", early[i]);
		file_section(early[i], path);
	}
	kallsyms_section();
	each_task(detail_sections);
	kmsg_section();
	file_section("sched_debug", access("/proc/sched_debug", R_OK) ? "/sys/kernel/debug/sched/debug" : "/proc/sched_debug");
	for (i = 0; i < sizeof(late) / sizeof(*late); i++) {
		snprintf(path, sizeof(path), "/proc/%s", late[i]);
		file_section(late[i], path);
	}
	clock_section();
	section("ps");
	puts("# tid pid ppid state cpu prio nice vszKiB rssKiB utime stime start flags comm");
	each_task(ps_line);
	each_task(stack_section);
	section("end");
	fflush(stdout);
	tcdrain(1);
}

/* ------------------------------------------------------------------ crash */

static void put_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fprintf(stderr, "LAB: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void load_module(const char *mode)
{
	int fd = open("/lib/labcrash.ko", O_RDONLY);
	char params[64];

	snprintf(params, sizeof(params), "mode=%s", mode);
	if (fd < 0 || syscall(SYS_finit_module, fd, params, 0))
		fprintf(stderr, "LAB: labcrash.ko %s: %s\n", params, strerror(errno));
}

/* Whether the list of words, separated by spaces, has this one. */
static int one_of(const char *word, const char *list)
{
	size_t n = strlen(word);

	for (; *list; list += strcspn(list, " "), list += *list == ' ')
		if (strcspn(list, " ") == n && !strncmp(list, word, n))
			return 1;
	return 0;
}

static void say(const char *line)
{
	puts(line);
	fflush(stdout);
	tcdrain(1);
}

/* A double free is noticed by the next one of the same slab at the latest. */
static void use_the_file_system(void)
{
	char name[32];
	int i;

	for (i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "/mnt/new%d", i);
		close(open(name, O_CREAT | O_RDWR, 0600));
	}
	sync();
	for (i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "/mnt/new%d", i);
		unlink(name);
	}
	sync();
	sleep(1);
}

static void crash(const char *mode, int by_parameter)
{
	int in_module = !one_of(mode, "sysrq oom nmi");

	if (one_of(mode, "abba")) {	/* it is the blocked tasks that are of interest: truth after they block */
		put_file("/proc/sys/kernel/hung_task_timeout_secs", "4");
		load_module(mode);
		sleep(10);
		put_file("/proc/sys/kernel/hung_task_timeout_secs", "0");	/* no more lines amid the truth */
		in_module = 0;
	} else if (in_module && by_parameter) {
		load_module("none");
	}
	print_truth();
	printf("LAB: ready, mode %s\n", mode);
	fflush(stdout);
	tcdrain(1);
	if (one_of(mode, "oom")) {
		put_file("/proc/sys/vm/panic_on_oom", "1");
		k_eat(NULL);
	}
	if (one_of(mode, "nmi"))
		put_file("/proc/sys/kernel/unknown_nmi_panic", "1");
	if (in_module && by_parameter)
		put_file("/sys/module/labcrash/parameters/mode", mode);
	else if (in_module)
		load_module(mode);
	if (one_of(mode, "nmi nminull")) {
		say("LAB: waiting for an NMI");
		sleep(30);
	}
	if (one_of(mode, "rcuinode inode dfree softnull irqnull worknull")) {
		sleep(4);
		use_the_file_system();
	}
	if (!one_of(mode, "sysrq abba"))
		say("LAB: no crash, so sysrq");
	put_file("/proc/sysrq-trigger", "c");
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";
	char name[16];
	size_t i;

	snprintf(name, sizeof(name), "lab-%s", kind);
	rename_to(name);
	if (!strcmp(kind, "crash")) {
		static char room[1 << 16];

		setvbuf(stdout, room, _IOFBF, sizeof(room));
		setvbuf(stderr, NULL, _IONBF, 0);
		crash(argc > 2 ? argv[2] : "sysrq", argc > 3 && !strcmp(argv[3], "param"));
		return 0;
	}
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, kind)) {
			kinds[i].run(argc > 2 ? argv[2] : NULL);
			stay();
		}
	fprintf(stderr, "labproc: no kind %s\n", kind);
	return 1;
}
