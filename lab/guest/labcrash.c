// SPDX-License-Identifier: GPL-2.0
/*
 * labcrash: brings the running kernel down in one chosen way, so that the lab gets crash dumps whose cause is known.
 *
 *   insmod labcrash.ko mode=<name>                          runs it from the module's init function (init text)
 *   insmod labcrash.ko mode=none; echo <name> > /sys/module/labcrash/parameters/mode     runs it from resident text
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#ifdef CONFIG_X86
#include <asm/nmi.h>
#endif

#define opaque __attribute__((noipa))

/* What the broken pointers point to: members of many kinds, so that there is something to print. */
struct lab_gadget {
	u64 serial;
	char label[24];
	struct list_head peers;
	unsigned int broken : 1, grade : 5, owner_uid : 26;
	union {
		u64 raw;
		struct { u16 major, minor; u32 patch; };
	} version;
	long history[16];
	struct kmem_cache *home;
	int (*retire)(struct lab_gadget *g);
};

static struct kmem_cache *gadget_cache;
static LIST_HEAD(gadgets);
static struct lab_gadget *volatile missing_gadget;
static char victim[64] = "/mnt/victim";
module_param_string(victim, victim, sizeof(victim), 0400);

/* ---- reads through a struct pointer that is NULL, in several contexts ---- */

static opaque struct kmem_cache *gadget_home(struct lab_gadget *g)
{
	return g->home;
}

static opaque int read_missing_gadget(void)
{
	pr_info("labcrash: home is %px\n", gadget_home(missing_gadget));
	return 0;
}

static struct timer_list soft_timer;

static void soft_timer_fires(struct timer_list *t)
{
	read_missing_gadget();
}

static int mode_softnull(void)
{
	timer_setup(&soft_timer, soft_timer_fires, 0);
	mod_timer(&soft_timer, jiffies + 2);
	return 0;
}

static struct hrtimer hard_timer;

static enum hrtimer_restart hard_timer_fires(struct hrtimer *t)
{
	read_missing_gadget();
	return HRTIMER_NORESTART;
}

static int mode_irqnull(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(&hard_timer, hard_timer_fires, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
#else
	hrtimer_init(&hard_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	hard_timer.function = hard_timer_fires;
#endif
	hrtimer_start(&hard_timer, ms_to_ktime(20), HRTIMER_MODE_REL_HARD);
	return 0;
}

static void work_runs(struct work_struct *w)
{
	read_missing_gadget();
}

static DECLARE_WORK(lab_work, work_runs);

static int mode_worknull(void)
{
	schedule_work(&lab_work);
	return 0;
}

#ifdef CONFIG_X86
static int on_nmi(unsigned int reason, struct pt_regs *regs)
{
	read_missing_gadget();
	return NMI_HANDLED;
}

static int mode_nminull(void)
{
	return register_nmi_handler(NMI_LOCAL, on_nmi, 0, "labcrash");
}
#else
static int mode_nminull(void)
{
	return -EOPNOTSUPP;
}
#endif

/* ---- control flow that leaves the text ---- */

static opaque int retire_gadget(struct lab_gadget *g)
{
	int rc = g->retire(g);

	return rc + (int)g->serial;
}

static int mode_callnull(void)
{
	static struct lab_gadget g = { .label = "never retired" };

	return retire_gadget(&g);
}

static int mode_callwild(void)
{
	static struct lab_gadget g = { .label = "retired to data" };

	g.retire = (void *)&gadgets;
	return retire_gadget(&g);
}

static opaque unsigned long dig(unsigned long depth)
{
	volatile unsigned long hole[40];

	hole[depth % 40] = depth;
	if (READ_ONCE(missing_gadget))
		return depth;
	return dig(depth + 1) + hole[(depth + 7) % 40];
}

static int mode_overflow(void)
{
	return dig(1) & 1;
}

static opaque int mode_bug(void)
{
	BUG_ON(!READ_ONCE(missing_gadget));
	return 0;
}

/* ---- locks ---- */

static DEFINE_MUTEX(lock_a);
static DEFINE_MUTEX(lock_b);

static opaque int takes_a_then_b(void *unused)
{
	mutex_lock(&lock_a);
	msleep(250);
	mutex_lock(&lock_b);
	return 0;
}

static opaque int takes_b_then_a(void *unused)
{
	mutex_lock(&lock_b);
	msleep(250);
	mutex_lock(&lock_a);
	return 0;
}

static int mode_abba(void)
{
	kthread_run(takes_a_then_b, NULL, "lab-ab");
	kthread_run(takes_b_then_a, NULL, "lab-ba");
	return 0;
}

static opaque int mode_spin(void)
{
	preempt_disable();
	while (!READ_ONCE(missing_gadget))
		cpu_relax();
	preempt_enable();
	return 0;
}

/* ---- the slab allocator ---- */

static opaque int gadget_free(struct lab_gadget *g)
{
	list_del_init(&g->peers);
	kmem_cache_free(gadget_cache, g);
	return 0;
}

static struct lab_gadget *gadget_make(u64 serial)
{
	struct lab_gadget *g = kmem_cache_zalloc(gadget_cache, GFP_KERNEL);

	if (!g)
		return NULL;
	g->serial = serial;
	snprintf(g->label, sizeof(g->label), "gadget %llu", serial);
	g->grade = serial % 32;
	g->owner_uid = 1000 + serial;
	g->version.major = 6;
	g->version.patch = 0xc0ffee;
	g->home = gadget_cache;
	g->retire = gadget_free;
	list_add_tail(&g->peers, &gadgets);
	return g;
}

static int make_and_break(bool use_after_free)
{
	struct lab_gadget *g = NULL, *chosen = NULL;
	u64 i;

	for (i = 0; i < 10; i++) {
		g = gadget_make(i);
		if (!g)
			return -ENOMEM;
		if (i == 4)
			chosen = g;
	}
	gadget_free(chosen);
	kmem_cache_free(gadget_cache, chosen);
	return use_after_free ? chosen->retire(chosen) : 0;
}

static opaque int mode_dfree(void)
{
	return make_and_break(false);
}

static opaque int mode_uaf(void)
{
	return make_and_break(true);
}

/* Not exported, but a probe tells where it is. */
static void *address_of(const char *symbol)
{
	struct kprobe probe = { .symbol_name = symbol };
	void *at;

	if (register_kprobe(&probe))
		return NULL;
	at = probe.addr;
	unregister_kprobe(&probe);
	return at;
}

static struct inode *victim_inode(void)
{
	struct path where;

	/* the reference is never given back: nobody else must free it */
	return kern_path(victim, 0, &where) ? NULL : d_inode(where.dentry);
}

static opaque void free_now(struct inode *inode)
{
	inode->i_sb->s_op->free_inode(inode);
}

static opaque int mode_inode(void)
{
	struct inode *inode = victim_inode();

	if (!inode)
		return -ENOENT;
	free_now(inode);
	free_now(inode);
	return 0;
}

static opaque int mode_rcuinode(void)
{
	struct inode *inode = victim_inode();
	/* fs/inode.c: what a file system's inode is freed by after its grace period */
	void (*callback)(struct rcu_head *) = address_of("i_callback");

	if (!inode || !callback)
		return -ENOENT;
	inode->free_inode = inode->i_sb->s_op->free_inode;
	preempt_disable();	/* both frees on one CPU, or the second is not noticed */
	free_now(inode);
	call_rcu(&inode->i_rcu, callback);
	preempt_enable();
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
	{ "none", mode_none },		{ "null", read_missing_gadget }, { "softnull", mode_softnull },
	{ "irqnull", mode_irqnull },	{ "worknull", mode_worknull },	 { "nminull", mode_nminull },
	{ "callnull", mode_callnull },	{ "callwild", mode_callwild },	 { "overflow", mode_overflow },
	{ "bug", mode_bug },		{ "abba", mode_abba },		 { "spin", mode_spin },
	{ "dfree", mode_dfree },	{ "uaf", mode_uaf },		 { "inode", mode_inode },
	{ "rcuinode", mode_rcuinode },
};

static char wanted[16] = "none";
static bool resident;

static int run_wanted(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].name, wanted)) {
			pr_info("labcrash: mode %s\n", wanted);
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

static int __init labcrash_init(void)
{
	int rc;

	gadget_cache = kmem_cache_create("lab_gadget", sizeof(struct lab_gadget), 0,
#ifdef SLAB_NO_MERGE
					 SLAB_NO_MERGE,
#else
					 0,
#endif
					 NULL);
	if (!gadget_cache)
		return -ENOMEM;
	rc = run_wanted();
	resident = true;
	return rc < 0 ? rc : 0;
}

module_init(labcrash_init);
MODULE_DESCRIPTION("Brings the kernel down in a chosen way, for test crash dumps");
MODULE_LICENSE("GPL");
