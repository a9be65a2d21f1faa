import assert from 'node:assert/strict';
import { basename, resolve } from 'node:path';
import { after, test } from 'node:test';
import { type OpenedDump, openDump } from '../node/open-dump.ts';
import type { FaultData } from '../report/fault-data.ts';
import { renderText } from '../report/render-text.ts';
import { FullSession } from '../session/full-session.ts';

const opened: OpenedDump[] = [];
after(() => {
  for (const dump of opened) dump.close();
});

for (const name of ['amd64-6.1-softirq', 'arm64-6.1-softirq']) {
  test(`${name}: every fact of the explanation is what its command prints`, async () => {
    const file = resolve(import.meta.dirname, `../../samples/${name}.vmcore`);
    const dump = await openDump([file]);
    opened.push(dump);
    const session = new FullSession(dump.program, { dumpNames: [basename(file)] });
    const answer = session.run('explain');
    assert.ok(answer);
    const { fault } = answer.data as unknown as { fault: FaultData };
    const facts = fault.strands.flatMap((s) => s.steps.flatMap((step) => step.evidence));
    assert.ok(facts.length > 4);
    for (const { value, command } of facts) {
      assert.ok(command !== undefined);
      const text = [...renderText(session.run(command)?.blocks ?? [])].join('');
      assert.ok(text.includes(value), `${command}: ${value}\n${text}`);
    }
  });
}
