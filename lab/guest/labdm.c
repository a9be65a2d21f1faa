// SPDX-License-Identifier: Apache-2.0
// labdm NAME DISK: a device-mapper device NAME that maps the whole of a disk, as `dmsetup create` with a linear target.
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static union {
	struct dm_ioctl head;
	char bytes[4096];
} request;

static void ask(int fd, unsigned long code, const char *name, unsigned int flags)
{
	request.head.version[0] = DM_VERSION_MAJOR;
	request.head.data_size = sizeof(request);
	request.head.data_start = sizeof(request.head);
	request.head.flags = flags;
	strncpy(request.head.name, name, sizeof(request.head.name) - 1);
	if (ioctl(fd, code, &request)) {
		perror("LAB: device mapper");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct dm_target_spec *target = (void *)(request.bytes + sizeof(request.head));
	unsigned long long size = 0;
	struct stat disk;
	int fd, control;

	fd = argc == 3 ? open(argv[2], O_RDONLY) : -1;
	control = open("/dev/mapper/control", O_RDWR);
	if (fd < 0 || control < 0 || fstat(fd, &disk) || ioctl(fd, BLKGETSIZE64, &size)) {
		perror("LAB: labdm");
		return 1;
	}
	close(fd);
	ask(control, DM_DEV_CREATE, argv[1], 0);
	memset(&request, 0, sizeof(request));
	request.head.target_count = 1;
	target->length = size / 512;
	strcpy(target->target_type, "linear");
	sprintf((char *)(target + 1), "%u:%u 0", major(disk.st_rdev), minor(disk.st_rdev));
	ask(control, DM_TABLE_LOAD, argv[1], 0);
	memset(&request, 0, sizeof(request));
	ask(control, DM_DEV_SUSPEND, argv[1], 0);
	return 0;
}
