const UNLOADED = 'the module is unloaded after the listing';
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
  noroot: { 'page cache': NO_GUEST },
  noinit: { 'page cache': NO_GUEST },
  nested: { 'crash stack': OOPSES },
  oopsheld: { 'crash stack': OOPSES },
};

/** Why a subject of a dump cannot be compared; undefined where it can. */
export function changedAfter(mode: string | undefined, subject: string): string | undefined {
  return mode === undefined ? undefined : CHANGED[mode]?.[subject];
}
