// SPDX-License-Identifier: GPL-2.0
/*
 * labdrv: the driver of a weather sonde that does not exist, with one of many bugs that drivers have; the lab's crash module for
 * deaths in which a driver and a subsystem of the kernel disagree.
 *
 *   insmod labdrv.ko; echo <name> > /sys/module/labdrv/parameters/mode
 *
 * Some bugs wait for user space: it opens, reads and maps /dev/sonde, reads /proc/sonde and writes /sys/kernel/sonde/remove.
 */
#include <linux/bio.h>
#include <linux/bit_spinlock.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kobject.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/rtnetlink.h>
#include <linux/rwsem.h>
#include <linux/cpumask.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#define stop_timer timer_delete_sync
#else
#define stop_timer del_timer_sync
#endif
#ifndef timer_container_of
#define timer_container_of from_timer
#endif

struct sonde;

struct sonde_ops {
	int (*start)(struct sonde *s);
	u32 (*measure)(struct sonde *s, int channel);
	int (*calibrate)(struct sonde *s, u32 value);
	void (*stop)(struct sonde *s);
};

/* One of a sonde's sensors. */
struct channel {
	u32 id;
	u32 gain;
	char unit[24];
	struct sonde *owner;
	struct list_head node;
	const char *description;
};

/* What a sonde sends: 64 bytes. */
struct packet {
	u64 sequence;
	u64 stamp;
	u32 length, type;
	u64 checksum;
	struct sonde *from;
	struct rcu_head rcu;
	u64 value;
};

struct sonde {
	char name[16];
	const struct sonde_ops *ops;
	struct list_head node;
	struct kref users;
	refcount_t readers_now;
	struct mutex lock;
	spinlock_t fifo_lock;
	wait_queue_head_t readers;
	struct channel *channels[4];
	struct workqueue_struct *wq;
	struct work_struct work;
	struct timer_list watchdog;
	struct completion *reply;
	void __iomem *registers;
	struct page *page;
	unsigned long state;
	u64 readings[8];
	u32 filled;
};

static struct kmem_cache *sonde_cache, *packet_cache;
static LIST_HEAD(sondes);
static LIST_HEAD(sleeping_sondes);
static DEFINE_XARRAY(channels);
static struct sonde *first_sonde;
static volatile int never;

/* ---- the driver ---- */

static int radio_start(struct sonde *s)
{
	s->state |= 1;
	return 0;
}

static u32 radio_measure(struct sonde *s, int channel)
{
	return s->channels[channel]->gain * 3;
}

static void radio_stop(struct sonde *s)
{
	s->state &= ~1UL;
}

/* Has no calibrate. */
static const struct sonde_ops radio_ops = { .start = radio_start, .measure = radio_measure, .stop = radio_stop };

static noinline void sonde_work(struct work_struct *w)
{
	struct sonde *s = container_of(w, struct sonde, work);

	s->readings[0] = s->ops->measure(s, 0);
}

static void sonde_watchdog(struct timer_list *t)
{
	struct sonde *s = timer_container_of(s, t, watchdog);

	queue_work(s->wq, &s->work);
}

static struct channel *channel_create(struct sonde *s, u32 id)
{
	struct channel *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return ERR_PTR(-ENOMEM);
	c->id = id;
	c->gain = 7 + id;
	c->owner = s;
	snprintf(c->unit, sizeof(c->unit), "hectopascal");
	c->description = "air pressure";
	INIT_LIST_HEAD(&c->node);
	return c;
}

static struct sonde *sonde_create(const char *name)
{
	struct sonde *s = kmem_cache_zalloc(sonde_cache, GFP_KERNEL);
	int i;

	if (!s)
		return NULL;
	strscpy(s->name, name, sizeof(s->name));
	s->ops = &radio_ops;
	kref_init(&s->users);
	refcount_set(&s->readers_now, 1);
	mutex_init(&s->lock);
	spin_lock_init(&s->fifo_lock);
	init_waitqueue_head(&s->readers);
	INIT_WORK(&s->work, sonde_work);
	timer_setup(&s->watchdog, sonde_watchdog, 0);
	for (i = 0; i < 3; i++)
		s->channels[i] = channel_create(s, i);
	list_add_tail(&s->node, &sondes);
	return s;
}

static struct packet *packet_create(struct sonde *s)
{
	struct packet *p = kmem_cache_zalloc(packet_cache, GFP_KERNEL);

	if (p)
		p->from = s;
	return p;
}

static struct task_struct *run(int (*f)(void *), void *data, const char *name)
{
	return kthread_run(f, data, "%s", name);
}

static void sleep_for_ever(void)
{
	while (!never)
		msleep_interruptible(100000);
}

/* Memory of this size that somebody else fills. */
static void others_fill(size_t size, int byte)
{
	char *other;
	int i;

	for (i = 0; i < 64; i++) {
		other = kmalloc(size, GFP_KERNEL);
		if (other)
			memset(other, byte, size);
	}
}

/* The same of a cache; the free objects are those of any CPU. */
static void others_take(struct kmem_cache *cache, size_t size, int byte)
{
	char *other;
	int cpu, i;

	for_each_online_cpu(cpu) {
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		for (i = 0; i < 24; i++) {
			other = kmem_cache_alloc(cache, GFP_KERNEL);
			if (other)
				memset(other, byte, size);
		}
	}
	set_cpus_allowed_ptr(current, cpu_online_mask);
}

/* Other calls on the same stack. */
static noinline int uses_stack(unsigned int ms)
{
	volatile u64 buffer[160];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(buffer); i++)
		buffer[i] = 0x5a3c5a3c5a3c0000 + i;
	msleep(ms);
	return buffer[17] == 3;
}

/* ---- pointers and objects ---- */

static noinline int sonde_calibrate(struct sonde *s, u32 value)
{
	return s->ops->calibrate(s, value) + 1;
}

static noinline int sonde_configure(struct sonde *s)
{
	int rc = s->ops->start(s);

	return rc ? rc : sonde_calibrate(s, 1013);
}

/* A driver without one of the operations. */
static int mode_opsnull(void)
{
	return sonde_configure(first_sonde);
}

static noinline void sonde_print(struct seq_file *m, struct sonde *s)
{
	seq_printf(m, "gain %u\n", s->channels[1]->gain);
}

static int sonde_show(struct seq_file *m, void *unused)
{
	sonde_print(m, m->private);
	return 0;
}

/* /proc/sonde without the sonde. */
static int mode_seqnull(void)
{
	return proc_create_single_data("sonde", 0400, NULL, sonde_show, NULL) ? 0 : -ENOMEM;
}

static noinline struct channel *channel_probe(struct sonde *s, u32 id)
{
	return id > 2 ? ERR_PTR(-ENODEV) : channel_create(s, id);
}

static noinline void sonde_free_channels(struct sonde *s)
{
	int i;

	for (i = 3; i >= 0; i--)
		kfree(s->channels[i]);
}

/* Frees an error code. */
static int mode_kfreeerr(void)
{
	struct sonde *s = sonde_create("sonde-err");

	if (!s)
		return -ENOMEM;
	s->channels[3] = channel_probe(s, 3);
	if (IS_ERR(s->channels[3])) {
		sonde_free_channels(s);
		return 0;
	}
	return -EAGAIN;
}

static noinline u32 sonde_update(struct sonde *s, int channel)
{
	return s->ops->measure(s, channel) + 1;
}

/* Frees a member of an object; objects that are made then lie across each other. */
static int mode_kfreeinside(void)
{
	struct sonde *s[24];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(s); i++)
		s[i] = sonde_create("sonde-before");
	for (i = 0; i < ARRAY_SIZE(s); i += 4)
		kmem_cache_free(sonde_cache, &s[i]->readings);
	for (i = 0; i < ARRAY_SIZE(s); i++)
		sonde_create("sonde-after");
	for (i = 0; i < ARRAY_SIZE(s); i++)
		sonde_update(s[i], 1);
	return 0;
}

static noinline void packet_release(struct packet *p)
{
	kmem_cache_free(packet_cache, p);
}

static noinline int packet_trace(struct packet *p)
{
	return p->from->name[0];
}

static noinline int packet_send(struct packet *p)
{
	packet_release(p);
	return packet_trace(p);
}

/* The last look at a packet comes after its release. */
static int mode_krefuse(void)
{
	struct packet *p = packet_create(first_sonde);

	return p ? packet_send(p) == 0 : -ENOMEM;
}

static void packet_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(packet_cache, container_of(head, struct packet, rcu));
}

static noinline void packet_retire(struct packet *p)
{
	call_rcu(&p->rcu, packet_free_rcu);
}

/* The same callback twice. */
static int mode_rcutwice(void)
{
	struct packet *p = packet_create(first_sonde);

	if (!p)
		return -ENOMEM;
	packet_retire(p);
	packet_retire(p);
	msleep(2000);
	return 0;
}

static noinline int channel_owner_letter(unsigned long id)
{
	struct channel *c = xa_load(&channels, id);

	return c ? c->owner->name[2] : 0;
}

/* Freed, but left in the XArray. */
static int mode_xafreed(void)
{
	struct channel *c = channel_create(first_sonde, 77);

	if (IS_ERR(c))
		return PTR_ERR(c);
	xa_store(&channels, 77, c, GFP_KERNEL);
	kfree(c);
	others_fill(sizeof(*c), 'x');
	return channel_owner_letter(77) == 3;
}

/* A u32 that wraps around: the room is for few readings, and many are written. */
static noinline void channel_load(u64 *table, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		table[i] = 1000 + i;
}

static noinline u64 *table_create(u32 count)
{
	u32 bytes = count * sizeof(u64);

	return kmalloc(bytes, GFP_KERNEL);
}

static noinline u32 channels_sum(struct channel **c, int count)
{
	u32 sum = 0;
	int i;

	for (i = 0; i < count; i++)
		sum += c[i]->owner->name[0] + c[i]->gain;
	return sum;
}

static int mode_sizewrap(void)
{
	struct channel *c[96];
	u64 *table;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = channel_create(first_sonde, i);
	for (i = 10; i < 80; i += 7)
		kfree(c[i]);
	table = table_create(0x20000000 + sizeof(struct channel) / 8);
	if (!table)
		return -ENOMEM;
	channel_load(table, 60);
	for (i = 10; i < 80; i += 7)
		c[i] = channel_create(first_sonde, i);
	pr_info("labdrv: sum %u\n", channels_sum(c, ARRAY_SIZE(c)));
	return 0;
}

static struct board {
	u32 levels[8];
	int (*alarm)(u32 level);
} board;

static int board_rings(u32 level)
{
	return level > 900;
}

static noinline void board_set_levels(u32 *levels, int last)
{
	int i;

	for (i = 0; i <= last; i++)
		levels[i] = 900 + i;
}

static noinline int board_check(struct board *b)
{
	return b->alarm(b->levels[3]) + 1;
}

/* One more than the array has, in static data. */
static int mode_staticover(void)
{
	board.alarm = board_rings;
	board_set_levels(board.levels, ARRAY_SIZE(board.levels) + never + 1);
	return board_check(&board);
}

static noinline void text_copy(char *to, const char *from)
{
	while ((*to++ = *from++))
		;
}

static noinline __attribute__((no_stack_protector)) int sonde_parse(const char *line)
{
	char word[16];

	text_copy(word, line);
	return word[3];
}

/* A return address written over, in a function without stack protector. */
static int mode_retsmash(void)
{
	return sonde_parse("TEMP=-40.5;PRES=1013.25;HUMI=87;WIND=12.5;DIRE=270;ALTI=11000;BATT=3.7") + 1;
}

struct frame {
	u16 total, header;
	u8 body[60];
};

static noinline void frame_body(void *to, struct frame *f)
{
	size_t length = f->total - f->header;

	memcpy(to, f->body, length);
}

/* A header that is longer than its frame. */
static int mode_neglen(void)
{
	struct frame *f = vzalloc(sizeof(*f));
	void *room = vmalloc(sizeof(*f));

	if (!f || !room)
		return -ENOMEM;
	f->total = 20;
	f->header = 40 + never;
	frame_body(room, f);
	return 0;
}

static noinline u32 sonde_interrupt(int irq, void *data)
{
	struct sonde *s = data;

	return s->ops->measure(s, irq);
}

/* A channel is taken for a sonde. */
static int mode_wrongcast(void)
{
	return sonde_interrupt(1, first_sonde->channels[1]) == 3;
}

static noinline u32 sonde_status(struct sonde *s)
{
	return readl(s->registers + 0x40);
}

/* Registers that are not mapped any more. */
static int mode_iogone(void)
{
	struct sonde *s = first_sonde;

	s->registers = ioremap(0xfea00000, PAGE_SIZE);
	if (!s->registers)
		return -ENOMEM;
	iounmap(s->registers);
	vm_unmap_aliases();
	return sonde_status(s) == 3;
}

static noinline int sonde_prints_map(struct sonde *s, int row)
{
	char map[24000];

	memset(map, ' ', sizeof(map));
	snprintf(map + row * 80, 80, "%s", s->name);
	return map[never] + map[row];
}

/* One frame that is larger than the stack. */
static int mode_bigframe(void)
{
	return sonde_prints_map(first_sonde, 100 + never) == 3;
}

static noinline void sonde_hold(struct sonde *s)
{
	refcount_inc(&s->readers_now);
}

/* A count that was written over with a large number. */
static int mode_refsat(void)
{
	refcount_set(&first_sonde->readers_now, INT_MAX - 1);
	sonde_hold(first_sonde);
	sonde_hold(first_sonde);
	return 0;
}

/* ---- what is left on a stack, or in a freed object ---- */

static void request_expires(struct timer_list *t)
{
	pr_info("labdrv: no reply\n");
}

static noinline int sonde_request(struct sonde *s)
{
	struct timer_list timeout;

	timer_setup_on_stack(&timeout, request_expires, 0);
	mod_timer(&timeout, jiffies + HZ / 2);
	if (s->filled == 0)
		return -ENODATA;	/* forgets the timer */
	stop_timer(&timeout);
	return 0;
}

static int mode_stacktimer(void)
{
	sonde_request(first_sonde);
	return uses_stack(3000);
}

static noinline int sonde_wait_reply(struct sonde *s)
{
	DECLARE_COMPLETION_ONSTACK(reply);

	s->reply = &reply;
	if (!wait_for_completion_timeout(&reply, HZ / 10))
		return -ETIMEDOUT;	/* the sonde still has its address */
	s->reply = NULL;
	return 0;
}

static noinline void sonde_replies(struct sonde *s)
{
	if (s->reply)
		complete(s->reply);
}

static void reply_arrives(struct timer_list *t)
{
	sonde_replies(timer_container_of(first_sonde, t, watchdog));
}

static int mode_stackcompl(void)
{
	timer_setup(&first_sonde->watchdog, reply_arrives, 0);
	mod_timer(&first_sonde->watchdog, jiffies + HZ / 2);
	sonde_wait_reply(first_sonde);
	return uses_stack(3000);
}

static noinline int sonde_wait_data(struct sonde *s)
{
	DEFINE_WAIT_FUNC(wait, default_wake_function);

	add_wait_queue(&s->readers, &wait);
	if (s->filled == 0)
		return -EAGAIN;	/* forgets to take the entry away */
	remove_wait_queue(&s->readers, &wait);
	return 0;
}

static noinline void sonde_data_arrives(struct sonde *s)
{
	s->filled++;
	wake_up(&s->readers);
}

static int other_sonde_works(void *unused)
{
	msleep(500);
	sonde_data_arrives(first_sonde);
	return 0;
}

static int mode_stackwait(void)
{
	sonde_wait_data(first_sonde);
	run(other_sonde_works, NULL, "sonde/data");
	return uses_stack(3000);
}

/* A wait queue that nobody initialized. */
static int mode_wqhnull(void)
{
	struct sonde *s = kmem_cache_zalloc(sonde_cache, GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	sonde_data_arrives(s);
	return 0;
}

struct poll {
	u64 stamps[6];
	struct delayed_work work;
	u64 more[20];
};

static void poll_works(struct work_struct *w)
{
	pr_info("labdrv: poll\n");
}

static noinline void poll_release(struct poll *p)
{
	kfree(p);	/* forgets cancel_delayed_work_sync() */
}

/* A delayed work in an object that was freed, and is another's now. */
static int mode_dworkfreed(void)
{
	struct poll *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	INIT_DELAYED_WORK(&p->work, poll_works);
	schedule_delayed_work(&p->work, HZ / 2);
	poll_release(p);
	others_fill(sizeof(*p), 0);
	msleep(3000);
	return 0;
}

/* The timer goes on when the queue is gone. */
static int mode_wqdestroyed(void)
{
	struct sonde *s = first_sonde;

	s->wq = alloc_workqueue("sonde", 0, 0);
	if (!s->wq)
		return -ENOMEM;
	mod_timer(&s->watchdog, jiffies + HZ / 5);
	destroy_workqueue(s->wq);
	msleep(3000);
	return 0;
}

static noinline void sonde_lock(struct sonde *s)
{
	mutex_lock(&s->lock);
	s->state |= 2;
	mutex_unlock(&s->lock);
}

/* A mutex in an object that was freed, and is another's now. */
static int mode_mutexfreed(void)
{
	struct sonde *s = sonde_create("sonde-gone");

	if (!s)
		return -ENOMEM;
	list_del(&s->node);
	kmem_cache_free(sonde_cache, s);
	others_take(sonde_cache, sizeof(*s), 'm');
	sonde_lock(s);
	return 0;
}

static noinline void sonde_arm(struct sonde *s)
{
	s->watchdog.expires = jiffies + 100 * HZ;
	add_timer(&s->watchdog);
}

static int mode_addtimer(void)
{
	sonde_arm(first_sonde);
	sonde_arm(first_sonde);
	return 0;
}

/* A timer and a work that nobody initialized. */
static int mode_timernull(void)
{
	struct poll *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	mod_timer(&p->work.timer, jiffies + HZ / 5);
	msleep(2000);
	return 0;
}

static noinline void poll_start(struct poll *p)
{
	queue_work(system_long_wq, &p->work.work);
}

static int mode_worknoinit(void)
{
	struct poll *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	poll_start(p);
	msleep(2000);
	return 0;
}

static void watchdog_stops(struct timer_list *t)
{
	struct sonde *s = timer_container_of(s, t, watchdog);

	stop_timer(&s->watchdog);
}

/* A timer that waits for itself. */
static int mode_timerself(void)
{
	timer_setup(&first_sonde->watchdog, watchdog_stops, 0);
	mod_timer(&first_sonde->watchdog, jiffies + HZ / 5);
	return 0;
}

/* ---- lists ---- */

static noinline void sonde_enlist(struct sonde *s)
{
	list_add(&s->node, &sleeping_sondes);
}

static int mode_listadd2(void)
{
	struct sonde *s = first_sonde;

	list_del(&s->node);
	sonde_enlist(s);
	sonde_enlist(s);
	return 0;
}

static noinline void sonde_reset(struct sonde *s)
{
	INIT_LIST_HEAD(&s->node);
}

static noinline void sonde_delist(struct sonde *s)
{
	list_del(&s->node);
}

/* An entry is initialized while it is in the list. */
static int mode_reinit(void)
{
	struct sonde *s[3];
	int i;

	for (i = 0; i < 3; i++) {
		s[i] = sonde_create("sonde-list");
		if (!s[i])
			return -ENOMEM;
	}
	sonde_reset(s[1]);
	sonde_delist(s[2]);
	return 0;
}

static noinline int sondes_awake(struct list_head *list)
{
	struct sonde *s;
	int count = 0;

	list_for_each_entry(s, list, node)
		if (s->state & 1)
			count++;
	return count;
}

/* In two lists at once: who walks the first never comes to its end. */
static int mode_twolists(void)
{
	struct sonde *s = sonde_create("sonde-moved");

	sonde_create("sonde-stays");
	if (!s)
		return -ENOMEM;
	sonde_enlist(s);
	return sondes_awake(&sondes);
}

/* ---- atomic context ---- */

static noinline int sonde_push(struct sonde *s, u64 value)
{
	spin_lock(&s->fifo_lock);
	if (s->filled >= ARRAY_SIZE(s->readings))
		return -ENOSPC;	/* forgets to unlock */
	s->readings[s->filled++] = value;
	spin_unlock(&s->fifo_lock);
	return 0;
}

static noinline void sonde_pause(struct sonde *s)
{
	msleep(20);
}

static int mode_errunlock(void)
{
	int i;

	for (i = 0; i < 9; i++)
		sonde_push(first_sonde, i);
	sonde_pause(first_sonde);
	return 0;
}

static noinline u32 sonde_slow_measure(struct sonde *s)
{
	usleep_range(20000, 30000);
	return s->ops->measure(s, 0);
}

static noinline u32 sondes_total(void)
{
	struct sonde *s;
	u32 total = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(s, &sondes, node)
		total += sonde_slow_measure(s);
	rcu_read_unlock();
	return total;
}

static int mode_sleeprcu(void)
{
	return sondes_total() == 3;
}

static int sonde_keeps_lock(void *data)
{
	struct sonde *s = data;

	mutex_lock(&s->lock);
	sleep_for_ever();
	return 0;
}

static void watchdog_locks(struct timer_list *t)
{
	struct sonde *s = timer_container_of(s, t, watchdog);

	sonde_lock(s);
}

/* A timer takes a mutex that is held. */
static int mode_sleepsoftirq(void)
{
	run(sonde_keeps_lock, first_sonde, "sonde/keeper");
	msleep(200);
	timer_setup(&first_sonde->watchdog, watchdog_locks, 0);
	mod_timer(&first_sonde->watchdog, jiffies + HZ / 5);
	msleep(2000);
	return 0;
}

static noinline int sonde_pop(struct sonde *s, u64 *value)
{
	unsigned long flags;

	spin_lock_irqsave(&s->fifo_lock, flags);
	if (s->filled == 0) {
		spin_unlock(&s->fifo_lock);	/* leaves interrupts off */
		return -ENODATA;
	}
	*value = s->readings[--s->filled];
	spin_unlock_irqrestore(&s->fifo_lock, flags);
	return 0;
}

static void sonde_flushes(void *unused)
{
}

static noinline void sonde_sync(struct sonde *s)
{
	int cpu;

	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, sonde_flushes, s, 1);
}

static int mode_irqleft(void)
{
	u64 value;

	sonde_pop(first_sonde, &value);
	sonde_sync(first_sonde);
	return 0;
}

static noinline void sonde_set_busy(struct sonde *s)
{
	bit_spin_lock(5, &s->state);
}

static int mode_bitspin(void)
{
	sonde_set_busy(first_sonde);
	sonde_set_busy(first_sonde);
	return 0;
}

/* ---- waits ---- */

static DECLARE_RWSEM(fleet_lock);
static DECLARE_WAIT_QUEUE_HEAD(landing);
static struct semaphore slots;

static int waits_for_landing(void *data)
{
	struct sonde *s = data;

	down_write(&fleet_lock);
	wait_event(landing, READ_ONCE(s->state) & 0x80);
	up_write(&fleet_lock);
	return 0;
}

static int reads_fleet(void *unused)
{
	msleep(300);
	down_read(&fleet_lock);
	up_read(&fleet_lock);
	return 0;
}

/* Nobody wakes who holds the lock. */
static int mode_waitheld(void)
{
	run(reads_fleet, NULL, "sonde/list");
	run(waits_for_landing, first_sonde, "sonde/land");
	return 0;
}

static noinline u32 fleet_count(void)
{
	u32 count;

	down_read(&fleet_lock);
	count = sondes_awake(&sondes);
	up_read(&fleet_lock);
	return count;
}

static int reads_twice(void *unused)
{
	down_read(&fleet_lock);
	msleep(600);
	fleet_count();
	up_read(&fleet_lock);
	return 0;
}

static int writes_fleet(void *unused)
{
	msleep(300);
	down_write(&fleet_lock);
	up_write(&fleet_lock);
	return 0;
}

/* A reader reads again while a writer waits. */
static int mode_rwrecurse(void)
{
	run(reads_twice, NULL, "sonde/stat");
	run(writes_fleet, NULL, "sonde/add");
	return 0;
}

static noinline int sonde_transmit(int length)
{
	down(&slots);
	if (length > 100)
		return -EMSGSIZE;	/* forgets up() */
	up(&slots);
	return 0;
}

static int transmits(void *unused)
{
	int i;

	for (i = 0; i < 3; i++)
		sonde_transmit(200);
	return 0;
}

/* The last slot was never given back. */
static int mode_semleak(void)
{
	sema_init(&slots, 2);
	run(transmits, NULL, "sonde/tx");
	return 0;
}

static noinline void locked_work(struct work_struct *w)
{
	struct sonde *s = container_of(w, struct sonde, work);

	msleep(300);
	mutex_lock(&s->lock);
	mutex_unlock(&s->lock);
}

static noinline void sonde_shutdown(struct sonde *s)
{
	mutex_lock(&s->lock);
	cancel_work_sync(&s->work);
	mutex_unlock(&s->lock);
}

static int shuts_down(void *data)
{
	msleep(100);
	sonde_shutdown(data);
	return 0;
}

/* Waits, with the mutex, for a work that wants the mutex. */
static int mode_muflush(void)
{
	INIT_WORK(&first_sonde->work, locked_work);
	schedule_work(&first_sonde->work);
	run(shuts_down, first_sonde, "sonde/remove");
	return 0;
}

static int ends_at_once(void *unused)
{
	return 0;
}

static noinline void sonde_stop_thread(struct task_struct *t)
{
	kthread_stop(t);
}

/* The thread is gone when it is told to stop. */
static int mode_stopgone(void)
{
	struct task_struct *t = run(ends_at_once, NULL, "sonde/once");

	if (IS_ERR(t))
		return PTR_ERR(t);
	msleep(1500);
	sonde_stop_thread(t);
	return 0;
}

/* ---- network and block devices ---- */

struct link {
	struct napi_struct napi;
	u64 frames;
};

static int link_poll(struct napi_struct *napi, int budget)
{
	return 0;
}

static noinline void link_start(struct link *l)
{
	napi_enable(&l->napi);
	l->frames = 0;
	napi_enable(&l->napi);
}

static int link_open(struct net_device *dev)
{
	link_start(netdev_priv(dev));
	return 0;
}

static netdev_tx_t link_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops link_ops = { .ndo_start_xmit = link_xmit };
static const struct net_device_ops napi_ops = { .ndo_open = link_open, .ndo_start_xmit = link_xmit };
static const struct net_device_ops mute_ops = { .ndo_validate_addr = eth_validate_addr };

static struct net_device *link_create(const struct net_device_ops *ops)
{
	struct net_device *dev = alloc_netdev(sizeof(struct link), "sonde%d", NET_NAME_UNKNOWN, ether_setup);
	struct link *l;

	if (!dev)
		return NULL;
	l = netdev_priv(dev);
	dev->netdev_ops = ops;
	eth_hw_addr_random(dev);
	netif_napi_add(dev, &l->napi, link_poll);
	if (register_netdev(dev)) {
		free_netdev(dev);
		return NULL;
	}
	return dev;
}

static noinline void link_remove(struct net_device *dev)
{
	free_netdev(dev);
}

static int mode_netfreed(void)
{
	struct net_device *dev = link_create(&link_ops);

	if (!dev)
		return -ENOMEM;
	link_remove(dev);
	return 0;
}

static int unregisters(void *dev)
{
	unregister_netdev(dev);
	free_netdev(dev);
	return 0;
}

/* A reference that is never given back. */
static int mode_netref(void)
{
	struct net_device *dev = link_create(&link_ops);

	if (!dev)
		return -ENOMEM;
	dev_hold(dev);
	run(unregisters, dev, "sonde/unplug");
	return 0;
}

static int link_up(struct net_device *dev)
{
	int rc;

	rtnl_lock();
	rc = dev_open(dev, NULL);
	rtnl_unlock();
	return rc;
}

static int mode_napitwice(void)
{
	struct net_device *dev = link_create(&napi_ops);

	return dev ? link_up(dev) : -ENOMEM;
}

static noinline void link_header(struct sk_buff *skb, int room)
{
	memset(skb_push(skb, room), 0, room);
}

static noinline void link_payload(struct sk_buff *skb, int length)
{
	memset(skb_put(skb, length), 0, length);
}

/* Sends by a device that cannot send. */
static int mode_ndonull(void)
{
	struct net_device *dev = link_create(&mute_ops);
	struct sk_buff *skb = alloc_skb(300, GFP_KERNEL);

	if (!dev || !skb || link_up(dev))
		return -ENOMEM;
	skb_reserve(skb, 100);
	link_payload(skb, 60);
	skb_reset_network_header(skb);
	skb->dev = dev;
	dev_queue_xmit(skb);
	msleep(1000);
	return 0;
}

static int mode_skbover(void)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	if (!skb)
		return -ENOMEM;
	link_payload(skb, 4000 + never);
	return 0;
}

static int mode_skbunder(void)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	if (!skb)
		return -ENOMEM;
	skb_reserve(skb, 8);
	link_header(skb, 14 + never);
	return 0;
}

static noinline void transfer_done(struct bio *bio)
{
	packet_release(bio->bi_private);
}

static noinline void transfer_finish(struct bio *bio)
{
	bio_endio(bio);
}

/* A transfer that ends twice. */
static int mode_biotwice(void)
{
	struct bio *bio = bio_alloc(NULL, 1, 0, GFP_KERNEL);

	bio->bi_private = packet_create(first_sonde);
	bio->bi_end_io = transfer_done;
	transfer_finish(bio);
	transfer_finish(bio);
	return 0;
}

static struct blk_mq_tag_set store_tags;
static struct gendisk *store_disk;

static noinline void store_complete(struct request *rq)
{
	blk_mq_end_request(rq, BLK_STS_OK);
}

static blk_status_t store_takes(struct blk_mq_hw_ctx *ctx, const struct blk_mq_queue_data *data)
{
	blk_mq_start_request(data->rq);
	store_complete(data->rq);
	store_complete(data->rq);
	return BLK_STS_OK;
}

static const struct blk_mq_ops store_ops = { .queue_rq = store_takes };
static const struct block_device_operations store_file_ops = { .owner = THIS_MODULE };

/* A disk whose requests end twice; the search for partitions reads it. */
static int mode_rqtwice(void)
{
	int major = register_blkdev(0, "sondestore"), rc;

	store_tags.ops = &store_ops;
	store_tags.nr_hw_queues = 1;
	store_tags.queue_depth = 8;
	store_tags.numa_node = NUMA_NO_NODE;
	rc = blk_mq_alloc_tag_set(&store_tags);
	if (rc)
		return rc;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	store_disk = blk_mq_alloc_disk(&store_tags, NULL, NULL);
#else
	store_disk = blk_mq_alloc_disk(&store_tags, NULL);
#endif
	if (IS_ERR(store_disk))
		return PTR_ERR(store_disk);
	store_disk->major = major;
	store_disk->minors = 8;
	store_disk->fops = &store_file_ops;
	strscpy(store_disk->disk_name, "sondestore", sizeof(store_disk->disk_name));
	set_capacity(store_disk, 20480);
	return add_disk(store_disk);
}

/* ---- kobjects and files ---- */

struct station {
	struct kobject kobj;
	u64 number;
};

static void station_release(struct kobject *kobj)
{
	pr_info("labdrv: station released\n");
}

static const struct kobj_type station_type = { .release = station_release, .sysfs_ops = &kobj_sysfs_ops };
static struct station *station;

static int station_create(void)
{
	station = kzalloc(sizeof(*station), GFP_KERNEL);
	if (!station)
		return -ENOMEM;
	return kobject_init_and_add(&station->kobj, (struct kobj_type *)&station_type, kernel_kobj, "sonde");
}

static noinline void station_put(struct station *s)
{
	kobject_put(&s->kobj);
}

static int mode_kobjput(void)
{
	int rc = station_create();

	if (rc)
		return rc;
	station_put(station);
	station_put(station);
	return 0;
}

static ssize_t remove_store(struct kobject *kobj, struct kobj_attribute *a, const char *text, size_t size);
static struct kobj_attribute remove_attribute = __ATTR_WO(remove);

static noinline void station_remove(struct kobject *kobj)
{
	sysfs_remove_file(kobj, &remove_attribute.attr);
}

static ssize_t remove_store(struct kobject *kobj, struct kobj_attribute *a, const char *text, size_t size)
{
	station_remove(kobj);
	return size;
}

/* A file of sysfs that removes itself. */
static int mode_sysfsself(void)
{
	int rc = station_create();

	return rc ? rc : sysfs_create_file(&station->kobj, &remove_attribute.attr);
}

static bool raw_copy, frees_open, frees_mapped;

static int sonde_file_open(struct inode *inode, struct file *file)
{
	file->private_data = first_sonde;
	return 0;
}

static noinline size_t sonde_fill(struct sonde *s, char __user *to, size_t size)
{
	u64 readings[ARRAY_SIZE(s->readings)];

	size = min(size, sizeof(readings));
	memcpy(readings, s->readings, sizeof(readings));
	if (raw_copy)
		memcpy((__force void *)to, readings, size);
	else if (copy_to_user(to, readings, size))
		size = 0;
	return size;
}

static ssize_t sonde_file_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	struct sonde *s = file->private_data;
	ssize_t done;

	if (frees_open)
		return s->ops->measure(s, 1);
	mutex_lock(&s->lock);
	done = sonde_fill(s, to, size);
	mutex_unlock(&s->lock);
	return done;
}

static noinline void sonde_drop_page(struct sonde *s)
{
	put_page(s->page);
	if (frees_mapped)
		put_page(s->page);
	s->page = NULL;
}

static ssize_t sonde_file_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	struct sonde *s = file->private_data;

	if (s->page)
		sonde_drop_page(s);
	return size;
}

static vm_fault_t sonde_map_fault(struct vm_fault *fault)
{
	struct sonde *s = fault->vma->vm_private_data;
	vm_fault_t rc = VM_FAULT_NOPAGE;

	mutex_lock(&s->lock);
	if (!s->page)
		s->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!s->page || vm_insert_page(fault->vma, fault->address & PAGE_MASK, s->page))
		rc = VM_FAULT_SIGBUS;
	mutex_unlock(&s->lock);
	return rc;
}

static const struct vm_operations_struct sonde_map_ops = { .fault = sonde_map_fault };

static int sonde_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &sonde_map_ops;
	vma->vm_private_data = file->private_data;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, VM_MIXEDMAP);
#else
	vma->vm_flags |= VM_MIXEDMAP;
#endif
	return 0;
}

static const struct file_operations sonde_file_ops = {
	.owner = THIS_MODULE,
	.open = sonde_file_open,
	.read = sonde_file_read,
	.write = sonde_file_write,
	.mmap = sonde_file_mmap,
};
static struct miscdevice sonde_misc = { .minor = MISC_DYNAMIC_MINOR, .name = "sonde", .fops = &sonde_file_ops };

/* Reads into a mapping of the same device: the fault wants the mutex that the read holds. */
static int mode_faultself(void)
{
	return 0;
}

/* memcpy() to user space. */
static int mode_readraw(void)
{
	raw_copy = true;
	return 0;
}

/* A page is freed that a process still has mapped. */
static int mode_pagemapped(void)
{
	frees_mapped = true;
	return 0;
}

/* The sonde is freed while its file is open. */
static int mode_opengone(void)
{
	frees_open = true;
	list_del(&first_sonde->node);
	kmem_cache_free(sonde_cache, first_sonde);
	others_take(sonde_cache, sizeof(struct sonde), 'o');
	return 0;
}

/* ---- what a module leaves behind ---- */

static int station_show(struct seq_file *m, void *unused)
{
	seq_puts(m, "no sonde\n");
	return 0;
}

/* /proc/sonde stays. */
static int mode_unloadproc(void)
{
	return proc_create_single_data("sonde", 0400, NULL, station_show, NULL) ? 0 : -ENOMEM;
}

static int listens(void *unused)
{
	while (!kthread_should_stop())
		msleep(1000);
	return 0;
}

/* A thread stays. */
static int mode_unloadthread(void)
{
	return PTR_ERR_OR_ZERO(run(listens, NULL, "sonde/listen"));
}

static int link_event(struct notifier_block *nb, unsigned long event, void *data)
{
	return NOTIFY_DONE;
}

static struct notifier_block link_notifier = { .notifier_call = link_event };

/* A notifier stays. */
static int mode_unloadnotify(void)
{
	return register_netdevice_notifier(&link_notifier);
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
	MODE(none),	   MODE(opsnull),     MODE(seqnull),	  MODE(kfreeerr),    MODE(kfreeinside), MODE(krefuse),
	MODE(rcutwice),	   MODE(xafreed),     MODE(sizewrap),	  MODE(staticover),  MODE(retsmash),	MODE(neglen),
	MODE(wrongcast),   MODE(iogone),      MODE(bigframe),	  MODE(refsat),	     MODE(stacktimer),	MODE(stackcompl),
	MODE(stackwait),   MODE(wqhnull),     MODE(dworkfreed),	  MODE(wqdestroyed), MODE(mutexfreed),	MODE(addtimer),
	MODE(timernull),   MODE(worknoinit),  MODE(timerself),	  MODE(listadd2),    MODE(reinit),	MODE(twolists),
	MODE(errunlock),   MODE(sleeprcu),    MODE(sleepsoftirq), MODE(irqleft),     MODE(bitspin),	MODE(waitheld),
	MODE(rwrecurse),   MODE(semleak),     MODE(muflush),	  MODE(stopgone),    MODE(netfreed),	MODE(netref),
	MODE(napitwice),   MODE(ndonull),     MODE(skbover),	  MODE(skbunder),    MODE(biotwice),	MODE(rqtwice),
	MODE(kobjput),	   MODE(sysfsself),   MODE(faultself),	  MODE(readraw),     MODE(pagemapped),	MODE(opengone),
	MODE(unloadproc),  MODE(unloadthread), MODE(unloadnotify),
};

static int run_mode(const char *value, const struct kernel_param *kp)
{
	char text[16];
	size_t i;

	if (strscpy(text, value, sizeof(text)) < 0)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].name, strim(text))) {
			pr_info("labdrv: mode %s\n", modes[i].name);
			return modes[i].run();
		}
	return -EINVAL;
}

static const struct kernel_param_ops mode_ops = { .set = run_mode };
module_param_cb(mode, &mode_ops, NULL, 0200);

#ifndef SLAB_NO_MERGE
#define SLAB_NO_MERGE 0
#endif

static int __init labdrv_init(void)
{
	int rc;

	sonde_cache = kmem_cache_create("drv_sonde", sizeof(struct sonde), 0, SLAB_NO_MERGE, NULL);
	packet_cache = kmem_cache_create("drv_packet", sizeof(struct packet), 0, SLAB_NO_MERGE, NULL);
	if (!sonde_cache || !packet_cache)
		return -ENOMEM;
	first_sonde = sonde_create("sonde-0");
	if (!first_sonde)
		return -ENOMEM;
	rc = misc_register(&sonde_misc);
	return rc;
}

/* Nothing is freed: the objects may be in use. */
static void __exit labdrv_exit(void)
{
	misc_deregister(&sonde_misc);
}

module_init(labdrv_init);
module_exit(labdrv_exit);
MODULE_DESCRIPTION("A driver with a chosen bug, for test crash dumps");
MODULE_LICENSE("GPL");
