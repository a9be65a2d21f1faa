// SPDX-License-Identifier: GPL-2.0
/*
 * labmem: misuses memory in one chosen way; the lab's crash module for deaths by wrong frees, wild pointers and leaks.
 *
 *   insmod labmem.ko; echo <name> > /sys/module/labmem/parameters/mode
 */
#include <linux/bio.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/percpu.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#define opaque __attribute__((noipa))

struct crate {
	u64 number;
	void (*notify)(struct crate *c);
	struct list_head shelf;
	struct hlist_node lane;
	struct rb_node spot;
	u32 last;
	u64 slots[4];
	u64 weight;
	char note[32];
};

static struct kmem_cache *crate_cache;
static LIST_HEAD(shelves);
static HLIST_HEAD(lanes);
static struct rb_root spots = RB_ROOT;
static volatile int never;

static opaque void crate_arrived(struct crate *c)
{
	pr_info("labmem: crate %llu arrived\n", c->number);
}

static struct crate *crate_make(u64 number)
{
	struct crate *c = kmem_cache_zalloc(crate_cache, GFP_KERNEL);

	if (!c)
		return NULL;
	c->number = number;
	c->notify = crate_arrived;
	c->weight = 100 + number;
	snprintf(c->note, sizeof(c->note), "crate %llu", number);
	list_add_tail(&c->shelf, &shelves);
	hlist_add_head(&c->lane, &lanes);
	return c;
}

static void crate_store(struct crate *c)
{
	struct rb_node **at = &spots.rb_node, *parent = NULL;

	while (*at) {
		parent = *at;
		at = c->number < rb_entry(parent, struct crate, spot)->number ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&c->spot, parent, at);
	rb_insert_color(&c->spot, &spots);
}

static opaque u64 crate_weight(struct crate *c)
{
	return READ_ONCE(c->weight);
}

static opaque void crate_notify(struct crate *c)
{
	c->notify(c);
	c->last++;
}

/* ---- frees of what the allocator did not give ---- */

static opaque void crate_discard(void *c)
{
	kfree(c);
	WRITE_ONCE(never, 0);
}

static int mode_freevmalloc(void)
{
	crate_discard(vmalloc(3 * PAGE_SIZE));
	return 0;
}

static opaque int mode_freestack(void)
{
	struct crate c = { .number = 3 };

	crate_discard(&c);
	return c.last;
}

static struct crate spare_crate = { .note = "always there" };

static int mode_freestatic(void)
{
	crate_discard(&spare_crate);
	return 0;
}

static int mode_wrongcache(void)
{
	struct kmem_cache *other = kmem_cache_create("mem_pallet", 424, 0, 0, NULL);
	void *pallet = other ? kmem_cache_alloc(other, GFP_KERNEL) : NULL;

	if (!pallet)
		return -ENOMEM;
	kmem_cache_free(crate_cache, pallet);
	return 0;
}

static int mode_cachebusy(void)
{
	struct kmem_cache *other = kmem_cache_create("mem_pallet", 424, 0, 0, NULL);
	void *pallet = other ? kmem_cache_alloc(other, GFP_KERNEL) : NULL;

	if (!pallet)
		return -ENOMEM;
	kmem_cache_destroy(other);
	return 0;
}

static int mode_skbtwice(void)
{
	struct sk_buff *skb = alloc_skb(300, GFP_KERNEL);

	if (!skb)
		return -ENOMEM;
	kfree_skb(skb);
	kfree_skb(skb);
	return 0;
}

static int mode_bioput(void)
{
	struct bio *bio = bio_alloc(NULL, 1, 0, GFP_KERNEL);

	bio_get(bio);
	bio_put(bio);
	bio_put(bio);
	bio_put(bio);
	return 0;
}

static opaque int sleeps(void *unused)
{
	while (!kthread_should_stop())
		msleep_interruptible(100000);
	return 0;
}

static opaque void forgets_worker(struct task_struct *t)
{
	put_task_struct(t);
	put_task_struct(t);
	put_task_struct(t);
}

static int mode_taskput(void)
{
	struct task_struct *t = kthread_run(sleeps, NULL, "mem-worker");

	if (IS_ERR(t))
		return PTR_ERR(t);
	msleep(100);
	forgets_worker(t);
	return 0;
}

/* Keeps a dentry of a file system that is unmounted next. */
static int mode_dentrybusy(void)
{
	struct path where;
	int rc = kern_path("/held/file", 0, &where);

	if (rc)
		return rc;
	dget(where.dentry);
	path_put(&where);
	return 0;
}

/* ---- pages and vmalloc areas ---- */

static int mode_badpage(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 4);

	if (!page)
		return -ENOMEM;
	lock_page(page);
	__free_pages(page, 4);
	return 0;
}

static opaque u64 table_weight(struct crate **table, int at)
{
	return table[at]->weight;
}

/* A page is used after it was freed, while somebody else has it. */
static int mode_pageafter(void)
{
	void *old = (void *)__get_free_page(GFP_KERNEL);
	struct crate **table = NULL;
	int i;

	if (!old)
		return -ENOMEM;
	preempt_disable();
	free_page((unsigned long)old);
	for (i = 0; i < 512 && (void *)table != old; i++)
		table = (struct crate **)__get_free_page(GFP_ATOMIC);
	preempt_enable();
	if ((void *)table != old)
		return -EAGAIN;
	for (i = 0; i < 512; i++)
		table[i] = &spare_crate;
	memset(old, 'p', 2000);
	pr_info("labmem: weight %llu\n", table_weight(table, 5));
	return 0;
}

static int mode_vfreed(void)
{
	struct crate *c = vmalloc(3 * PAGE_SIZE);

	if (!c)
		return -ENOMEM;
	vfree(c);
	vm_unmap_aliases();
	msleep(100);
	pr_info("labmem: weight %llu\n", crate_weight(c));
	return 0;
}

static opaque void fills_slots(u64 *slots, int count)
{
	int i;

	for (i = 0; i < count; i++)
		WRITE_ONCE(slots[i], i);
}

static int mode_vguard(void)
{
	u64 *slots = vmalloc(3 * PAGE_SIZE);

	if (!slots)
		return -ENOMEM;
	fills_slots(slots, 3 * PAGE_SIZE / sizeof(*slots) + 4);
	return 0;
}

static opaque size_t note_length(const char *note)
{
	return strlen(note) + 1;
}

static int mode_nostrend(void)
{
	char *note = vmalloc(PAGE_SIZE);

	if (!note)
		return -ENOMEM;
	memset(note, 'n', PAGE_SIZE);
	pr_info("labmem: %zu long\n", note_length(note));
	return 0;
}

#ifdef CONFIG_X86
/* A bit that must not be set in an entry of the page table. */
static int mode_badpte(void)
{
	struct crate *c = vmalloc(PAGE_SIZE);
	unsigned int level;
	pte_t *pte = c ? lookup_address((unsigned long)c, &level) : NULL;

	if (!pte)
		return -ENOMEM;
	WRITE_ONCE(*(u64 *)pte, pte_val(*pte) | BIT_ULL(50));
	pr_info("labmem: weight %llu\n", crate_weight(c));
	return 0;
}
#else
static int mode_badpte(void)
{
	return -EOPNOTSUPP;
}
#endif

/* ---- a module that leaves something behind ---- */

struct mem_alarm {
	u64 stamps[8];
	struct timer_list bell;
};

static void alarm_rings(struct timer_list *t)
{
	pr_info("labmem: ring\n");
}

static int mode_unloadtimer(void)
{
	struct mem_alarm *a = kzalloc(sizeof(*a), GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	timer_setup(&a->bell, alarm_rings, 0);
	mod_timer(&a->bell, jiffies + 2 * HZ);
	return 0;
}

static struct timer_list static_bell;

static int mode_unloaddata(void)
{
	timer_setup(&static_bell, alarm_rings, 0);
	mod_timer(&static_bell, jiffies + 2 * HZ);
	return 0;
}

/* ---- objects written over ---- */

/* Two objects that lie next to each other. */
static struct crate *crate_before_other(void)
{
	struct crate *c[64];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		c[i] = crate_make(i);
		for (j = 0; c[i] && j < i; j++)
			if (c[j] == c[i] + 1)
				return c[i];
	}
	return NULL;
}

static opaque void writes_note(char *note, const char *text)
{
	while ((*note++ = *text++))
		;
}

static int mode_overrun(void)
{
	struct crate *c = crate_before_other();

	if (!c)
		return -EAGAIN;
	writes_note(c->note, "this note is much too long for the room that a crate has");
	crate_notify(c + 1);
	return 0;
}

/* A freed object that others have filled with pointers is used again. */
static int mode_heapcall(void)
{
	struct crate *c = kzalloc(sizeof(*c), GFP_KERNEL);
	void **other[64];
	size_t i, j;

	if (!c)
		return -ENOMEM;
	c->notify = crate_arrived;
	kfree(c);
	for (i = 0; i < ARRAY_SIZE(other); i++) {
		other[i] = kmalloc(sizeof(*c), GFP_KERNEL);
		for (j = 0; other[i] && j < sizeof(*c) / sizeof(void *); j++)
			other[i][j] = other[0];
	}
	crate_notify(c);
	return 0;
}

static opaque void crate_leaves_lane(struct crate *c)
{
	hlist_del(&c->lane);
}

static int mode_hlisttwice(void)
{
	struct crate *c = crate_make(1);

	crate_make(2);
	if (!c)
		return -ENOMEM;
	crate_leaves_lane(c);
	crate_leaves_lane(c);
	return 0;
}

static opaque u64 weighs_all(struct rb_root *root)
{
	struct rb_node *node;
	u64 sum = 0;

	for (node = rb_first(root); node; node = rb_next(node))
		sum += rb_entry(node, struct crate, spot)->weight;
	return sum;
}

/* Freed without being taken out of the tree; others write there. */
static int mode_rbtree(void)
{
	struct crate *c[7];
	char *other;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		c[i] = kzalloc(sizeof(*c[i]), GFP_KERNEL);
		if (!c[i])
			return -ENOMEM;
		c[i]->number = i;
		crate_store(c[i]);
	}
	kfree(c[5]);
	for (i = 0; i < 64; i++) {
		other = kmalloc(sizeof(*c[0]), GFP_KERNEL);
		if (other)
			memset(other, 'r', sizeof(*c[0]));
	}
	pr_info("labmem: all weigh %llu\n", weighs_all(&spots));
	return 0;
}

struct errand {
	u64 stamps[8];
	struct work_struct work;
	u64 more[30];
};

static void runs_errand(struct work_struct *w)
{
	msleep(500);
}

static DECLARE_WORK(first_errand, runs_errand);

/* Freed while it is queued; others write there. */
static int mode_workfreed(void)
{
	struct workqueue_struct *wq = alloc_ordered_workqueue("mem_errands", 0);
	struct errand *e = kzalloc(sizeof(*e), GFP_KERNEL);
	char *other;
	int i;

	if (!wq || !e)
		return -ENOMEM;
	INIT_WORK(&e->work, runs_errand);
	queue_work(wq, &first_errand);
	queue_work(wq, &e->work);
	kfree(e);
	for (i = 0; i < 64; i++) {
		other = kmalloc(sizeof(*e), GFP_KERNEL);
		if (other)
			memset(other, 'w', sizeof(*e));
	}
	msleep(3000);
	return 0;
}

struct plate {
	char text[24];
};

static struct plate plate;

static opaque void engraves(const char *text, size_t length)
{
	memcpy(plate.text, text, length);
}

static int mode_fortify(void)
{
	static const char text[64] = "longer than a plate is";

	engraves(text, sizeof(text) + never);
	return 0;
}

static opaque unsigned long shows_crate(void __user *to, struct crate *c, size_t size)
{
	return copy_to_user(to, c, size);
}

static int mode_usercopy(void)
{
	struct crate *c = crate_make(1);

	if (!c)
		return -ENOMEM;
	return shows_crate((void __user *)current->mm->arg_start, c, sizeof(*c) + 200 + never) ? -EFAULT : 0;
}

/* ---- pointers that are none ---- */

static int mode_userread(void)
{
	pr_info("labmem: weight %llu\n", crate_weight((struct crate *)current->mm->arg_start));
	return 0;
}

static int mode_usercall(void)
{
	struct crate *c = crate_make(1);

	if (!c)
		return -ENOMEM;
	c->notify = (void *)current->mm->start_code;
	crate_notify(c);
	return 0;
}

static opaque u64 first_number(struct list_head *shelf)
{
	return list_first_entry(shelf, struct crate, shelf)->number;
}

/* container_of() of a NULL link. */
static int mode_negoffset(void)
{
	static struct list_head forgotten;	/* never initialised */

	pr_info("labmem: number %llu\n", first_number(&forgotten));
	return 0;
}

static opaque struct crate *crate_find(u64 number)
{
	return never ? NULL : ERR_PTR(-ENOMEM);
}

/* An error code plus the member's offset wraps around to a small address. */
static int mode_errptr(void)
{
	pr_info("labmem: weight %llu\n", crate_weight(crate_find(4)));
	return 0;
}

static opaque u64 last_slot(struct crate *c)
{
	return c->slots[c->last - 1];
}

static int mode_negindex(void)
{
	struct crate *c = crate_make(1);

	if (!c)
		return -ENOMEM;
	pr_info("labmem: last %llu\n", last_slot(c));
	return 0;
}

struct tally {
	u64 in, out;
};

static opaque void counts_in(struct tally *t)
{
	t->in++;
}

/* The pointer of alloc_percpu() is no address. */
static int mode_percpu(void)
{
	struct tally __percpu *t = alloc_percpu(struct tally);

	if (!t)
		return -ENOMEM;
	counts_in((__force struct tally *)t);
	return 0;
}

static opaque int crate_colour(void)
{
#ifdef CONFIG_X86
	int colour;

	asm volatile("movl $0x90900b0f, %0" : "=r" (colour));	/* the constant's bytes are ud2 */
	return colour;
#else
	return 0x90900b0f + never;
#endif
}

static opaque int asks_colour(int (*colour)(void))
{
	return colour() + 1;
}

/* A call into the middle of an instruction. */
static int mode_midjump(void)
{
	u8 *at = (u8 *)crate_colour;
	int i;

#ifdef CONFIG_X86
	for (i = 0; i < 40 && (at[i] != 0x0f || at[i + 1] != 0x0b); i++)
		;
#else
	i = 2;
#endif
	return asks_colour((void *)(at + i)) == 0;
}

static opaque u64 share_of(u64 weight, u64 part, u64 whole)
{
	return mul_u64_u64_div_u64(weight, part, whole);
}

/* The quotient does not fit. */
static int mode_divoverflow(void)
{
	pr_info("labmem: share %llu\n", share_of(1ULL << 60, 1ULL << 20, 3 + never));
	return 0;
}

static opaque void counts_up(atomic_t *count)
{
	atomic_inc(count);
}

static int mode_unaligned(void)
{
	static char box[16];

	counts_up((atomic_t *)(box + 3));
	return 0;
}

#ifdef CONFIG_ARM64
static opaque u32 reads_register(void __iomem *base)
{
	return readl(base + 8);
}

/* A device that is not there. */
static int mode_extabort(void)
{
	void __iomem *base = ioremap(0x0f800000, PAGE_SIZE);

	if (!base)
		return -ENOMEM;
	pr_info("labmem: register %u\n", reads_register(base));
	return 0;
}
#else
static int mode_extabort(void)
{
	return -EOPNOTSUPP;
}
#endif

static struct hrtimer deep_timer;

static opaque unsigned long digs(unsigned long depth)
{
	volatile unsigned long hole[40];

	hole[depth % 40] = depth;
	if (never)
		return depth;
	return digs(depth + 1) + hole[(depth + 7) % 40];
}

static enum hrtimer_restart deep_timer_fires(struct hrtimer *t)
{
	pr_info("labmem: %lu\n", digs(1));
	return HRTIMER_NORESTART;
}

static int mode_irqoverflow(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(&deep_timer, deep_timer_fires, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
#else
	hrtimer_init(&deep_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	deep_timer.function = deep_timer_fires;
#endif
	hrtimer_start(&deep_timer, ms_to_ktime(20), HRTIMER_MODE_REL_HARD);
	msleep(3000);
	return 0;
}

/* ---- memory that is never given back, until there is none ---- */

static opaque int mode_slableak(void)
{
	while (!never)
		if (!crate_make(1))
			break;
	return 0;
}

static void **kept;

static opaque int mode_kmalloc(void)
{
	void **next;

	while (!never) {
		next = kmalloc(900, GFP_KERNEL);
		if (!next)
			break;
		*next = kept;
		kept = next;
	}
	return 0;
}

static opaque int mode_vmleak(void)
{
	void **next;

	while (!never) {
		next = vmalloc(16 * PAGE_SIZE);
		if (!next)
			break;
		*next = kept;
		kept = next;
	}
	return 0;
}

static opaque int mode_pageleak(void)
{
	while (!never)
		if (!alloc_pages(GFP_KERNEL, 1))
			break;
	return 0;
}

/* ---- choosing ---- */

static int mode_none(void)
{
	return 0;
}

#define MODE(name) { #name, mode_##name }
static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
	MODE(none),	   MODE(freevmalloc), MODE(freestack),	MODE(freestatic), MODE(wrongcache), MODE(cachebusy),
	MODE(skbtwice),	   MODE(bioput),      MODE(taskput),	MODE(dentrybusy), MODE(badpage),    MODE(pageafter),
	MODE(vfreed),	   MODE(vguard),      MODE(nostrend),	MODE(badpte),	  MODE(unloadtimer), MODE(unloaddata),
	MODE(overrun),	   MODE(heapcall),    MODE(hlisttwice), MODE(rbtree),	  MODE(workfreed),  MODE(fortify),
	MODE(usercopy),	   MODE(userread),    MODE(usercall),	MODE(negoffset),  MODE(errptr),	    MODE(negindex),
	MODE(percpu),	   MODE(midjump),     MODE(divoverflow), MODE(unaligned), MODE(extabort),   MODE(irqoverflow),
	MODE(slableak),	   MODE(kmalloc),     MODE(vmleak),	MODE(pageleak),	{ "tmpfs", mode_none },
};

static int run_mode(const char *value, const struct kernel_param *kp)
{
	char text[16];
	size_t i;

	if (strscpy(text, value, sizeof(text)) < 0)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].name, strim(text))) {
			pr_info("labmem: mode %s\n", modes[i].name);
			return modes[i].run();
		}
	return -EINVAL;
}

static const struct kernel_param_ops mode_ops = { .set = run_mode };
module_param_cb(mode, &mode_ops, NULL, 0200);

static int __init labmem_init(void)
{
	crate_cache = kmem_cache_create("mem_crate", sizeof(struct crate), 0,
#ifdef SLAB_NO_MERGE
					SLAB_NO_MERGE,
#else
					0,
#endif
					NULL);
	return crate_cache ? 0 : -ENOMEM;
}

static void __exit labmem_exit(void)
{
	kmem_cache_destroy(crate_cache);
}

module_init(labmem_init);
module_exit(labmem_exit);
MODULE_DESCRIPTION("Misuses memory in a chosen way, for test crash dumps");
MODULE_LICENSE("GPL");
