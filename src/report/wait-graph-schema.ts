import { problemsSchema } from './problems.ts';
import {
  arrayOf,
  boolean,
  hexString,
  integer,
  nullable,
  number,
  object,
  oneOf,
  optional,
  type Schema,
  secret,
  string,
} from './schema.ts';
import { taskNameMembers, taskNameSchema } from './task-data.ts';

const kind = oneOf('What it is.', [
  ...[
    'mutex',
    'rwsem',
    'percpu-rwsem',
    'rt-mutex',
    'semaphore',
    'spinlock',
    'rwlock',
    'completion',
    'wait-queue',
    'journal',
  ],
  ...['page', 'bit', 'work', 'grace-period', 'request', 'cpu-call', 'futex', 'timer', 'unknown'],
]);
const mode = oneOf('For reading or writing, where that is a difference.', ['read', 'write']);

const holder = object('A holder.', {
  ...taskNameMembers,
  how: oneOf(
    'Why it is taken for one. `owner`: a field of the lock names it; `reader`: the field names the reader that came last; `last-holder`: who got it last; `vfork`: the child that must exec or exit; `thread`: the kernel thread that must exit or park; `worker`: it executes the work; `reporter`: the grace period waits for it; `target`: its CPU has not answered; `waker`: a field names who serves the queue; `handle`: it has a handle of the transaction open; `futex`: the word in user space, or the mutex around it, names it; `lockdep`: lockdep notes it, and it does not wait for it; `on-stack`: it has the address on its stack and does not wait for it.',
    [
      'owner',
      'reader',
      'last-holder',
      'vfork',
      'thread',
      'worker',
      'reporter',
      'target',
      'waker',
      'handle',
      'futex',
      'lockdep',
      'on-stack',
    ],
  ),
  sure: boolean('Whether the memory says so; otherwise it is inferred.'),
  mode: optional(mode),
});

const resource = object('What tasks wait for.', {
  kind,
  type: string('C type; empty for a word.'),
  address: hexString('Where it is.'),
  name: nullable(string('Symbol, or member of an object; null when neither is known.')),
  module: nullable(string('Module whose data it is.')),
  object: optional(
    object('The object of a slab cache that it is part of.', {
      cache: string('Name of the cache.'),
      address: hexString('Of the object.'),
      type: optional(string('C type of the object.')),
    }),
  ),
  inode: optional(string('Number of the inode that it is part of, or of the file that a page is of.')),
  path: optional(secret('path', string('A path of that inode.'))),
  device: optional(string('The block device that it is on.')),
  block: optional(string('Of a buffer: its block of the device.')),
  owner: optional(taskNameSchema),
  state: string('What its fields say.'),
  holders: arrayOf('Who has it.', holder),
  waiting: integer('Tasks that wait for it.'),
});

const wait = object('A task that waits.', {
  ...taskNameMembers,
  state: string('State in the letters of crash.'),
  kind,
  mode: optional(mode),
  function: string('In which it waits.'),
  purpose: optional(string('What the wait is part of: a function around it.')),
  caller: optional(string('The function that waits, beyond those of the lock.')),
  seconds: nullable(number('Since it last ran.')),
  found: optional(
    oneOf(
      'How it was found: `waiter`: the waiter on its stack is on the list; `field`: a field of the task; `word`: a word on its stack or in a register that is such a lock in a fitting state.',
      ['waiter', 'field', 'word'],
    ),
  ),
  resource: nullable(integer('Index in `resources`; null when it was not found.')),
});

const cycle = object('Tasks that wait for each other in a circle.', {
  sure: boolean('Whether the memory tells every link of it.'),
  tasks: arrayOf('Each waits for the next, the last for the first.', taskNameSchema),
  resources: arrayOf('What each waits for.', integer('Index in `resources`.')),
  behind: integer('More tasks that wait for them.'),
});

const root = object('A task that others wait for and that waits for nobody that is known.', {
  ...taskNameMembers,
  state: string('State in the letters of crash.'),
  running: boolean('Whether it is what its CPU runs.'),
  function: nullable(string('In which it sleeps.')),
  sure: boolean('Whether the memory says that it has what they wait for.'),
  resources: arrayOf('What it has.', integer('Index in `resources`.')),
  waiting: integer('Tasks that wait for it, directly or through others.'),
  pids: arrayOf('The first of them, the nearest first.', integer('Process id.')),
  longestSeconds: nullable(number('Of the one that waits longest.')),
});

export const waitGraphSchema: Schema = object('Who waits for whom.', {
  waits: arrayOf('Tasks that wait uninterruptibly, for a lock, or spinning.', wait),
  total: integer('How many there are; a report lists those that wait longest.'),
  resources: arrayOf('What they wait for.', resource),
  cycles: arrayOf('Deadlocks.', cycle),
  roots: arrayOf('Where chains of waits end, the one that most wait for first.', root),
  problems: optional(problemsSchema),
});
