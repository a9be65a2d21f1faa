import type { Expected } from './expected.ts';

const driver = (says: RegExp, more: Partial<Expected> = {}): Expected => ({ says, module: 'labdrv', ...more });
const of = (name: string): RegExp => new RegExp(`^(?:${name})$`);

/** Caches of 6.1 are merged with others of the same size. */
const PACKET = /^(?:drv_packet|vmap_area|kmalloc-64)$/;
const SONDE = /^drv_sonde$/;
const CHANNEL = /^kmalloc-(?:64|128)$/;

/** Of the guest with labdrv.ko: bugs of drivers. */
export const EXPECTED_DRIVERS: Readonly<Record<string, Expected>> = {
  // pointers and objects
  opsnull: driver(/NULL function pointer in sonde_calibrate.*(?:radio_ops|data of module labdrv)/s, {
    function: of('sonde_calibrate'),
    object: true,
  }),
  seqnull: driver(/NULL pointer dereference in sonde_(?:print|show)/, { function: of('sonde_print|sonde_show') }),
  kfreeerr: driver(/told the slab allocator to free 0xf*ed, which is error code -19/, {
    function: of('sonde_free_channels|mode_kfreeerr'),
  }),
  kfreeinside: driver(/Objects of drv_sonde lie across each other.*That is offset 0x100 of the object in front/s, {
    function: of('sonde_update'),
    cache: SONDE,
    object: true,
  }),
  krefuse: driver(/Use after free.*it is free/s, {
    function: of('packet_trace|packet_send'),
    cache: PACKET,
    object: true,
  }),
  rcutwice: { says: /not as many RCU callbacks as were counted/ },
  xafreed: driver(/the byte 0x78 \("x"\)/, { function: of('channel_owner_letter'), cache: CHANNEL, object: true }),
  sizewrap: driver(/Small number.*a series of numbers that begins at offset 0x0 of .*kmalloc.*beyond the end/s, {
    function: of('channels_sum'),
    cache: CHANNEL,
    object: true,
  }),
  staticover: driver(/Call to 0x38[0-9a-f]0000038[0-9a-f]/, { function: of('board_check') }),
  // what called it is written over as well
  retsmash: { says: /Return address overwritten.*goes on above it on the stack, "\S*HUMI=87/s },
  neglen: driver(
    /24 bytes in front of an area of vmalloc .*mode_neglen.*-20 was added|frame_body.* asked mem\w+\(\) to copy \d+ bytes .*-20 taken/s,
    {
      function: of('frame_body'),
    },
  ),
  wrongcast: driver(/a part of the text "hectopascal"/, {
    function: of('sonde_interrupt'),
    cache: CHANNEL,
    object: true,
  }),
  iogone: driver(/memory of vmalloc after it was freed/, { function: of('sonde_status') }),
  bigframe: driver(/sonde_prints_map \[labdrv\] alone takes 24\d\d\d bytes/, { function: of('sonde_prints_map') }),
  refsat: driver(/ran over: the count is saturated/, {
    function: of('sonde_hold|mode_refsat'),
    cache: SONDE,
    object: true,
  }),
  // what is left on a stack or in a freed object
  stacktimer: driver(/kernel stack of lab-crash.*timer_list was put there/s, { object: true }),
  stackcompl: driver(/Spin with interrupts off .*called by sonde_replies.*on the kernel stack of lab-crash/s),
  stackwait: driver(/kernel stack of lab-crash.*was put there/s, { object: true }),
  wqhnull: driver(/__wake_up_common, called by sonde_data_arrives \[labdrv\], read .*drv_sonde/, {
    cache: SONDE,
    object: true,
  }),
  dworkfreed: { says: /a timer fired that has no function|NULL function pointer in call_timer_fn/ },
  wqdestroyed: driver(/workqueue_struct.*(?:free|destroyed)|workqueue that is being destroyed/s, {
    function: of('sonde_watchdog'),
  }),
  mutexfreed: driver(/called by sonde_lock \[labdrv\].*the byte 0x6d/s, { cache: SONDE, object: true }),
  addtimer: driver(/called by (?:sonde_arm|mode_addtimer).*pending already/s),
  worknoinit: driver(/called by poll_start.*never set up by INIT_WORK/s, { function: of('poll_start') }),
  timerself: driver(/watchdog_stops \[labdrv\], called \w+\(\) for the timer/, { function: of('watchdog_stops') }),
  // lists
  listadd2: driver(/List entry added twice in sonde_enlist/, {
    function: of('sonde_enlist'),
    cache: SONDE,
    object: true,
  }),
  reinit: driver(/Broken linked list in sonde_delist/, { function: of('sonde_delist'), cache: SONDE, object: true }),
  twolists: driver(
    /ring of \d+ links.*without the head that it began at.*goes through (?:sleeping_sondes|labdrv\+0x)/s,
    {
      function: of('sondes_awake'),
    },
  ),
  // atomic context
  errunlock: driver(/none of the functions on its stack holds a spinlock: one that has returned/),
  sleeprcu: driver(/Sleep inside of an RCU read section in sonde_slow_measure/, { function: of('sonde_slow_measure') }),
  sleepsoftirq: driver(/Sleep in atomic context in sonde_lock.*in a softirq/s, { function: of('sonde_lock') }),
  irqleft: driver(/called by sonde_sync.*with interrupts off/s, { function: of('sonde_sync') }),
  bitspin: driver(/it loops until drv_sonde\+0xf8 .*0x20, changes/, { function: of('sonde_set_busy') }),
  // waits
  waitheld: driver(/behind PID \d+ "sonde\/land".*fleet_lock.*wait queue landing/s, { object: true }),
  rwrecurse: driver(/"sonde\/stat" waits in fleet_count.*fleet_lock.*holds itself/s, { object: true }),
  semleak: driver(/sonde\/tx .*semaphore slots/s, { object: true }),
  muflush: driver(/Deadlock of 2 tasks: .*mutex drv_sonde\+0x30.*work drv_sonde\+0x98/s, { object: true }),
  stopgone: driver(/sonde_stop_thread \[labdrv\], used task_struct .*sonde\/once.*after it had been freed/s, {
    object: true,
  }),
  // network and block devices
  netfreed: driver(/free_netdev.*reg_state.*still registered/s, { function: of('link_remove') }),
  netref: driver(/sonde0 is removed, but still referenced.*2 were counted/s),
  napitwice: driver(/napi_enable.*enabled already/s, { function: of('link_start|link_open') }),
  ndonull: {
    says: /dev->netdev_ops->ndo_start_xmit.*NULL; the pointer is in variable mute_ops \[labdrv\]/,
    object: true,
  },
  skbover: driver(/link_payload \[labdrv\] put 4000 bytes .*with room for \d+ at the end/, {
    function: of('link_payload'),
  }),
  skbunder: driver(/link_header \[labdrv\] put 14 bytes .*with room for 8 in front/, { function: of('link_header') }),
  biotwice: driver(/freed twice|Double free/i, { cache: PACKET, object: true }),
  rqtwice: driver(/called by store_(?:complete|takes).*completes it twice/s, {
    function: of('store_complete|store_takes'),
  }),
  // kobjects and files
  kobjput: driver(/reference of object .*dropped once too often/i, { object: true }),
  sysfsself: driver(/removes (?:the file remove|a file) of sysfs in (?:remove_store|station_remove)/, {
    function: of('remove_store|station_remove'),
  }),
  faultself: driver(/waits in sonde_map_fault \[labdrv\] for mutex drv_sonde\+0x30 .*holds itself/, { object: true }),
  readraw: driver(/wrote to .*memory of user space/s, { function: of('sonde_fill|sonde_file_read') }),
  pagemapped: driver(/Bad state of page .*sonde_drop_page.*nonzero mapcount/s),
  opengone: driver(/the byte 0x6f/, { function: of('sonde_file_read'), cache: SONDE, object: true }),
  // what a module leaves behind
  unloadproc: driver(/module that was removed, labdrv/),
  unloadthread: driver(/module that was removed, labdrv/),
  unloadnotify: driver(/module that was removed, labdrv/),
};
