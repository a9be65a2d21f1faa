import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openProgram } from '../src/open.ts';
import type { DumpImage } from '../src/program/ports.ts';
import { crashReportBlocks } from '../src/report/crash-report-blocks.ts';
import { renderText } from '../src/report/render-text.ts';
import { FullSession } from '../src/session/full-session.ts';
import { makeReport } from '../src/session/make-report.ts';
import { memoryWithout } from './build/patched-memory.ts';
import { openSample, SAMPLES } from './build/sample-dump.ts';

/**
 * A kernel without types (4.19, vendors' kernels, lost memory): its tasks cannot be read. What the kernel itself printed takes
 * the place of the stack, and says so.
 */
const PAGE = 4096;

/** Magic, version, flags and header length of a BTF section. */
const BTF_HEADER = Buffer.from([0x9f, 0xeb, 1, 0, 0x18, 0, 0, 0]);

/** The image without the pages in which a BTF section begins, and without all of the kernel's where symbols tell its place. */
function withoutTypes(image: DumpImage): DumpImage {
  const pages = new Set<number>();
  const whole = openProgram(image);
  const end = whole.findSymbol('__stop_BTF')?.address ?? 0n;
  for (let at = whole.findSymbol('__start_BTF')?.address ?? end; at < end; at += BigInt(PAGE)) {
    const where = whole.memory.translate(at);
    if (typeof where === 'object') pages.add(Math.floor(where.phys / PAGE));
  }
  const page = Buffer.alloc(PAGE);
  for (const { start, end } of image.memory.ranges()) {
    for (let at = Math.ceil(start / PAGE) * PAGE; at < end; at += PAGE) {
      if (image.memory.read(at, page) === undefined && page.includes(BTF_HEADER)) pages.add(at / PAGE);
    }
  }
  return { ...image, memory: memoryWithout(image.memory, pages) };
}

for (const name of SAMPLES) {
  test(`${name}: a kernel without types is explained by what it printed`, () => {
    const sample = openSample(name);
    after(() => sample.close());
    const whole = makeReport(openProgram(sample.image));
    const prog = openProgram(withoutTypes(sample.image));
    assert.equal(prog.has('types'), false);
    const report = makeReport(prog);

    assert.equal(report.crash.function, whole.crash.function);
    assert.equal(report.crash.offset, whole.crash.offset);
    assert.equal(report.crash.context, whole.crash.context);
    assert.equal(report.crash.title, whole.crash.title);
    const frames = report.stack?.frames ?? [];
    assert.ok(frames.length > 5 && frames.every((f) => f.trust === 'log'));
    assert.equal(report.stack?.pid, whole.stack?.pid);
    assert.equal(report.stack?.comm, whole.stack?.comm);
    const first = report.findings[0];
    assert.match(first?.title.en ?? '', /^BUG in /);
    const [site] = frames;
    assert.equal(site?.pc, whole.crash.pc, 'its address comes from the symbol table');

    const log = [...renderText(new FullSession(prog, { dumpNames: ['dump'] }).run('log')?.blocks ?? [])].join('');
    for (const { value, command } of report.findings.flatMap((f) => f.evidence)) {
      if (command === 'log') assert.ok(log.includes(value.replace(/^.*?([0-9a-f]{16})$/, '$1')), value);
      assert.notEqual(command, 'bt', 'there is no stack in memory that bt could show');
    }
    const text = [...renderText(crashReportBlocks(report))].join('');
    assert.match(text, /COMMAND: "lab-churn" \(by the log\)/);
    assert.match(text, /the one that the kernel printed/);
  });
}
