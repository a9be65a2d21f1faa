import { HUNG, HUNG_PANIC, LOCKUP, LOCKUP_PANIC, WARN_PANIC } from './endings.ts';
import type { Kind, KindName } from './scenario-kinds.ts';

/** A small machine with few processes: what dies is the driver. */
const SMALL = 'lab.quiet=1';
const DRV = { guest: 'drv', memMiB: 320, append: SMALL } as const;
const WARNS = { ...DRV, append: `${SMALL} ${WARN_PANIC}` } as const;
const HANGS = { ...DRV, append: `${SMALL} lab.wait=30 ${HUNG_PANIC}`, expect: HUNG } as const;
const SPINS = { ...DRV, append: `${SMALL} lab.wait=40 ${LOCKUP_PANIC}`, expect: LOCKUP } as const;

/** Bugs of drivers: the guest with labdrv.ko. */
export const DRIVER_KINDS = {
  // pointers and objects
  opsnull: { ...DRV, mode: 'opsnull', expect: /sonde_calibrate/ },
  seqnull: { ...DRV, mode: 'seqnull', append: `${SMALL} lab.after=proc`, expect: /sonde_(?:print|show)/ },
  kfreeerr: { ...DRV, mode: 'kfreeerr', expect: /sonde_free_channels/ },
  kfreeinside: { ...DRV, mode: 'kfreeinside' },
  krefuse: { ...DRV, mode: 'krefuse', expect: /packet_trace/ },
  rcutwice: { ...WARNS, mode: 'rcutwice' },
  xafreed: { ...DRV, mode: 'xafreed', expect: /channel_owner_letter/ },
  sizewrap: { ...DRV, mode: 'sizewrap', expect: /channels_sum/ },
  staticover: { ...DRV, mode: 'staticover', expect: /board_check/ },
  retsmash: { ...DRV, mode: 'retsmash' },
  neglen: { ...DRV, mode: 'neglen', expect: /frame_body/ },
  wrongcast: { ...DRV, mode: 'wrongcast', expect: /sonde_interrupt/ },
  iogone: { ...DRV, mode: 'iogone', expect: /sonde_status/ },
  bigframe: { ...DRV, mode: 'bigframe' },
  refsat: { ...WARNS, mode: 'refsat', expect: /refcount_t: saturated/ },
  // what is left on a stack or in a freed object
  stacktimer: { ...DRV, mode: 'stacktimer' },
  stackcompl: { ...SPINS, mode: 'stackcompl' },
  stackwait: { ...DRV, mode: 'stackwait' },
  wqhnull: { ...DRV, mode: 'wqhnull', expect: /__wake_up_common/ },
  dworkfreed: { ...WARNS, mode: 'dworkfreed' },
  wqdestroyed: { ...WARNS, mode: 'wqdestroyed' },
  mutexfreed: { ...DRV, mode: 'mutexfreed', expect: /sonde_lock/ },
  addtimer: { ...WARNS, mode: 'addtimer', expect: /add_timer/ },
  worknoinit: { ...WARNS, mode: 'worknoinit' },
  timerself: { ...SPINS, mode: 'timerself' },
  // lists
  listadd2: { ...DRV, mode: 'listadd2', expect: /list_add (?:corruption|double add)/ },
  reinit: { ...DRV, mode: 'reinit', expect: /list_del corruption/ },
  twolists: { ...SPINS, mode: 'twolists' },
  // atomic context
  errunlock: { ...WARNS, mode: 'errunlock', expect: /scheduling while atomic/ },
  sleeprcu: { ...WARNS, mode: 'sleeprcu' },
  sleepsoftirq: { ...WARNS, mode: 'sleepsoftirq' },
  irqleft: { ...WARNS, mode: 'irqleft' },
  bitspin: { ...SPINS, mode: 'bitspin' },
  // waits
  waitheld: { ...HANGS, mode: 'waitheld' },
  rwrecurse: { ...HANGS, mode: 'rwrecurse' },
  semleak: { ...HANGS, mode: 'semleak' },
  muflush: { ...HANGS, mode: 'muflush' },
  stopgone: { ...WARNS, mode: 'stopgone' },
  // network and block devices
  netfreed: { ...DRV, mode: 'netfreed', expect: /kernel BUG at net/ },
  netref: { ...DRV, mode: 'netref', append: `${SMALL} lab.wait=14 lab.asked=1` },
  napitwice: { ...DRV, mode: 'napitwice', expect: /napi_enable/ },
  ndonull: { ...DRV, mode: 'ndonull', expect: /dev_hard_start_xmit/ },
  skbover: { ...DRV, mode: 'skbover', expect: /skb_over_panic/ },
  skbunder: { ...DRV, mode: 'skbunder', expect: /skb_under_panic/ },
  biotwice: { ...DRV, mode: 'biotwice' },
  rqtwice: { ...WARNS, mode: 'rqtwice' },
  // kobjects and files
  kobjput: { ...WARNS, mode: 'kobjput' },
  sysfsself: { ...HANGS, mode: 'sysfsself', append: `${HANGS.append} lab.after=sysfs` },
  faultself: { ...HANGS, mode: 'faultself', append: `${HANGS.append} lab.after=map` },
  readraw: { ...DRV, mode: 'readraw', append: `${SMALL} lab.after=read` },
  pagemapped: {
    ...DRV,
    mode: 'pagemapped',
    append: `${SMALL} lab.after=write panic_on_taint=0x20`,
    expect: /Bad page/,
  },
  opengone: { ...DRV, mode: 'opengone', append: `${SMALL} lab.after=read`, expect: /sonde_file_read/ },
  // what a module leaves behind
  unloadproc: { ...DRV, mode: 'unloadproc', append: `${SMALL} lab.after=unload` },
  unloadthread: { ...DRV, mode: 'unloadthread', append: `${SMALL} lab.after=unload` },
  unloadnotify: { ...DRV, mode: 'unloadnotify', append: `${SMALL} lab.after=unload` },
} as const satisfies Record<string, Kind>;

export const DRIVERS = Object.keys(DRIVER_KINDS) as readonly KindName[];

/** For the newest kernel, whose sheaves leave a freed object as it was (krefuse), and which warns of the workqueue first (wqdestroyed). */
export const DRIVERS_NEW: readonly KindName[] = [
  'opsnull',
  'kfreeerr',
  'sizewrap',
  'retsmash',
  'neglen',
  'bigframe',
  'stacktimer',
  'stackwait',
  'mutexfreed',
  'listadd2',
  'errunlock',
  'sleeprcu',
  'netfreed',
  'napitwice',
  'skbover',
  'rqtwice',
  'kobjput',
  'sysfsself',
  'unloadnotify',
];

/** For arm64, whose kernels of Debian do not count preemption. */
export const DRIVERS_ARM: readonly KindName[] = [
  'opsnull',
  'kfreeerr',
  'krefuse',
  'sizewrap',
  'retsmash',
  'neglen',
  'wrongcast',
  'bigframe',
  'stacktimer',
  'stackwait',
  'wqdestroyed',
  'listadd2',
  'twolists',
  'skbover',
  'napitwice',
  'netfreed',
  'sysfsself',
  'kobjput',
  'unloadproc',
  'timerself',
];
