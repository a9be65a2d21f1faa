import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { logRecords } from '../src/kernel/printk.ts';
import { openProgram } from '../src/open.ts';
import { openSample } from './build/sample-dump.ts';

/** Members of the log's structures that a damaged VMCOREINFO puts outside of them. */
const sample = openSample('amd64-6.1-softirq');
after(() => sample.close());

for (const name of ['prb_desc.text_blk_lpos', 'printk_info.text_len', 'printk_info.seq', 'printk_info.caller_id']) {
  test(`${name} far behind its structure: the log is had otherwise, or it is said why not`, () => {
    const { image } = sample;
    const damaged = (image.vmcoreinfo as string).replace(new RegExp(`(OFFSET\\(${name}\\))=\\d+`), '$1=4000');
    assert.notEqual(damaged, image.vmcoreinfo);
    const log = logRecords(openProgram({ ...image, vmcoreinfo: damaged }));
    assert.ok(log.records.length > 100 || log.problems.length > 0);
    for (const record of log.records) assert.equal(typeof record.text, 'string');
  });
}
