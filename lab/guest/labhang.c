// SPDX-License-Identifier: GPL-2.0
/*
 * labhang: the lab's third crash module: panics of a module's own, chains of waits that take a while to understand, and CPUs
 * that do not come back because of something that another one did.
 *
 *   insmod labhang.ko mode=<name>                          runs it from the module's init function
 *   insmod labhang.ko mode=none; echo <name> > /sys/module/labhang/parameters/mode     runs it from resident text
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/panic_notifier.h>
#include <linux/rcupdate.h>
#include <linux/rtmutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#define opaque __attribute__((noipa))

struct captain {
	char name[24];
	u64 years;
};

struct ship {
	u64 number;
	unsigned int draught;
	struct captain *captain;
	spinlock_t hatch;
	struct rcu_head rcu;
	char cargo[900];
};

static volatile int never;

static struct task_struct *run_on(int cpu, int (*f)(void *), const char *name)
{
	struct task_struct *t = kthread_create(f, NULL, "%s", name);

	if (IS_ERR(t))
		return NULL;
	if (cpu >= 0)
		kthread_bind(t, cpu);
	wake_up_process(t);
	return t;
}

static struct task_struct *run(int (*f)(void *), const char *name)
{
	return run_on(-1, f, name);
}

static void sleep_for_ever(void)
{
	while (!never)
		msleep_interruptible(1000000);
}

/* ---- panics ---- */

static opaque void closes_ledger(u64 ships, int off)
{
	panic("harbour: ledger of %llu ships is off by %d\n", ships, off);
}

static int mode_ownpanic(void)
{
	closes_ledger(17 + never, 3);
	return 0;
}

static opaque void checks_draught(struct ship *s, unsigned int limit)
{
	WARN(s->draught > limit, "harbour: ship %llu has a draught of %u, more than %u\n", s->number, s->draught, limit);
}

static int mode_warnpanic(void)
{
	static struct ship s = { .number = 4, .draught = 12 };

	checks_draught(&s, 9 + never);
	return 0;
}

static opaque u64 captain_years(struct ship *s)
{
	return s->captain->years;
}

/* The panic's own notifier dies. */
static opaque int counts_losses(struct notifier_block *nb, unsigned long event, void *text)
{
	static struct ship wreck;
	static int before;

	if (!before++)
		pr_emerg("harbour: %llu years lost\n", captain_years(&wreck));
	return NOTIFY_DONE;
}

static struct notifier_block losses = { .notifier_call = counts_losses };

static int mode_nested(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &losses);
	closes_ledger(5 + never, 1);
	return 0;
}

static struct hrtimer dredger;

static opaque int digs_deeper(int depth)
{
	volatile char mud[600];
	int i;

	for (i = 0; i < 600; i += 100)
		mud[i] = depth;
	return digs_deeper(depth + 1) + mud[depth % 600];
}

static opaque int loops_for_ever(void)
{
	while (!never)
		cpu_relax();
	return 0;
}

static enum hrtimer_restart dredger_fires(struct hrtimer *t)
{
	digs_deeper(never);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart dredger_loops(struct hrtimer *t)
{
	loops_for_ever();
	return HRTIMER_NORESTART;
}

static void start_dredger(enum hrtimer_restart (*fires)(struct hrtimer *))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(&dredger, fires, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
#else
	hrtimer_init(&dredger, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	dredger.function = fires;
#endif
	hrtimer_start(&dredger, ms_to_ktime(20), HRTIMER_MODE_REL_HARD);
}

static int mode_irqstack(void)
{
	start_dredger(dredger_fires);
	return 0;
}

static int mode_irqloop(void)
{
	start_dredger(dredger_loops);
	return 0;
}

/* ---- an oops that is survived, with a lock held ---- */

static DEFINE_MUTEX(quay_lock);

static opaque int moors_ship(void *unused)
{
	static struct ship s;

	mutex_lock(&quay_lock);
	s.number = captain_years(&s);
	mutex_unlock(&quay_lock);
	return 0;
}

static opaque int wants_quay(void *unused)
{
	mutex_lock(&quay_lock);
	mutex_unlock(&quay_lock);
	return 0;
}

static int mode_oopsheld(void)
{
	run(moors_ship, "hang-moors");
	msleep(1000);
	run(wants_quay, "hang-wants");
	return 0;
}

/* Returns from its thread without giving the lock back. */
static opaque int leaves_quay_locked(void *unused)
{
	mutex_lock(&quay_lock);
	return 0;
}

static int mode_ownerexit(void)
{
	run(leaves_quay_locked, "hang-leaves");
	msleep(500);
	run(wants_quay, "hang-wants");
	return 0;
}

/* ---- works that wait for themselves and each other ---- */

static struct workqueue_struct *office;

static opaque void files_papers(struct work_struct *w)
{
	flush_workqueue(office);
}

static opaque void stamps_papers(struct work_struct *w);

static DECLARE_WORK(papers, files_papers);
static DECLARE_WORK(stamps, stamps_papers);

static opaque int waits_for_papers(void *unused)
{
	flush_work(&papers);
	return 0;
}

static int mode_flushown(void)
{
	office = alloc_ordered_workqueue("hang_office", 0);
	if (!office)
		return -ENOMEM;
	queue_work(office, &papers);
	msleep(200);
	run(waits_for_papers, "hang-clerk");
	return 0;
}

static opaque void signs_papers(struct work_struct *w);
static DECLARE_WORK(signature, signs_papers);

static opaque void stamps_papers(struct work_struct *w)
{
	msleep(100);
	flush_work(&signature);
}

static opaque void signs_papers(struct work_struct *w)
{
	msleep(100);
	flush_work(&stamps);
}

static int mode_workring(void)
{
	queue_work(system_unbound_wq, &stamps);
	queue_work(system_unbound_wq, &signature);
	return 0;
}

/* ---- threads ---- */

static opaque int pulls_for_ever(void *unused)
{
	while (!never)	/* wrong: never asks kthread_should_stop() */
		msleep_interruptible(1000);
	return 0;
}

static opaque int stops_tug(void *tug)
{
	kthread_stop(tug);
	return 0;
}

static int mode_kstop(void)
{
	struct task_struct *tug = run(pulls_for_ever, "hang-tug");

	if (!tug)
		return -ENOMEM;
	msleep(300);
	kthread_run(stops_tug, tug, "hang-stops");
	return 0;
}

static opaque int updates_chart_as_reader(void *unused)
{
	rcu_read_lock();
	synchronize_rcu();	/* wrong: waits for itself */
	rcu_read_unlock();
	return 0;
}

static int mode_rcuself(void)
{
	run(updates_chart_as_reader, "hang-chart");
	return 0;
}

/* ---- circles of several kinds of locks ---- */

static DECLARE_RWSEM(channel_lock);
static DEFINE_RT_MUTEX(pilot_lock);
static struct semaphore berths;
static DECLARE_COMPLETION(crane_free);

static opaque int quay_then_channel(void *unused)
{
	mutex_lock(&quay_lock);
	msleep(500);
	down_write(&channel_lock);
	return 0;
}

static opaque int channel_then_pilot(void *unused)
{
	down_write(&channel_lock);
	msleep(500);
	rt_mutex_lock(&pilot_lock);
	return 0;
}

static opaque int pilot_then_berth(void *unused)
{
	rt_mutex_lock(&pilot_lock);
	msleep(500);
	down(&berths);
	return 0;
}

static opaque int berth_then_quay(void *unused)
{
	down(&berths);
	msleep(500);
	mutex_lock(&quay_lock);
	return 0;
}

static opaque int pilot_then_quay(void *unused)
{
	rt_mutex_lock(&pilot_lock);
	msleep(500);
	mutex_lock(&quay_lock);
	return 0;
}

static opaque int reads_channel(void *unused)
{
	down_read(&channel_lock);
	return 0;
}

/* mutex, reader-writer semaphore, rt-mutex; a reader behind them */
static int mode_ring(void)
{
	run(quay_then_channel, "hang-quay");
	run(channel_then_pilot, "hang-channel");
	run(pilot_then_quay, "hang-pilot");
	msleep(1500);
	run(reads_channel, "hang-reads");
	return 0;
}

/* the same and a semaphore, which does not know its holder */
static int mode_ringsem(void)
{
	sema_init(&berths, 1);
	run(quay_then_channel, "hang-quay");
	run(channel_then_pilot, "hang-channel");
	run(pilot_then_berth, "hang-pilot");
	run(berth_then_quay, "hang-berth");
	return 0;
}

static opaque int waits_with_quay(void *unused)
{
	mutex_lock(&quay_lock);
	wait_for_completion(&crane_free);
	mutex_unlock(&quay_lock);
	return 0;
}

static opaque int frees_crane(void *unused)
{
	msleep(500);
	mutex_lock(&quay_lock);
	complete(&crane_free);
	return 0;
}

/* It waits, with the mutex, for what the other does only when it gets the mutex. */
static int mode_ringcomp(void)
{
	run(waits_with_quay, "hang-crane");
	run(frees_crane, "hang-frees");
	return 0;
}

/* ---- files ---- */

static struct file *opened(const char *path)
{
	struct file *f = filp_open(path, O_RDWR | O_LARGEFILE, 0);

	return IS_ERR(f) ? NULL : f;
}

static opaque int keeps_inode(void *unused)
{
	struct file *f = opened("/mnt/file3");

	if (!f)
		return 0;
	inode_lock(file_inode(f));
	sleep_for_ever();
	return 0;
}

static int mode_inodelock(void)
{
	run(keeps_inode, "hang-inode");
	return 0;
}

static opaque int writes_back_for_ever(void *unused)
{
	struct file *f = opened("/mnt/file4");
	struct folio *folio = f ? read_mapping_folio(f->f_mapping, 0, f) : NULL;

	if (IS_ERR_OR_NULL(folio))
		return 0;
	folio_lock(folio);
	folio_start_writeback(folio);
	folio_unlock(folio);
	return 0;	/* nobody calls folio_end_writeback() */
}

static int mode_writeback(void)
{
	run(writes_back_for_ever, "hang-wback");
	return 0;
}

/* A disk that takes requests and never answers. */
static struct blk_mq_tag_set mute_tags;
static struct gendisk *mute_disk;

static opaque blk_status_t mute_takes(struct blk_mq_hw_ctx *ctx, const struct blk_mq_queue_data *data)
{
	blk_mq_start_request(data->rq);
	return BLK_STS_OK;
}

static enum blk_eh_timer_return mute_waits_on(struct request *rq)
{
	return BLK_EH_RESET_TIMER;
}

static const struct blk_mq_ops mute_ops = { .queue_rq = mute_takes, .timeout = mute_waits_on };
static const struct block_device_operations mute_file_ops = { .owner = THIS_MODULE };

static int mode_mute(void)
{
	int major = register_blkdev(0, "mute"), rc;

	mute_tags.ops = &mute_ops;
	mute_tags.nr_hw_queues = 1;
	mute_tags.queue_depth = 8;
	mute_tags.numa_node = NUMA_NO_NODE;
	rc = blk_mq_alloc_tag_set(&mute_tags);
	if (rc)
		return rc;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	mute_disk = blk_mq_alloc_disk(&mute_tags, NULL, NULL);
#else
	mute_disk = blk_mq_alloc_disk(&mute_tags, NULL);
#endif
	if (IS_ERR(mute_disk))
		return PTR_ERR(mute_disk);
	mute_disk->major = major;
	mute_disk->minors = 1;
	mute_disk->flags |= GENHD_FL_NO_PART;
	mute_disk->fops = &mute_file_ops;
	strscpy(mute_disk->disk_name, "mute", sizeof(mute_disk->disk_name));
	set_capacity(mute_disk, 20480);
	return add_disk(mute_disk);
}

/* ---- spinlocks ---- */

static DEFINE_SPINLOCK(crane_lock);
static DEFINE_SPINLOCK(winch_lock);
static DEFINE_RWLOCK(tide_table);
static DEFINE_RWLOCK(fog_table);
static seqcount_t tide = SEQCNT_ZERO(tide);

static opaque int lifts_for_ever(void *unused)
{
	unsigned long flags;

	spin_lock_irqsave(&crane_lock, flags);
	while (!never)
		cpu_relax();
	spin_unlock_irqrestore(&crane_lock, flags);
	return 0;
}

static opaque int wants_crane(void *unused)
{
	spin_lock(&crane_lock);
	spin_unlock(&crane_lock);
	return 0;
}

/* Its holder is on another CPU with interrupts off. */
static int mode_holdspin(void)
{
	int cpu;

	run_on(1, lifts_for_ever, "hang-lifts");
	msleep(300);
	for (cpu = 2; cpu < num_online_cpus(); cpu++)
		run_on(cpu, wants_crane, "hang-crane");
	return 0;
}

static opaque int returns_locked(void *unused)
{
	spin_lock(&crane_lock);
	if (never)
		spin_unlock(&crane_lock);
	return 0;	/* wrong: this way out forgets the lock */
}

static int mode_leftspin(void)
{
	run_on(1, returns_locked, "hang-forgets");
	msleep(500);
	run_on(1, wants_crane, "hang-crane");
	return 0;
}

static opaque void opens_hatch(struct ship *s)
{
	spin_lock(&s->hatch);
	s->draught--;
	spin_unlock(&s->hatch);
}

/* The lock's memory was written over with text. */
static int mode_wornspin(void)
{
	struct ship *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	memcpy(&s->hatch, "salt", 4);
	opens_hatch(s);
	return 0;
}

static atomic_t first_locks;

static opaque void second_lock(spinlock_t *lock)
{
	atomic_inc(&first_locks);
	while (atomic_read(&first_locks) < 2)
		cpu_relax();
	spin_lock(lock);
}

static opaque int crane_then_winch(void *unused)
{
	unsigned long flags;

	spin_lock_irqsave(&crane_lock, flags);
	while (atomic_read(&first_locks) < 1)
		cpu_relax();
	pr_emerg("labhang: waiting for an NMI\n");
	second_lock(&winch_lock);
	return 0;
}

static opaque int winch_then_crane(void *unused)
{
	unsigned long flags;

	spin_lock_irqsave(&winch_lock, flags);
	second_lock(&crane_lock);
	return 0;
}

/* All CPUs are dead to everything but an NMI. */
static int mode_nmiabba(void)
{
	run_on(1, crane_then_winch, "hang-crane");
	run_on(0, winch_then_crane, "hang-winch");
	return 0;
}

static opaque int tide_then_fog(void *unused)
{
	read_lock(&tide_table);
	mdelay(200);
	write_lock(&fog_table);
	return 0;
}

static opaque int fog_then_tide(void *unused)
{
	read_lock(&fog_table);
	mdelay(200);
	write_lock(&tide_table);
	return 0;
}

static int mode_rwcycle(void)
{
	run_on(1, tide_then_fog, "hang-tide");
	run_on(0, fog_then_tide, "hang-fog");
	return 0;
}

static opaque int writes_half_a_tide(void *unused)
{
	preempt_disable();
	raw_write_seqcount_begin(&tide);
	preempt_enable();
	return 0;	/* wrong: the count stays odd */
}

static opaque int reads_tide(void *unused)
{
	preempt_disable();
	while (!never && read_seqcount_begin(&tide))	/* does not return while the count is odd */
		cpu_relax();
	preempt_enable();
	return 0;
}

static int mode_seqdead(void)
{
	run(writes_half_a_tide, "hang-half");
	msleep(300);
	run_on(1, reads_tide, "hang-tide");
	return 0;
}

/* ---- CPUs ---- */

static opaque int mends_with_interrupts_off(void *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	loops_for_ever();
	local_irq_restore(flags);
	return 0;
}

static void answers(void *unused)
{
}

static opaque int rings_bells(void *unused)
{
	smp_call_function_single(1, answers, NULL, 1);
	return 0;
}

/* It asks a CPU that takes no interrupts. */
static int mode_csdlock(void)
{
	run_on(1, mends_with_interrupts_off, "hang-mends");
	msleep(300);
	run_on(0, rings_bells, "hang-bells");
	return 0;
}

static struct timer_list lighthouse;

static void lighthouse_turns(struct timer_list *t)
{
	loops_for_ever();
}

static int mode_timerloop(void)
{
	timer_setup(&lighthouse, lighthouse_turns, 0);
	lighthouse.expires = jiffies + 3;
	add_timer_on(&lighthouse, 1);
	return 0;
}

static opaque int patrols(void *unused)
{
	sched_set_fifo(current);
	while (!never)
		cond_resched();
	return 0;
}

static opaque void weighs_anchor(struct work_struct *w)
{
}

static DECLARE_WORK(anchor, weighs_anchor);

static opaque int waits_for_anchor(void *unused)
{
	queue_work_on(1, system_wq, &anchor);
	flush_work(&anchor);
	return 0;
}

/* A real-time thread that never sleeps: nothing else gets that CPU. */
static int mode_fifohog(void)
{
	run_on(1, patrols, "hang-patrol");
	msleep(500);
	run_on(0, waits_for_anchor, "hang-anchor");
	return 0;
}

/* ---- memory that waits for RCU ---- */

static opaque int reads_chart_for_ever(void *unused)
{
	rcu_read_lock();
	while (!never) {	/* wrong: a reader must not sleep */
		set_current_state(TASK_IDLE);
		schedule();
	}
	rcu_read_unlock();
	return 0;
}

static void ship_sinks(struct rcu_head *head)
{
	kfree(container_of(head, struct ship, rcu));
}

static opaque int replaces_ships(void *unused)
{
	while (!never) {
		struct ship *s = kmalloc(sizeof(*s), GFP_KERNEL);

		if (s)
			call_rcu(&s->rcu, ship_sinks);
		cond_resched();
	}
	return 0;
}

static int mode_rcuflood(void)
{
	run(reads_chart_for_ever, "hang-chart");
	msleep(200);
	run(replaces_ships, "hang-ships");
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
	{ "none", mode_none },		 { "ownpanic", mode_ownpanic },	  { "warnpanic", mode_warnpanic },
	{ "nested", mode_nested },	 { "irqstack", mode_irqstack },	  { "irqloop", mode_irqloop },
	{ "oopsheld", mode_oopsheld },	 { "ownerexit", mode_ownerexit }, { "flushown", mode_flushown },
	{ "workring", mode_workring },	 { "kstop", mode_kstop },	  { "rcuself", mode_rcuself },
	{ "ring", mode_ring },		 { "ringsem", mode_ringsem },	  { "ringcomp", mode_ringcomp },
	{ "inodelock", mode_inodelock }, { "writeback", mode_writeback }, { "mute", mode_mute },
	{ "holdspin", mode_holdspin },	 { "leftspin", mode_leftspin },	  { "wornspin", mode_wornspin },
	{ "nmiabba", mode_nmiabba },	 { "rwcycle", mode_rwcycle },	  { "seqdead", mode_seqdead },
	{ "csdlock", mode_csdlock },	 { "timerloop", mode_timerloop }, { "fifohog", mode_fifohog },
	{ "rcuflood", mode_rcuflood },
};

static char wanted[16] = "none";
static bool resident;

static int run_wanted(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].name, wanted)) {
			pr_info("labhang: mode %s\n", wanted);
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

static int __init labhang_init(void)
{
	int rc = run_wanted();

	resident = true;
	return rc < 0 ? rc : 0;
}

module_init(labhang_init);
MODULE_DESCRIPTION("Brings the kernel to a standstill in a chosen way, for test crash dumps");
MODULE_LICENSE("GPL");
