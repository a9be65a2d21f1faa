// SPDX-License-Identifier: Apache-2.0
/*
 * labops WHAT ...: the parts of the ops guest that a shell cannot do. Each is what a program of a real machine does, gone wrong:
 * see the table at the end.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <linux/fuse.h>
#include <linux/nbd.h>
#include <linux/netlink.h>
#include <linux/nfs.h>
#include <linux/nfs_mount.h>
#include <linux/watchdog.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MIB (1UL << 20)

static void fail(const char *what)
{
	fprintf(stderr, "LAB: labops %s: %s\n", what, strerror(errno));
	exit(1);
}

static void name(const char *comm)
{
	prctl(PR_SET_NAME, comm);
}

static void stay(void)
{
	for (;;)
		pause();
}

static void many_files(void)
{
	struct rlimit most = { 1000000, 1000000 };

	setrlimit(RLIMIT_NOFILE, &most);
}

/* ---- memory ---- */

static char *anonymous(unsigned long bytes)
{
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		fail("mmap");
	return at;
}

/* hog MIB: so much memory, filled with what cannot be compressed */
static int hog(char **argv)
{
	unsigned long bytes = atol(argv[0]) * MIB, i;
	uint64_t x = getpid() * 0x9e3779b97f4a7c15UL, *at = (void *)anonymous(bytes);

	for (i = 0; i < bytes / 8; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		at[i] = x;
	}
	puts("LAB: hog is full");
	fflush(stdout);
	stay();
	return 0;
}

static int locked(char **argv)
{
	unsigned long bytes = atol(argv[0]) * MIB;

	name("ops-locker");
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		fail("mlockall");
	memset(anonymous(bytes), 'l', bytes);
	puts("LAB: all of it is locked");
	fflush(stdout);
	stay();
	return 0;
}

/* reads one byte of each 2 MiB: page tables for pages of zeros */
static int tables(char **argv)
{
	unsigned long i, room = 1UL << 40;
	volatile char *at = anonymous(room);

	name("ops-sparse");
	for (i = 0; i < room; i += 2 * MIB)
		(void)at[i];
	return 0;
}

static int sockets(char **argv)
{
	static char block[65536];
	int pair[2], size = 4 << 20;

	name("ops-sender");
	many_files();
	while (!socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) {
		setsockopt(pair[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
		while (send(pair[0], block, sizeof(block), MSG_DONTWAIT) > 0)
			;
	}
	fail("socketpair");
	return 1;
}

/* sockets of the network whose reader does not read */
static int tcp(char **argv)
{
	static char block[65536];
	int listener = socket(AF_INET, SOCK_STREAM, 0), from, to;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	name("ops-server");
	many_files();
	if (bind(listener, (void *)&at, sizeof(at)) || listen(listener, 100))
		fail("listen");
	for (;;) {
		from = socket(AF_INET, SOCK_STREAM, 0);
		if (from < 0 || connect(from, (void *)&at, sizeof(at)))
			fail("connect");
		to = accept(listener, NULL, NULL);
		while (to >= 0 && send(from, block, sizeof(block), MSG_DONTWAIT) > 0)
			;
	}
}

static int pipes(char **argv)
{
	static char block[MIB];
	int ends[2];

	name("ops-logger");
	many_files();
	while (!pipe(ends)) {
		fcntl(ends[1], F_SETPIPE_SZ, MIB);
		fcntl(ends[1], F_SETFL, O_NONBLOCK);
		if (write(ends[1], block, sizeof(block)) < 0)
			fail("write to a pipe");
	}
	fail("pipe");
	return 1;
}

/* System V segments that stay when their maker has ended */
static int segments(char **argv)
{
	int n;

	name("ops-database");
	for (n = 0;; n++) {
		int id = shmget(0x1ab0000 + n, 64 * MIB, IPC_CREAT | 0600);
		char *at = id < 0 ? (char *)-1 : shmat(id, NULL, 0);

		if (at == (char *)-1)
			fail("shmget");
		memset(at, 's', 64 * MIB);
		shmdt(at);
	}
}

static int files(char **argv)
{
	char path[64];
	int n, fd;

	name("ops-cacher");
	for (n = 0;; n++) {
		if (n % 10000 == 0) {
			sprintf(path, "%s/dir%d", argv[0], n / 10000);
			mkdir(path, 0700);
		}
		sprintf(path, "%s/dir%d/entry%d", argv[0], n / 10000, n);
		fd = open(path, O_CREAT | O_WRONLY, 0600);
		if (fd < 0)
			fail("create");
		close(fd);
	}
}

/* processes that do nothing, as many as there may be; then it says so */
static int forks(char **argv)
{
	int n = 0, pid;

	name("ops-bomb");
	while ((pid = fork()) > 0)
		n++;
	if (pid == 0) {
		name("ops-child");
		stay();
	}
	printf("LAB: %d children: %s\n", n, strerror(errno));
	fflush(stdout);
	stay();
	return 0;
}

static int descriptors(char **argv)
{
	int n = 0, child;

	name("ops-leaker");
	many_files();
	for (child = 0; child < 8; child++)
		if (!fork())
			break;
	setuid(1000);
	while (open("/dev/null", O_RDONLY) >= 0)
		n++;
	printf("LAB: %d files: %s\n", n, strerror(errno));
	fflush(stdout);
	stay();
	return 0;
}

/* ---- file systems and devices ---- */

static int freeze(char **argv)
{
	int fd = open(argv[0], O_RDONLY);

	if (fd < 0 || ioctl(fd, FIFREEZE, 0))
		fail("freeze");
	return 0;
}

/* write PATH MIB: one long write, as root's backup does it; then to the disk */
static int long_write(char **argv)
{
	unsigned long bytes = atol(argv[1]) * MIB;
	int fd = open(argv[0], O_CREAT | O_WRONLY, 0600);
	char *from = anonymous(bytes);

	if (fd < 0)
		fail(argv[0]);
	if (write(fd, from, bytes) < 0 || fsync(fd))
		fail("write");
	return 0;
}

static union {
	struct dm_ioctl head;
	char bytes[8192];
} request;

static void ask_mapper(unsigned long code, const char *device, unsigned int flags)
{
	static int control = -1;

	if (control < 0)
		control = open("/dev/mapper/control", O_RDWR);
	request.head.version[0] = DM_VERSION_MAJOR;
	request.head.data_size = sizeof(request);
	request.head.data_start = sizeof(request.head);
	request.head.flags = flags;
	strncpy(request.head.name, device, sizeof(request.head.name) - 1);
	if (control < 0 || ioctl(control, code, &request))
		fail("device mapper");
	memset(&request, 0, sizeof(request));
}

/* dm NAME SECTORS TARGET PARAMETERS: a mapped device */
static int mapped(char **argv)
{
	struct dm_target_spec *target = (void *)(request.bytes + sizeof(request.head));

	ask_mapper(DM_DEV_CREATE, argv[0], 0);
	request.head.target_count = 1;
	target->length = strtoull(argv[1], NULL, 0);
	strcpy(target->target_type, argv[2]);
	strcpy((char *)(target + 1), argv[3]);
	ask_mapper(DM_TABLE_LOAD, argv[0], 0);
	ask_mapper(DM_DEV_SUSPEND, argv[0], 0);
	return 0;
}

static int suspend(char **argv)
{
	ask_mapper(DM_DEV_SUSPEND, argv[0], DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG);
	return 0;
}

/* message NAME TEXT */
static int message(char **argv)
{
	struct dm_target_msg *msg = (void *)(request.bytes + sizeof(request.head));

	strcpy(msg->message, argv[1]);
	ask_mapper(DM_TARGET_MSG, argv[0], 0);
	return 0;
}

/* A file system in user space whose daemon knows its root and does not come back from the first look-up. */
static int fuse(char **argv)
{
	static char in[1 << 17];
	struct fuse_in_header *head = (void *)in;
	int fd = open("/dev/fuse", O_RDWR);
	char options[128];

	name("ops-fused");
	sprintf(options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if (fd < 0 || mount("bucket", argv[0], "fuse.objectfs", 0, options))
		fail("fuse");
	for (;;) {
		struct {
			struct fuse_out_header head;
			union {
				struct fuse_init_out init;
				struct fuse_attr_out attr;
			} u;
		} out = { 0 };
		size_t size = 0;

		if (read(fd, in, sizeof(in)) < 0)
			fail("/dev/fuse");
		if (head->opcode == FUSE_INIT) {
			out.u.init.major = FUSE_KERNEL_VERSION;
			out.u.init.minor = 31;
			out.u.init.max_write = 65536;
			out.u.init.max_background = 12;
			size = sizeof(out.u.init);
		} else if (head->opcode == FUSE_GETATTR) {
			out.u.attr.attr.ino = 1;
			out.u.attr.attr.mode = S_IFDIR | 0755;
			out.u.attr.attr.nlink = 2;
			size = sizeof(out.u.attr);
		} else if (head->opcode == FUSE_LOOKUP) {
			puts("LAB: the daemon waits for its bucket");
			fflush(stdout);
			stay(); /* for what is beyond the network */
		} else {
			out.head.error = -ENOSYS;
		}
		out.head.unique = head->unique;
		out.head.len = sizeof(out.head) + size;
		if (write(fd, &out, out.head.len) < 0)
			fail("reply");
	}
}

static int listen_at(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&at, sizeof(at)) || listen(fd, 5))
		fail("listen");
	return fd;
}

static int connect_to(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	while (connect(fd, (void *)&at, sizeof(at)))
		usleep(100000);
	return fd;
}

static void all(int fd, void *at, size_t size)
{
	for (char *to = at; size > 0;) {
		ssize_t n = read(fd, to, size);

		if (n <= 0)
			fail("read");
		to += n;
		size -= n;
	}
}

#define NBD_BYTES (64 * MIB)

/* nbd-server IMAGE: serves a copy of a disk over TCP */
static int nbd_server(char **argv)
{
	char *disk = anonymous(NBD_BYTES);
	int from = open(argv[0], O_RDONLY), fd;
	struct nbd_request ask;

	name("ops-nbd-server");
	all(from, disk, NBD_BYTES);
	fd = accept(listen_at(10809), NULL, NULL);
	for (;;) {
		struct nbd_reply answer = { htonl(NBD_REPLY_MAGIC) };
		uint64_t at;
		uint32_t size;

		all(fd, &ask, sizeof(ask));
		memcpy(&answer.handle, &ask.handle, sizeof(answer.handle));
		at = be64toh(ask.from);
		size = ntohl(ask.len);
		if ((ntohl(ask.type) & 0xffff) == NBD_CMD_WRITE)
			all(fd, disk + at, size);
		if (write(fd, &answer, sizeof(answer)) < 0)
			fail("answer");
		if ((ntohl(ask.type) & 0xffff) == NBD_CMD_READ && write(fd, disk + at, size) < 0)
			fail("answer");
	}
}

static int nbd_client(char **argv)
{
	int device = open("/dev/nbd0", O_RDWR), fd = connect_to(10809);

	name("ops-nbd-client");
	if (device < 0 || ioctl(device, NBD_SET_BLKSIZE, 512UL) || ioctl(device, NBD_SET_SIZE, NBD_BYTES) ||
	    ioctl(device, NBD_SET_SOCK, fd))
		fail("nbd");
	ioctl(device, NBD_DO_IT);
	return 0;
}

/* ---- an NFS server that knows one directory and one file, and does not answer writes ---- */

static uint32_t *words;

static void put(uint32_t word)
{
	*words++ = htonl(word);
}

static void put_handle(uint32_t inode)
{
	put(4);
	put(inode);
}

static void put_attributes(uint32_t inode)
{
	uint32_t zero[] = { 0, 0 };

	put(inode == 1 ? 2 : 1); /* directory or file */
	put(inode == 1 ? 0755 : 0644);
	put(inode == 1 ? 2 : 1);
	put(0), put(0);          /* owner */
	put(0), put(0);          /* size */
	put(0), put(4096);       /* used */
	put(0), put(0);          /* device */
	put(0), put(77);         /* file system */
	put(0), put(inode);
	for (int i = 0; i < 3; i++) {
		put(1000000000), put(zero[0]);
	}
}

/* The procedures of RFC 1813 that a mount and a create want; 0: no answer. */
static int nfs_reply(uint32_t procedure, uint32_t inode)
{
	put(0);
	switch (procedure) {
	case 0: /* NULL has no status */
		words--;
		return 1;
	case 1: /* GETATTR */
		put_attributes(inode);
		return 1;
	case 2: /* SETATTR: no weak cache consistency */
		put(0), put(0);
		return 1;
	case 3: /* LOOKUP: there is none */
		words[-1] = htonl(2);
		put(0);
		return 1;
	case 4: /* ACCESS */
		put(0), put(0x3f);
		return 1;
	case 8: /* CREATE */
		put(1), put_handle(2);
		put(1), put_attributes(2);
		put(0), put(0);
		return 1;
	case 19: /* FSINFO */
		put(0);
		put(65536), put(65536), put(4096), put(65536), put(65536), put(4096), put(4096);
		put(0x7fffffff), put(0xffffffff);
		put(0), put(1);
		put(0x1b);
		return 1;
	case 20: /* PATHCONF */
		put(0);
		put(32), put(255), put(1), put(1), put(0), put(1);
		return 1;
	case 18: /* FSSTAT */
		put(0);
		for (int i = 0; i < 6; i++)
			put(0), put(1 << 30);
		put(0);
		return 1;
	default:
		return 0;
	}
}

static void *nfs_connection(void *arg)
{
	int fd = (long)arg;
	static __thread uint32_t in[65536], out[512];

	for (;;) {
		uint32_t mark, *at = in, procedure, inode = 1;
		size_t size;

		all(fd, &mark, 4);
		size = ntohl(mark) & 0x7fffffff;
		if (size > sizeof(in))
			fail("a long request");
		all(fd, in, size);
		procedure = ntohl(at[5]);
		at += 6;
		at += 2 + (ntohl(at[1]) + 3) / 4; /* credentials */
		at += 2 + (ntohl(at[1]) + 3) / 4; /* verifier */
		if (procedure != 0 && ntohl(at[0]) == 4)
			inode = ntohl(at[1]);
		words = out + 1;
		put(ntohl(in[0])), put(1), put(0), put(0), put(0), put(0);
		if (!nfs_reply(procedure, inode)) {
			printf("LAB: the server stops at procedure %u\n", procedure);
			fflush(stdout);
			stay();
		}
		size = (char *)words - (char *)(out + 1);
		out[0] = htonl(0x80000000 | size);
		if (write(fd, out, size + 4) < 0)
			fail("answer");
	}
	return NULL;
}

static int nfs_server(char **argv)
{
	int listener = listen_at(2049);
	pthread_t thread;

	name("ops-nfs-server");
	for (;;) {
		long fd = accept(listener, NULL, NULL);

		pthread_create(&thread, NULL, nfs_connection, (void *)fd);
	}
}

static int nfs_mount(char **argv)
{
	struct nfs_mount_data data = { .version = 6, .flags = NFS_MOUNT_VER3 | NFS_MOUNT_TCP | NFS_MOUNT_NONLM | NFS_MOUNT_NOACL, .wsize = 65536,
		.rsize = 65536, .timeo = 20, .retrans = 2, .acregmin = 3, .acregmax = 60, .acdirmin = 30, .acdirmax = 60 };
	uint32_t handle = htonl(1);

	data.addr.sin_family = AF_INET;
	data.addr.sin_port = htons(2049);
	data.addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	strcpy(data.hostname, "filer");
	data.root.size = 4;
	memcpy(data.root.data, &handle, 4);
	if (mount("filer:/export/home", argv[0], "nfs", 0, &data))
		fail("mount of nfs");
	return 0;
}

/* ---- settings ---- */

/* An audit daemon that is registered and does not read; without records the kernel is to panic. */
static int audit(char **argv)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT), i;
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr head;
		union {
			struct audit_status status;
			char text[64];
		} u;
	} m = { 0 };

	name("ops-auditd");
	m.head.nlmsg_len = NLMSG_LENGTH(sizeof(m.u.status));
	m.head.nlmsg_type = AUDIT_SET;
	m.head.nlmsg_flags = NLM_F_REQUEST;
	m.u.status.mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_PID | AUDIT_STATUS_FAILURE | AUDIT_STATUS_BACKLOG_LIMIT;
	m.u.status.enabled = 1;
	m.u.status.failure = 2;
	m.u.status.backlog_limit = 64;
	m.u.status.pid = getpid();
	if (fd < 0 || sendto(fd, &m, m.head.nlmsg_len, 0, (void *)&to, sizeof(to)) < 0)
		fail("audit");
	m.u.status.mask = AUDIT_STATUS_BACKLOG_WAIT_TIME;
	sendto(fd, &m, m.head.nlmsg_len, 0, (void *)&to, sizeof(to));
	if (fork())
		stay();
	name("ops-app");
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
	for (i = 0; i < 100000; i++) {
		m.head.nlmsg_type = AUDIT_USER;
		m.head.nlmsg_len = NLMSG_LENGTH(sizeof(m.u.text));
		strcpy(m.u.text, "op=login id=0 res=success");
		sendto(fd, &m, m.head.nlmsg_len, 0, (void *)&to, sizeof(to));
	}
	return 0;
}

static int watchdog(char **argv)
{
	int fd = open("/dev/watchdog", O_WRONLY), seconds = 5;

	name("ops-watchdogd");
	if (fd < 0 || ioctl(fd, WDIOC_SETTIMEOUT, &seconds))
		fail("watchdog");
	for (;;) {
		if (write(fd, "k", 1) < 0)
			fail("keep alive");
		sleep(1);
	}
}

/* A real-time program that polls a device for ever. */
static int realtime(char **argv)
{
	struct sched_param first = { .sched_priority = 80 };
	cpu_set_t cpus;

	name("ops-poller");
	CPU_ZERO(&cpus);
	CPU_SET(1, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) || sched_setscheduler(0, SCHED_FIFO, &first))
		fail("scheduler");
	for (;;)
		;
}

/* A page of this process is poisoned, as the kernel does it upon a memory error that the hardware reports; then it is read. */
static int poisoned(char **argv)
{
	volatile char *at = anonymous(4096);

	at[0] = 1;
	if (madvise((void *)at, 4096, MADV_HWPOISON))
		fail("poison");
	return at[0];
}

static const struct {
	const char *what;
	int (*does)(char **argv);
} table[] = {
	{ "hog", hog }, { "locked", locked }, { "tables", tables }, { "sockets", sockets }, { "tcp", tcp }, { "pipes", pipes },
	{ "segments", segments }, { "files", files }, { "forks", forks }, { "descriptors", descriptors }, { "freeze", freeze },
	{ "write", long_write }, { "dm", mapped }, { "suspend", suspend }, { "message", message }, { "fuse", fuse },
	{ "nbd-server", nbd_server }, { "nbd-client", nbd_client }, { "nfs-server", nfs_server }, { "nfs-mount", nfs_mount },
	{ "audit", audit }, { "watchdog", watchdog }, { "realtime", realtime }, { "poisoned", poisoned },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (argc > 1 && !strcmp(argv[1], table[i].what))
			return table[i].does(argv + 2);
	fprintf(stderr, "LAB: labops cannot do this\n");
	return 1;
}
