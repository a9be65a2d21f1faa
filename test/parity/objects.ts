/** Where the address of an object in a command line (`{inode}`) is found: in crash's own answer to another line. */
interface ObjectSource {
  readonly ask: string;
  /** Its first group is the value; the first line that matches counts. */
  readonly pick: RegExp;
}

const HEX = '([0-9a-f]{5,16})';
const POINTER = new RegExp(`\\) 0x${HEX}`);

/** Objects that command lines may name. A source may name objects itself. */
const objects: Readonly<Record<string, ObjectSource>> = {
  // tasks
  task: { ask: 'ps 1', pick: new RegExp(`^>?\\s*1\\s+0\\s+\\d+\\s+${HEX}`) },
  kthread: { ask: 'ps 2', pick: new RegExp(`^>?\\s*2\\s+0\\s+\\d+\\s+${HEX}`) },
  shell: { ask: 'ps -u', pick: /^>?\s*(\d+)\s+\d+\s+\d+\s+[0-9a-f]+\s+IN\s/ },
  unpid: { ask: 'ps', pick: /^>?\s*(\d+)\s+\d+\s+\d+\s+[0-9a-f]+\s+UN\s/ },
  stack: { ask: 'task 1', pick: new RegExp(`^\\s*stack = 0x${HEX}`) },
  pendingtask: { ask: 'ps', pick: new RegExp(`^>\\s+\\d+\\s+\\d+\\s+\\d+\\s+${HEX}`) },
  signal: { ask: 'task -R signal 1', pick: new RegExp(`signal = 0x${HEX}`) },
  cred: { ask: 'task -R cred 1', pick: new RegExp(`cred = 0x${HEX}`) },
  // files
  file: { ask: 'files 1', pick: new RegExp(`^\\s*\\d+ ${HEX} `) },
  dentry: { ask: 'files 1', pick: new RegExp(`^\\s*\\d+ [0-9a-f]+ ${HEX} `) },
  inode: { ask: 'files 1', pick: new RegExp(`^\\s*\\d+ [0-9a-f]+ [0-9a-f]+ ${HEX} `) },
  regfile: { ask: 'foreach user files', pick: new RegExp(`^\\s*\\d+ ${HEX} [0-9a-f]+ [0-9a-f]+ REG `) },
  regdentry: { ask: 'foreach user files', pick: new RegExp(`^\\s*\\d+ [0-9a-f]+ ${HEX} [0-9a-f]+ REG `) },
  reginode: { ask: 'foreach user files', pick: new RegExp(`^\\s*\\d+ [0-9a-f]+ [0-9a-f]+ ${HEX} REG `) },
  pipefile: { ask: 'foreach user files', pick: new RegExp(`^\\s*\\d+ ${HEX} [0-9a-f]+ [0-9a-f]+ FIFO`) },
  // memory of a process
  mm: { ask: 'vm 1', pick: new RegExp(`^${HEX}\\s+[0-9a-f]+\\s+\\d+k`) },
  vma: { ask: 'vm 1', pick: new RegExp(`^${HEX}\\s+[0-9a-f]+\\s+[0-9a-f]+\\s+[0-9a-f]+ /`) },
  uvaddr: { ask: 'vm 1', pick: /^[0-9a-f]+\s+([0-9a-f]+)\s+[0-9a-f]+\s+[0-9a-f]+ \// },
  stackvma: { ask: 'vm 1', pick: /^[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)\s+10[0-9a-f]+\s*$/ },
  // memory of the kernel
  page: { ask: 'vtop {task}', pick: new RegExp(`^\\s*${HEX}\\s+[0-9a-f]+\\s+[0-9a-f]+\\s+[0-9a-f]+\\s+\\d+ `) },
  phys: { ask: 'vtop {task}', pick: /^[0-9a-f]{16}\s+([0-9a-f]+)\s*$/ },
  pte: { ask: 'vtop linux_banner', pick: /^\s*(?:PTE|PMD): [0-9a-f]+ => ([0-9a-f]+)/ },
  slab: { ask: 'kmem {task}', pick: new RegExp(`^\\s*${HEX}\\s+[0-9a-f]{12,16}\\s+\\d+\\s+\\d+\\s+\\d+\\s+\\d+\\s*$`) },
  cache: { ask: 'kmem {task}', pick: new RegExp(`^${HEX}\\s+\\d+\\s+\\d+\\s+\\d+\\s+\\d+\\s+\\d+k`) },
  vmalloc: { ask: 'kmem -v', pick: new RegExp(`^${HEX}\\s+${HEX}\\s+${HEX} - ${HEX}\\s+\\d+`) },
  vmallocaddr: { ask: 'kmem -v', pick: new RegExp(`^[0-9a-f]+\\s+[0-9a-f]+\\s+${HEX} - `) },
  module: { ask: 'mod', pick: new RegExp(`^${HEX}\\s+\\S+\\s+[0-9a-f]+\\s+\\d+`) },
  modname: { ask: 'mod', pick: /^[0-9a-f]{16}\s+(\S+)\s+[0-9a-f]+\s+\d+/ },
  modtext: { ask: 'mod', pick: new RegExp(`^[0-9a-f]{16}\\s+\\S+\\s+${HEX}\\s+\\d+`) },
  freepage: { ask: 'kmem -F', pick: new RegExp(`^\\s*${HEX}\\s*$`) },
  // others
  mount: { ask: 'mount', pick: new RegExp(`^${HEX}\\s+[0-9a-f]+\\s`) },
  superblock: { ask: 'mount', pick: new RegExp(`^[0-9a-f]+\\s+${HEX}\\s`) },
  netdev: { ask: 'net', pick: new RegExp(`^${HEX}\\s+\\S`) },
  sockpid: { ask: 'foreach user net -s', pick: /^PID: (\d+)/ },
  socket: { ask: 'net -s {sockpid}', pick: new RegExp(`^\\s*\\d+\\s+${HEX}\\s`) },
  sock: { ask: 'net -s {sockpid}', pick: new RegExp(`^\\s*\\d+\\s+[0-9a-f]+\\s+${HEX}\\s`) },
  bpfprog: { ask: 'bpf', pick: /^\s*(\d+)\s+[0-9a-f]{16}\s+[0-9a-f]{16}\s+[A-Z]/ },
  bpfmap: { ask: 'bpf', pick: /^\s*(\d+)\s+[0-9a-f]{16}\s+[A-Z_]+\s+[0-9a-f]{8}\s*$/ },
  shmid: { ask: 'ipcs -m', pick: new RegExp(`^${HEX}\\s+[0-9a-f]{8}\\s`) },
  semid: { ask: 'ipcs -s', pick: new RegExp(`^${HEX}\\s+[0-9a-f]{8}\\s`) },
  msgid: { ask: 'ipcs -q', pick: new RegExp(`^${HEX}\\s+[0-9a-f]{8}\\s`) },
  requestqueue: { ask: 'dev -d', pick: new RegExp(`^\\s*\\d+\\s+[0-9a-f]+\\s+\\S+\\s+${HEX}`) },
  mapping: { ask: 'struct inode.i_mapping {reginode}', pick: new RegExp(`i_mapping = 0x${HEX}`) },
  pages: { ask: 'p &((struct address_space *)0x{mapping})->i_pages', pick: POINTER },
  mmmt: { ask: 'p &((struct mm_struct *)0x{mm})->mm_mt', pick: POINTER },
  tasks: { ask: 'p &((struct task_struct *)0x{task})->tasks', pick: POINTER },
  childlist: { ask: 'p &((struct task_struct *)0x{task})->children', pick: POINTER },
  waitq: { ask: 'p &((struct signal_struct *)0x{signal})->wait_chldexit', pick: POINTER },
  rbnode: { ask: 'p vmap_area_root', pick: new RegExp(`rb_node = 0x${HEX}`) },
  requests: {
    ask: 'p ((struct request_queue *)0x{requestqueue})->tag_set->tags[0]->static_rqs',
    pick: POINTER,
  },
  sbitmap: { ask: 'p &((struct request_queue *)0x{requestqueue})->tag_set->tags[0]->bitmap_tags.sb', pick: POINTER },
};

export const objectNames: readonly string[] = Object.keys(objects);

const PLACE = /\{([a-z]+)\}/g;

/** Asks crash; its answer's lines. */
export type AskCrash = (line: string) => Promise<readonly string[]>;

/** The line with its objects put in; undefined when the dump has no such object. */
export async function withObjects(line: string, ask: AskCrash): Promise<string | undefined> {
  let out = line;
  for (const [place, name] of line.matchAll(PLACE)) {
    const value = await objectValue(name as string, ask);
    if (value === undefined) return undefined;
    out = out.replaceAll(place, value);
  }
  return out;
}

async function objectValue(name: string, ask: AskCrash): Promise<string | undefined> {
  const source = objects[name];
  if (!source) throw new Error(`objects.ts tells nothing of {${name}}`);
  const line = await withObjects(source.ask, ask);
  if (line === undefined) return undefined;
  for (const text of await ask(line)) {
    const value = source.pick.exec(text)?.[1];
    if (value !== undefined) return value;
  }
  return undefined;
}
