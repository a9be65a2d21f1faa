import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoggedReportData } from './logged-report.ts';
import { storyOf } from './logged-story.ts';

function story(more: object): string {
  const report = {
    message: '',
    title: 'x',
    frame: '',
    traces: [],
    mainTrace: null,
    reporter: {},
    panic: 'a panic',
    count: 1,
  };
  return storyOf({ ...report, ...more } as unknown as LoggedReportData);
}

test('out of memory: whose, and who had the most', () => {
  const tasks = [
    { pid: 7, comm: 'side car', totalVm: 900, rss: 10, scoreAdjust: 0 },
    { pid: 8, comm: 'java', totalVm: 9000, rss: 14416, scoreAdjust: 0 },
  ];
  assert.equal(
    story({
      oom: { invoker: 'java', tasks, group: '/pods/a', groupUsageKiB: 98304, groupLimitKiB: 98304 },
      reporter: { cpu: 1 },
    }),
    'Control group /pods/a ran out of memory (98304 kB of 98304 kB in use) when java asked for more on CPU 1; of 2 processes java (8) had the most pages in memory, 14416. The kernel stopped with it.',
  );
  const safe = tasks.map((t) => ({ ...t, scoreAdjust: -1000 }));
  assert.match(story({ oom: { invoker: 'java', tasks: safe } }), /^The machine ran .*, and none of them may be killed/);
});

test('a hung task is not the one that found it', () => {
  const frames = ['__schedule', 'schedule', '__mutex_lock', 'fuse_lookup'].map((name) => ({ function: name }));
  const message = 'INFO: task kworker/0:1:12 blocked for more than 120 seconds.';
  assert.equal(
    story({
      message,
      frame: 'fuse_lookup',
      traces: [{ frames }],
      mainTrace: 0,
      reporter: { comm: 'khungtaskd', cpu: 3 },
    }),
    'The kernel found that kworker/0:1 (12) had been blocked for more than 120 seconds in fuse_lookup (asleep in __mutex_lock). The kernel stopped with it.',
  );
});

test('no comma before the full stop', () => {
  const frames = [{ function: 'init_cache' }, { function: 'init_group' }];
  const text = story({
    title: 'bug in init_cache',
    frame: 'init_cache',
    traces: [{ frames }],
    mainTrace: 0,
    panic: null,
  });
  assert.equal(text, 'The kernel reported bug in init_cache, called from init_group.');
});

test('a panic in its own words, and who called it', () => {
  const frames = ['dump_stack_lvl', 'vpanic', 'panic', 'softdog_fire', 'hrtimer_run'].map((name) => ({
    function: name,
  }));
  const message = 'Kernel panic - not syncing: Software Watchdog Timer expired';
  assert.equal(
    story({ kind: 'panic', message, panic: message, traces: [{ frames }], mainTrace: 0 }),
    'The kernel panicked ("Software Watchdog Timer expired") in softdog_fire, called from hrtimer_run.',
  );
});
