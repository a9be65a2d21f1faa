const UNLOADED = 'the module is unloaded after the listing';
const UNLOADED_ALL = { modules: UNLOADED, slabinfo: UNLOADED, symbols: UNLOADED, sockets: UNLOADED };
const UNCOUNTED = 'pages that no counter has are what is planted';
const NO_GUEST = 'no guest was there to list anything';
const OOPSES = 'the console shows the trace of an oops before the last one';

/**
 * What a scenario changes between the guest's listing and its crash, by its mode, and so what the listing cannot be held
 * against: subject and reason. All else is compared.
 */
const CHANGED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  unloaddata: { modules: UNLOADED, slabinfo: UNLOADED, symbols: UNLOADED },
  unloadtimer: { modules: UNLOADED, slabinfo: UNLOADED, symbols: UNLOADED },
  dentrybusy: { mounts: 'the file system is unmounted after the listing' },
  tmpfs: { mounts: 'a tmpfs is mounted after the listing' },
  pageleak: { 'page cache': 'pages of nobody are what is planted' },
  unloadnotify: UNLOADED_ALL,
  unloadproc: UNLOADED_ALL,
  unloadthread: UNLOADED_ALL,
  bigframe: { 'crash stack': 'the kernel prints no frames behind the end of the stack' },
  rqtwice: { devices: 'a block device is made after the listing' },
  netref: { meminfo: 'the guest waits for minutes after the listing' },
  pipes: { 'page cache': UNCOUNTED },
  sockets: { 'page cache': UNCOUNTED },
  tcp: { 'page cache': UNCOUNTED },
  forkbomb: { 'page cache': 'no counter has the page directories of thousands of processes' },
  tinymemory: { 'page cache': NO_GUEST },
  noroot: { 'page cache': NO_GUEST },
  noinit: { 'page cache': NO_GUEST },
  nested: { 'crash stack': OOPSES },
  oopsheld: { 'crash stack': OOPSES },
};

/** Why a subject of a dump cannot be compared; undefined where it can. */
export function changedAfter(mode: string | undefined, subject: string): string | undefined {
  return mode === undefined ? undefined : CHANGED[mode]?.[subject];
}
