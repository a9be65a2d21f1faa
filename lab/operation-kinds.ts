import { HUNG, HUNG_PANIC } from './endings.ts';
import type { Kind } from './scenario-kinds.ts';

const OPS = { guest: 'ops', timeoutSeconds: 150 } as const;
/** Memory that is soon full. */
const OPS_SMALL = { ...OPS, memMiB: 320 } as const;
const RD_OPS = 'rdinit=/init-ops';
const OPS_OOM = `${RD_OPS} lab.then=vm.panic_on_oom=1`;
const OPS_HUNG = `${RD_OPS} ${HUNG_PANIC}`;
/** Long enough that the oldest request of a disk is one that it does not answer. */
const OPS_HUNG_LONG = `${RD_OPS} lab.then=kernel.hung_task_panic=1,kernel.hung_task_timeout_secs=35`;
const OOM = /panic_on_oom is enabled/;

/** Deaths of the field, out of the kernel's own subsystems: the guest ops. */
export const OPERATION_KINDS = {
  cgoom: {
    ...OPS_SMALL,
    mode: 'cgoom',
    append: `${RD_OPS} lab.then=vm.panic_on_oom=2`,
    expect: /compulsory panic_on_oom/,
  },
  nokill: { ...OPS_SMALL, mode: 'nokill', append: RD_OPS, expect: /deadlocked on memory/ },
  hugepages: { ...OPS_SMALL, mode: 'hugepages', append: OPS_OOM, expect: OOM },
  locked: { ...OPS_SMALL, mode: 'locked', append: OPS_OOM, expect: OOM },
  tables: { ...OPS_SMALL, mode: 'tables', append: OPS_OOM, expect: OOM },
  sockets: { ...OPS_SMALL, mode: 'sockets', append: OPS_OOM, expect: OOM },
  tcp: { ...OPS_SMALL, mode: 'tcp', append: OPS_OOM, expect: OOM },
  pipes: { ...OPS_SMALL, mode: 'pipes', append: OPS_OOM, expect: OOM },
  segments: { ...OPS_SMALL, mode: 'segments', append: OPS_OOM, expect: OOM },
  manyfiles: { ...OPS_SMALL, mode: 'manyfiles', append: OPS_OOM, expect: OOM },
  forkbomb: { ...OPS_SMALL, mode: 'forkbomb', append: OPS_OOM, expect: OOM },
  zram: { ...OPS_SMALL, mode: 'zram', append: OPS_OOM, expect: OOM },
  balloon: {
    ...OPS_SMALL,
    mode: 'balloon',
    append: OPS_OOM,
    devices: ['virtio-balloon-pci'],
    monitorAt: { text: 'LAB: waiting for the balloon', command: 'balloon 200' },
    expect: OOM,
  },
  swapfull: { ...OPS_SMALL, mode: 'swapfull', append: OPS_OOM, expect: OOM },
  tinymemory: {
    ...OPS,
    mode: 'tinymemory',
    early: true,
    append: `${RD_OPS} mem=80M`,
    expect: /Initramfs unpacking failed/,
  },
  pidsmax: { ...OPS, mode: 'pidsmax', append: `${RD_OPS} lab.wait=12`, expect: /sysrq triggered crash/ },
  grouppids: { ...OPS, mode: 'grouppids', append: `${RD_OPS} lab.wait=12`, expect: /sysrq triggered crash/ },
  filemax: { ...OPS, mode: 'filemax', append: `${RD_OPS} lab.wait=14`, expect: /sysrq triggered crash/ },
  fuse: { ...OPS, mode: 'fuse', append: OPS_HUNG, expect: HUNG },
  fusekill: { ...OPS, mode: 'fusekill', append: OPS_HUNG, expect: HUNG },
  nbd: { ...OPS, mode: 'nbd', append: OPS_HUNG_LONG, expect: HUNG },
  nfs: { ...OPS, mode: 'nfs', append: OPS_HUNG_LONG, expect: HUNG },
  loopfrozen: { ...OPS, mode: 'loopfrozen', append: OPS_HUNG, expect: HUNG },
  overlay: { ...OPS, mode: 'overlay', append: OPS_HUNG, expect: HUNG },
  dmsuspend: { ...OPS, mode: 'dmsuspend', append: OPS_HUNG, expect: HUNG },
  dmswap: { ...OPS, mode: 'dmswap', append: OPS_HUNG, expect: HUNG },
  multipath: { ...OPS, mode: 'multipath', append: OPS_HUNG_LONG, expect: HUNG },
  throttled: { ...OPS, mode: 'throttled', append: OPS_HUNG, expect: HUNG },
  slowdisk: { ...OPS, mode: 'slowdisk', append: OPS_HUNG, slowDisk: 200_000, expect: HUNG },
  scsistuck: { ...OPS, mode: 'scsistuck', append: OPS_HUNG_LONG, expect: HUNG },
  realtime: { ...OPS, mode: 'realtime', append: `${OPS_HUNG},kernel.sched_rt_runtime_us=-1`, expect: HUNG },
  initexit: { ...OPS, mode: 'initexit', append: RD_OPS, expect: /Attempted to kill init! exitcode=0x00000300/ },
  initpoison: { ...OPS, mode: 'initpoison', append: RD_OPS, expect: /Attempted to kill init! exitcode=0x00000007/ },
  audit: { ...OPS, mode: 'audit', append: `${RD_OPS} audit=1`, expect: /not syncing: audit:/ },
  softdog: { ...OPS, mode: 'softdog', append: RD_OPS, expect: /Software Watchdog Timer expired/ },
  mce: {
    ...OPS,
    mode: 'mce',
    append: RD_OPS,
    monitorAt: {
      text: 'LAB: waiting for the machine check',
      command: 'mce 1 9 0xbd80000000100134 0x4 0x1234a000 0x86',
    },
    expect: /machine check/i,
  },
  unplug: {
    ...OPS,
    mode: 'unplug',
    storage: true,
    append: RD_OPS,
    monitorAt: { text: 'LAB: the disk may go', command: 'device_del scsi' },
  },
  ext4meta: { ...OPS, mode: 'ext4meta', append: RD_OPS, expect: /panic forced after error/ },
  container: { ...OPS, mode: 'container', append: RD_OPS, expect: /sysrq triggered crash/ },
  // the guest with labdrv.ko
} as const satisfies Record<string, Kind>;

export const OPERATIONS = Object.keys(OPERATION_KINDS) as (keyof typeof OPERATION_KINDS)[];
