// SPDX-License-Identifier: GPL-2.0
/*
 * labkasan: wrong uses of memory that only a kernel with KASAN, page_owner and the like notices, and waits that only lockdep
 * can tell the end of; a crash module of the lab.
 *
 *   insmod labkasan.ko; echo <name> > /sys/module/labkasan/parameters/mode
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#define opaque __attribute__((noipa))

/* What is moored in the harbour. */
struct barge {
	u64 number;
	char name[20];
	u32 cargo[5];
	struct list_head quay;
	struct rcu_head sunk;
	struct work_struct tow;
	u64 tonnes;
};

static struct kmem_cache *barge_cache;
static LIST_HEAD(harbour);
static volatile int never;

static opaque struct barge *barge_build(u64 number)
{
	struct barge *b = kmem_cache_zalloc(barge_cache, GFP_KERNEL);

	if (!b)
		return NULL;
	b->number = number;
	snprintf(b->name, sizeof(b->name), "barge %llu", number);
	list_add_tail(&b->quay, &harbour);
	return b;
}

/* Twelve barges; the fifth of them. */
static struct barge *fifth_barge(void)
{
	struct barge *b = NULL, *fifth = NULL;
	u64 i;

	for (i = 0; i < 12; i++) {
		b = barge_build(i);
		if (i == 4)
			fifth = b;
	}
	return fifth;
}

static opaque u64 barge_tonnes(struct barge *b)
{
	return READ_ONCE(b->tonnes);
}

static opaque void barge_sinks(struct rcu_head *head)
{
	kmem_cache_free(barge_cache, container_of(head, struct barge, sunk));
}

static opaque void barge_scrapped(struct work_struct *work)
{
	kmem_cache_free(barge_cache, container_of(work, struct barge, tow));
}

static struct barge *built_by_another;

static opaque int shipyard(void *unused)
{
	built_by_another = fifth_barge();
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

/* An object that a task of its own allocated. */
static struct barge *another_builds(void)
{
	struct task_struct *t = kthread_run(shipyard, NULL, "kasan-yard");

	if (IS_ERR(t))
		return NULL;
	while (!READ_ONCE(built_by_another))
		msleep(20);
	kthread_stop(t);
	list_del(&built_by_another->quay);
	return built_by_another;
}

/* Allocated by one task, freed by an RCU callback, read afterwards. */
static int mode_rcufreed(void)
{
	struct barge *b = another_builds();

	if (!b)
		return -ENOMEM;
	call_rcu(&b->sunk, barge_sinks);
	rcu_barrier();
	return barge_tonnes(b) == 1;
}

static opaque int shipbreaker(void *unused)
{
	kmem_cache_free(barge_cache, built_by_another);
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

/* Allocated by one task, freed by another, read by a third. */
static int mode_handfreed(void)
{
	struct barge *b = another_builds();
	struct task_struct *t = b ? kthread_run(shipbreaker, NULL, "kasan-breaker") : NULL;

	if (IS_ERR_OR_NULL(t))
		return -ENOMEM;
	msleep(100);
	kthread_stop(t);
	return barge_tonnes(b) == 1;
}

/* Handed to RCU to be freed, and freed at once by a task as well: RCU's list leads through what is free. */
static int mode_rcuqueued(void)
{
	struct barge *b = another_builds();

	if (!b)
		return -ENOMEM;
	call_rcu(&b->sunk, barge_sinks);
	kmem_cache_free(barge_cache, b);
	rcu_barrier();
	return 0;
}

static struct {
	struct rcu_head later;
	struct barge *of;
} order;

static void order_runs(struct rcu_head *head)
{
	kmem_cache_free(barge_cache, order.of);
}

/* Freed by a task, and by an RCU callback again. */
static int mode_rcutwice(void)
{
	order.of = another_builds();
	if (!order.of)
		return -ENOMEM;
	call_rcu(&order.later, order_runs);
	kmem_cache_free(barge_cache, order.of);
	rcu_barrier();
	return 0;
}

/* Freed by a work item. */
static int mode_workfreed(void)
{
	struct barge *b = another_builds();

	if (!b)
		return -ENOMEM;
	INIT_WORK(&b->tow, barge_scrapped);
	schedule_work(&b->tow);
	flush_scheduled_work();
	return barge_tonnes(b) == 1;
}

static opaque void fill_name(char *name, size_t size)
{
	size_t i;

	/* memset() itself is not checked where the compiler has no other name for it */
	for (i = 0; i < size; i++)
		WRITE_ONCE(name[i], 'x');
}

/* Writes one byte beyond an object of a general cache, which has more room than was asked for. */
static int mode_beyond(void)
{
	char *name = kmalloc(43 + never, GFP_KERNEL);

	if (!name)
		return -ENOMEM;
	fill_name(name, 44 + never);
	return name[3] == 'y';
}

static opaque void set_cargo(struct barge *b, int at, u32 what)
{
	WRITE_ONCE(*(&b->cargo[0] + at), what);
}

/* Writes beyond the last member of an object of a cache of its own. */
static int mode_cargo(void)
{
	set_cargo(fifth_barge(), (sizeof(struct barge) - offsetof(struct barge, cargo)) / 4 + 1 + never, 7);
	return 0;
}

static opaque char byte_of(const char *at, size_t offset)
{
	return READ_ONCE(at[offset]);
}

/* Reads beyond an object that has pages of its own. */
static int mode_large(void)
{
	char *room = kmalloc(3 * PAGE_SIZE - 100 + never, GFP_KERNEL);

	return room ? byte_of(room, 3 * PAGE_SIZE - 100) == 1 : -ENOMEM;
}

/* Reads pages that were given back. */
static int mode_page(void)
{
	unsigned long pages = __get_free_pages(GFP_KERNEL, 2);

	if (!pages)
		return -ENOMEM;
	strscpy((char *)pages, "four pages", 16);
	free_pages(pages, 2);
	return byte_of((char *)pages, PAGE_SIZE + 5) == 1;
}

static int mode_vmalloc(void)
{
	char *room = vmalloc(5000 + never);

	return room ? byte_of(room, 5100) == 1 : -ENOMEM;
}

/* Reads an area of vmalloc space that was given back. */
static int mode_vgone(void)
{
	char *room = vmalloc(5 * PAGE_SIZE + never);

	if (!room)
		return -ENOMEM;
	strscpy(room, "five pages", 16);
	vfree(room);
	return byte_of(room, PAGE_SIZE + 7) == 1;
}

static int mode_stack(void)
{
	char first[24], second[13];

	fill_name(first, sizeof(first));
	fill_name(second, sizeof(second));
	return byte_of(second, sizeof(second) + never) == first[3];
}

static char pier_names[50];

static int mode_global(void)
{
	return byte_of(pier_names, sizeof(pier_names) + 3) == 1;
}

/* Frees an object of a general cache twice. */
static int mode_twice(void)
{
	char *name = kmalloc(100 + never, GFP_KERNEL);

	kfree(name);
	kfree(name);
	return 0;
}

/* Frees an address inside of an object. */
static int mode_inside(void)
{
	char *name = kmalloc(100 + never, GFP_KERNEL);

	kfree(name + 16 + never);
	return 0;
}

/* An index that the compiler knows the bounds for: CONFIG_UBSAN_TRAP. */
static int mode_bounds(void)
{
	struct barge *b = fifth_barge();
	volatile int at = 5;

	b->cargo[at] = 9;
	return 0;
}

struct buoy {
	u64 depth;
	struct timer_list blink;
	u64 more[20];
};

static void buoy_blinks(struct timer_list *t)
{
}

/* Frees an object whose timer runs: CONFIG_DEBUG_OBJECTS_FREE. */
static int mode_timer(void)
{
	struct buoy *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	timer_setup(&b->blink, buoy_blinks, 0);
	mod_timer(&b->blink, jiffies + 60 * HZ);
	kfree(b);
	return 0;
}

/* ---- locks whose holder no lock names ---- */

static DECLARE_RWSEM(basin);
DEFINE_STATIC_SRCU(tides);
static DEFINE_MUTEX(gate);
static DECLARE_COMPLETION(flood);

/* One of three readers stays; the last that came has gone. */
static opaque int reads_for_ever(void *unused)
{
	down_read(&basin);
	wait_for_completion(&flood);
	up_read(&basin);
	return 0;
}

static opaque int reads_and_goes(void *unused)
{
	down_read(&basin);
	msleep(100);
	up_read(&basin);
	return 0;
}

static opaque int wants_to_write(void *unused)
{
	down_write(&basin);
	up_write(&basin);
	return 0;
}

static opaque int reads_tides(void *unused)
{
	int at = srcu_read_lock(&tides);

	wait_for_completion(&flood);
	srcu_read_unlock(&tides, at);
	return 0;
}

static opaque int waits_for_tides(void *unused)
{
	mutex_lock(&gate);
	synchronize_srcu(&tides);
	mutex_unlock(&gate);
	return 0;
}

static opaque int wants_gate(void *unused)
{
	mutex_lock(&gate);
	mutex_unlock(&gate);
	return 0;
}

static int mode_readers(void)
{
	kthread_run(reads_for_ever, NULL, "kasan-stays");
	msleep(100);
	kthread_run(reads_and_goes, NULL, "kasan-goes");
	msleep(400);
	kthread_run(wants_to_write, NULL, "kasan-writer");
	kthread_run(reads_tides, NULL, "kasan-tides");
	msleep(100);
	kthread_run(waits_for_tides, NULL, "kasan-syncs");
	msleep(100);
	kthread_run(wants_gate, NULL, "kasan-gate");
	return 0;
}

static DEFINE_SPINLOCK(port);
static DEFINE_SPINLOCK(starboard);

static opaque int port_then_starboard(void *unused)
{
	spin_lock(&port);
	mdelay(300);
	spin_lock(&starboard);
	spin_unlock(&starboard);
	spin_unlock(&port);
	return 0;
}

static opaque int starboard_then_port(void *unused)
{
	spin_lock(&starboard);
	mdelay(300);
	spin_lock(&port);
	spin_unlock(&port);
	spin_unlock(&starboard);
	return 0;
}

static void bind_and_start(int (*run)(void *), unsigned int cpu, const char *name)
{
	struct task_struct *t = kthread_create(run, NULL, "%s", name);

	if (IS_ERR(t))
		return;
	kthread_bind(t, cpu);
	wake_up_process(t);
}

/* Two tasks on two CPUs take two spinlocks the other way round. */
static int mode_spinab(void)
{
	bind_and_start(port_then_starboard, 0, "kasan-port");
	bind_and_start(starboard_then_port, 1, "kasan-star");
	return 0;
}

static opaque int keeps_port(void *unused)
{
	spin_lock(&port);
	while (!READ_ONCE(never))
		cpu_relax();
	spin_unlock(&port);
	return 0;
}

static opaque int wants_port(void *unused)
{
	mdelay(200);
	spin_lock(&port);
	spin_unlock(&port);
	return 0;
}

/* One takes a spinlock and turns round and round; another wants it. */
static int mode_spinkept(void)
{
	bind_and_start(keeps_port, 0, "kasan-keeps");
	bind_and_start(wants_port, 1, "kasan-wants");
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
	{ "rcufreed", mode_rcufreed }, { "workfreed", mode_workfreed }, { "beyond", mode_beyond }, { "cargo", mode_cargo },
	{ "large", mode_large },       { "page", mode_page },		{ "vmalloc", mode_vmalloc }, { "stack", mode_stack },
	{ "global", mode_global },     { "twice", mode_twice },		{ "inside", mode_inside }, { "bounds", mode_bounds },
	{ "timer", mode_timer },       { "handfreed", mode_handfreed },	{ "rcutwice", mode_rcutwice }, { "vgone", mode_vgone },
	{ "rcuqueued", mode_rcuqueued },
	{ "readers", mode_readers },   { "spinab", mode_spinab },	{ "spinkept", mode_spinkept },
};

static int set_mode(const char *value, const struct kernel_param *kp)
{
	char text[16];
	size_t i;

	if (strscpy(text, value, sizeof(text)) < 0)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].name, strim(text))) {
			pr_info("labkasan: mode %s\n", modes[i].name);
			return modes[i].run();
		}
	return -EINVAL;
}

static const struct kernel_param_ops mode_ops = { .set = set_mode };
module_param_cb(mode, &mode_ops, NULL, 0200);

static int __init labkasan_init(void)
{
	barge_cache = kmem_cache_create("kasan_barge", sizeof(struct barge), 0, 0, NULL);
	return barge_cache ? 0 : -ENOMEM;
}

module_init(labkasan_init);
MODULE_DESCRIPTION("Uses memory wrongly in a chosen way, for test crash dumps");
MODULE_LICENSE("GPL");
