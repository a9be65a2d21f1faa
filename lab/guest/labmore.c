// SPDX-License-Identifier: GPL-2.0
/*
 * labmore: brings the running kernel to a standstill or breaks its data in one chosen way; the second of the lab's crash
 * modules, for deaths that labcrash.c does not have.
 *
 *   insmod labmore.ko mode=<name>                          runs it from the module's init function
 *   insmod labmore.ko mode=none; echo <name> > /sys/module/labmore/parameters/mode     runs it from resident text
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/percpu-rwsem.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rtmutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#ifdef CONFIG_KFENCE
#include <linux/kfence.h>
#endif

#define opaque __attribute__((noipa))

/* What is sent about. */
struct parcel {
	u64 number;
	char address[40];
	refcount_t holders;
	struct list_head shelf;
	struct parcel *next_stop;
	u64 weight;
};

static struct kmem_cache *parcel_cache;
static LIST_HEAD(shelves);
static volatile int never;

static struct parcel *parcel_make(u64 number)
{
	struct parcel *p = kmem_cache_zalloc(parcel_cache, GFP_KERNEL);

	if (!p)
		return NULL;
	p->number = number;
	snprintf(p->address, sizeof(p->address), "parcel %llu", number);
	refcount_set(&p->holders, 1);
	list_add_tail(&p->shelf, &shelves);
	return p;
}

/* ---- CPUs that do not come back ---- */

static opaque int spins_with_preemption_off(void *unused)
{
	preempt_disable();
	while (!never)
		cpu_relax();
	preempt_enable();
	return 0;
}

static opaque int spins_with_interrupts_off(void *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	while (!never)
		cpu_relax();
	local_irq_restore(flags);
	return 0;
}

static opaque int sleeps_as_reader(void *unused)
{
	rcu_read_lock();
	while (!never) {	/* wrong: a reader must not sleep */
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
	rcu_read_unlock();
	return 0;
}

/* A thread of its own, bound to the last CPU. */
static int run_on_last_cpu(int (*f)(void *), const char *name)
{
	struct task_struct *t = kthread_create(f, NULL, "%s", name);

	if (IS_ERR(t))
		return PTR_ERR(t);
	kthread_bind(t, num_online_cpus() - 1);
	wake_up_process(t);
	return 0;
}

static int mode_rcustall(void)
{
	return run_on_last_cpu(spins_with_preemption_off, "more-spins");
}

static int mode_rcureader(void)
{
	return run_on_last_cpu(sleeps_as_reader, "more-reader");
}

static int mode_hardlockup(void)
{
	return run_on_last_cpu(spins_with_interrupts_off, "more-irqoff");
}

/* ---- work that is never done ---- */

static opaque void sorts_for_ever(struct work_struct *w)
{
	while (!never)
		cond_resched();
}

static opaque void sorts_nothing(struct work_struct *w)
{
}

static DECLARE_WORK(endless_work, sorts_for_ever);
static DECLARE_WORK(short_work, sorts_nothing);
static DECLARE_WORK(other_work, sorts_nothing);

static int mode_wqstall(void)
{
	int cpu = num_online_cpus() - 1;

	schedule_work_on(cpu, &endless_work);
	msleep(100);
	schedule_work_on(cpu, &short_work);
	schedule_work_on(cpu, &other_work);
	return 0;
}

/* ---- waits ---- */

static DEFINE_MUTEX(counter_lock);
static DECLARE_RWSEM(yard_lock);
static DECLARE_COMPLETION(truck_arrives);
static DEFINE_RT_MUTEX(gate_lock);
DEFINE_STATIC_PERCPU_RWSEM(road_lock);
static struct semaphore bay;
static unsigned long door;
static struct page *pallet;

static void sleep_for_ever(void)
{
	while (!never)
		msleep_interruptible(1000000);
}

static opaque int keeps_counter(void *unused)
{
	mutex_lock(&counter_lock);
	sleep_for_ever();
	return 0;
}

static opaque int wants_counter(void *unused)
{
	mutex_lock(&counter_lock);
	return 0;
}

static opaque int reads_yard(void *unused)
{
	down_read(&yard_lock);
	sleep_for_ever();
	return 0;
}

static opaque int writes_yard(void *unused)
{
	down_write(&yard_lock);
	return 0;
}

static opaque int reads_yard_too(void *unused)
{
	down_read(&yard_lock);
	return 0;
}

static opaque int waits_for_truck(void *unused)
{
	wait_for_completion(&truck_arrives);
	return 0;
}

static opaque int keeps_gate(void *unused)
{
	rt_mutex_lock(&gate_lock);
	sleep_for_ever();
	return 0;
}

static opaque int wants_gate(void *unused)
{
	rt_mutex_lock(&gate_lock);
	return 0;
}

static opaque int blocks_road(void *unused)
{
	percpu_down_write(&road_lock);
	sleep_for_ever();
	return 0;
}

static opaque int drives_road(void *unused)
{
	percpu_down_read(&road_lock);
	return 0;
}

static opaque int fills_bay(void *unused)
{
	down(&bay);
	sleep_for_ever();
	return 0;
}

static opaque int wants_bay(void *unused)
{
	down(&bay);
	return 0;
}

static opaque int waits_at_door(void *unused)
{
	return wait_on_bit(&door, 3, TASK_UNINTERRUPTIBLE);
}

static opaque int keeps_pallet(void *unused)
{
	lock_page(pallet);
	sleep_for_ever();
	return 0;
}

static opaque int wants_pallet(void *unused)
{
	lock_page(pallet);
	return 0;
}

struct pair {
	int (*holds)(void *);
	const char *holder;
	int (*waits)(void *);
	const char *waiter;
};

static int run_pair(const struct pair *p)
{
	if (p->holds)
		kthread_run(p->holds, NULL, "%s", p->holder);
	msleep(300);
	kthread_run(p->waits, NULL, "%s", p->waiter);
	return 0;
}

static int mode_hungmutex(void)
{
	static const struct pair mutex = { keeps_counter, "more-keeper", wants_counter, "more-customer" };

	return run_pair(&mutex);
}

static int mode_hungrwsem(void)
{
	static const struct pair rwsem = { reads_yard, "more-reads", writes_yard, "more-writes" };

	run_pair(&rwsem);
	msleep(300);
	kthread_run(reads_yard_too, NULL, "more-reads2");
	return 0;
}

static int mode_completion(void)
{
	static const struct pair completion = { NULL, NULL, waits_for_truck, "more-waits" };

	return run_pair(&completion);
}

static int mode_locks(void)
{
	static const struct pair pairs[] = {
		{ keeps_gate, "more-gate", wants_gate, "more-wantsgate" },
		{ blocks_road, "more-road", drives_road, "more-drives" },
		{ fills_bay, "more-bay", wants_bay, "more-wantsbay" },
		{ keeps_pallet, "more-pallet", wants_pallet, "more-wantspal" },
		{ NULL, NULL, waits_at_door, "more-door" },
	};
	size_t i;

	door = 1 << 3;
	sema_init(&bay, 1);
	pallet = alloc_page(GFP_KERNEL);
	if (!pallet)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		run_pair(&pairs[i]);
	return 0;
}

/* ---- broken data ---- */

static opaque void parcel_put(struct parcel *p)
{
	if (refcount_dec_and_test(&p->holders))
		p->weight = 0;	/* forgets to free it, so that the count may be taken below zero */
}

static opaque void parcel_get(struct parcel *p)
{
	refcount_inc(&p->holders);
}

static int mode_refunder(void)
{
	struct parcel *p = parcel_make(7);

	if (!p)
		return -ENOMEM;
	parcel_put(p);
	parcel_put(p);
	return 0;
}

static int mode_refzero(void)
{
	struct parcel *p = parcel_make(8);

	if (!p)
		return -ENOMEM;
	parcel_put(p);
	parcel_get(p);
	return 0;
}

static opaque void parcel_unshelve(struct parcel *p)
{
	list_del(&p->shelf);
}

/* One entry is taken away twice. */
static int mode_listtwice(void)
{
	struct parcel *p;

	parcel_make(1);
	p = parcel_make(2);
	parcel_make(3);
	if (!p)
		return -ENOMEM;
	parcel_unshelve(p);
	parcel_unshelve(p);
	return 0;
}

/* A stray write into the neighbour's links. */
static int mode_liststray(void)
{
	struct parcel *before = parcel_make(1), *p = parcel_make(2);

	parcel_make(3);
	if (!p || !before)
		return -ENOMEM;
	before->shelf.next = (void *)((unsigned long)before->shelf.next + 0x100);
	parcel_unshelve(p);
	return 0;
}

static opaque u64 parcel_weight_ahead(struct parcel *p)
{
	return p->next_stop->weight;
}

static int mode_bitflip(void)
{
	struct parcel *p = parcel_make(1), *q = parcel_make(2);

	if (!p || !q)
		return -ENOMEM;
	p->next_stop = (struct parcel *)((unsigned long)q ^ (1UL << 41));
	pr_info("labmore: weight %llu\n", parcel_weight_ahead(p));
	return 0;
}

static opaque u64 parcel_weigh(struct parcel *p)
{
	return READ_ONCE(p->weight);
}

static opaque void parcel_drop(struct parcel *p)
{
	list_del(&p->shelf);
	kmem_cache_free(parcel_cache, p);
}

/* KFENCE takes an allocation now and then: the first that is its own. */
static struct parcel *guarded_parcel(void)
{
#ifdef CONFIG_KFENCE
	struct parcel *p;
	int i;

	for (i = 0; i < 8000; i++) {
		p = parcel_make(i);
		if (!p || is_kfence_address(p))
			return p;
		parcel_drop(p);
		usleep_range(500, 1000);
	}
#endif
	return NULL;
}

static int mode_kfenceuaf(void)
{
	struct parcel *p = guarded_parcel();

	if (!p)
		return -ENOENT;
	parcel_drop(p);
	pr_info("labmore: weight %llu\n", parcel_weigh(p));
	return 0;
}

static opaque void parcel_stamp(struct parcel *p, int count)
{
	((u64 *)p)[count] = 0x7374616d70;
}

static int mode_kfenceoob(void)
{
	struct parcel *p = guarded_parcel();

	if (!p)
		return -ENOENT;
	/* it lies at the start of its page, or at its end */
	parcel_stamp(p, offset_in_page(p) == 0 ? -1 : DIV_ROUND_UP(sizeof(*p), 8));
	return 0;
}

/* ---- faults of one function ---- */

static opaque u64 parcel_share(struct parcel *p)
{
	return p->weight / (u32)p->number;
}

static int mode_divide(void)
{
	struct parcel *p = parcel_make(0);

	if (!p)
		return -ENOMEM;
	pr_info("labmore: share %llu\n", parcel_share(p));
	return 0;
}

static opaque struct parcel *parcel_after(struct parcel *p)
{
	return READ_ONCE(p->shelf.next->next) == &shelves ? NULL : list_next_entry(p, shelf);
}

/* Goes on from an entry that was taken out of its list. */
static int mode_listgone(void)
{
	struct parcel *p = parcel_make(1);

	parcel_make(2);
	if (!p)
		return -ENOMEM;
	parcel_unshelve(p);
	pr_info("labmore: after it %p\n", parcel_after(p));
	return 0;
}

static DEFINE_SPINLOCK(scale_lock);

/* Sleeps with a spinlock held. */
static opaque void weighs_slowly(void)
{
	spin_lock(&scale_lock);
	msleep(20);
	spin_unlock(&scale_lock);
}

static int mode_atomic(void)
{
	weighs_slowly();
	return 0;
}

/* Takes a spinlock that it has. */
static opaque void weighs_twice(void)
{
	spin_lock(&scale_lock);
	spin_lock(&scale_lock);
	spin_unlock(&scale_lock);
}

static int mode_selfspin(void)
{
	weighs_twice();
	return 0;
}

static DEFINE_MUTEX(desk_lock);

static opaque void takes_desk_again(void)
{
	mutex_lock(&desk_lock);
}

static int own_desk(void *unused)
{
	mutex_lock(&desk_lock);
	takes_desk_again();
	return 0;
}

static int mode_selfmutex(void)
{
	return PTR_ERR_OR_ZERO(kthread_run(own_desk, NULL, "more-desk"));
}

/* A stray write into free objects of the cache, then allocations from it. */
static int mode_freelist(void)
{
	struct parcel *p[24];
	size_t i, at;

	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = parcel_make(i);
	for (i = 0; i < ARRAY_SIZE(p); i++) {
		if (!p[i])
			return -ENOMEM;
		if (i % 2 == 0)
			parcel_drop(p[i]);
	}
	for (i = 0; i < ARRAY_SIZE(p); i += 2)
		for (at = 0; at < sizeof(struct parcel) / 8; at++)
			((volatile u64 *)p[i])[at] = 0x4c4142454c000000 + at;
	for (i = 0; i < 200; i++)
		parcel_make(100 + i);
	return 0;
}

static opaque void parcel_label(char *text, size_t size)
{
	memset(text, 'x', size);
}

/* Writes beyond an array on its stack. */
static opaque int prints_label(size_t size)
{
	char label[24];

	parcel_label(label, size);
	return label[3];
}

static int mode_protector(void)
{
	return prints_label(72 + never) == 0;
}

struct letter {
	u64 stamps[8];
	struct timer_list reminder;
	u64 more[30];
};

static void letter_reminds(struct timer_list *t)
{
	pr_info("labmore: reminder\n");
}

/* Frees an object whose timer still runs; others write there. */
static int mode_timerfreed(void)
{
	struct letter *letter = kzalloc(sizeof(*letter), GFP_KERNEL), *other[64];
	size_t i;

	if (!letter)
		return -ENOMEM;
	timer_setup(&letter->reminder, letter_reminds, 0);
	mod_timer(&letter->reminder, jiffies + HZ / 2);
	kfree(letter);
	for (i = 0; i < ARRAY_SIZE(other); i++) {
		other[i] = kmalloc(sizeof(*letter), GFP_KERNEL);
		if (other[i])
			memset(other[i], 0x3c, sizeof(*letter));
	}
	msleep(3000);
	return 0;
}

static const u64 price_list[4] = { 1, 2, 3, 4 };

static opaque void raises_price(u64 *prices, int at)
{
	prices[at] = 5;
}

/* Writes to memory that may only be read. */
static int mode_readonly(void)
{
	raises_price((u64 *)price_list, 2);
	return 0;
}

/* ---- choosing ---- */

static int mode_none(void)
{
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
	{ "none", mode_none },		 { "rcustall", mode_rcustall },	    { "rcureader", mode_rcureader },
	{ "hardlockup", mode_hardlockup }, { "wqstall", mode_wqstall },	    { "hungmutex", mode_hungmutex },
	{ "hungrwsem", mode_hungrwsem }, { "completion", mode_completion }, { "locks", mode_locks },
	{ "refunder", mode_refunder },	 { "refzero", mode_refzero },	    { "listtwice", mode_listtwice },
	{ "liststray", mode_liststray }, { "bitflip", mode_bitflip },	    { "kfenceuaf", mode_kfenceuaf },
	{ "kfenceoob", mode_kfenceoob },   { "divide", mode_divide },	    { "listgone", mode_listgone },
	{ "atomic", mode_atomic },	   { "selfspin", mode_selfspin },   { "selfmutex", mode_selfmutex },
	{ "freelist", mode_freelist },	   { "protector", mode_protector }, { "timerfreed", mode_timerfreed },
	{ "readonly", mode_readonly },
};

static char wanted[16] = "none";
static bool resident;

static int run_wanted(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].name, wanted)) {
			pr_info("labmore: mode %s\n", wanted);
			return modes[i].run();
		}
	return -EINVAL;
}

static int set_mode(const char *value, const struct kernel_param *kp)
{
	char text[sizeof(wanted)];

	if (strscpy(text, value, sizeof(text)) < 0)
		return -EINVAL;
	strscpy(wanted, strim(text), sizeof(wanted));
	return resident ? run_wanted() : 0;
}

static int get_mode(char *out, const struct kernel_param *kp)
{
	return sprintf(out, "%s\n", wanted);
}

static const struct kernel_param_ops mode_ops = { .set = set_mode, .get = get_mode };
module_param_cb(mode, &mode_ops, NULL, 0600);

static int __init labmore_init(void)
{
	int rc;

	parcel_cache = kmem_cache_create("more_parcel", sizeof(struct parcel), 0,
#ifdef SLAB_NO_MERGE
					 SLAB_NO_MERGE,
#else
					 0,
#endif
					 NULL);
	if (!parcel_cache)
		return -ENOMEM;
	rc = run_wanted();
	resident = true;
	return rc < 0 ? rc : 0;
}

module_init(labmore_init);
MODULE_DESCRIPTION("Brings the kernel to a standstill in a chosen way, for test crash dumps");
MODULE_LICENSE("GPL");
