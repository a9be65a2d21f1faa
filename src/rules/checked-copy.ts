import { bareName } from '../diagnosis/allocator-calls.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding, FindingSubject } from '../report/finding.ts';
import type { FrameData } from '../report/stack-data.ts';

/** A copy that would have gone beyond what it copies from or to, refused by the kernel's own checks. */
export const checkedCopy: Rule = {
  id: 'death.checked-copy',
  title: 'A copy beyond its buffer, refused by FORTIFY_SOURCE or hardened usercopy',
  source:
    'fortify_panic() in lib/string_helpers.c; usercopy_abort() in mm/usercopy.c; Documentation/security/self-protection.rst',
  *check(of) {
    if (!CHECKS.test(of.site?.symbol ?? '')) return;
    for (const line of said(of)) {
      const fortify = FORTIFY.exec(line);
      const user = USERCOPY.exec(line);
      if (fortify) yield fortified(of, line, fortify.groups ?? {});
      else if (user) yield copiedToUser(of, line, user.groups ?? {});
      else continue;
      return;
    }
  },
};

/** Lines before the assertion in which the check says what it found, the nearest first. */
const NEAR = 6;
/** Since v6.9 it is said in a warning, whose registers and stack come between. */
const WARNED = 120;

function said(of: Case): string[] {
  const lines = of.log.flatMap((r) => r.text.split('\n'));
  const bug = lines.findLastIndex((line) => line.startsWith('kernel BUG at '));
  if (bug < 0) return [];
  const near = lines.slice(Math.max(0, bug - NEAR), bug).reverse();
  const before = lines.slice(Math.max(0, bug - WARNED), Math.max(0, bug - NEAR));
  const warned = before.findLastIndex((line) => WARNING.test(line));
  return [...near, ...before.slice(Math.max(0, warned - 1), Math.max(0, warned))];
}

const WARNING = /^WARNING: .*\b__fortify_report\+/;

/** With sizes since "fortify: Improve buffer overflow reporting" (v6.9). */
const FORTIFY =
  /^(?:(?<by>\w+): )?detected buffer (?<what>overflow|overread)?(?: in (?<in>\w+))?(?:: (?<size>\d+) byte (?<way>read|write) of buffer size (?<buffer>\d+))?$/;
const USERCOPY =
  /^usercopy: Kernel memory (?<way>exposure|overwrite) attempt detected (?:from|to) (?<what>.*?)(?: '(?<name>[^']*)')? \(offset (?<offset>\d+), size (?<size>\d+)\)!$/;

/** Functions of the checks, and those that only pass on what they were told to copy. */
const CHECKS =
  /^(?:__?fortify_\w+|fortify_\w+|usercopy_abort|__check_(?:heap_)?object(?:_size)?|check_(?:heap|stack|page_span|kernel_text)\w*)/;
const COPIERS =
  /^(?:_?copy_(?:to|from)_(?:user|iter)\w*|_copy_\w+|copyout|copyin|simple_(?:read_from|write_to)_buffer|str(?:l|n|s)?cpy|str(?:l|n)?cat|mem(?:cpy|move|set)\w*)$/;

/** Who asked for the copy. */
function asker(of: Case): FrameData | undefined {
  const frames = of.stack?.frames.slice(of.place?.index ?? 0).map((f) => ({ ...f, symbol: bareName(f.symbol ?? '') }));
  return frames?.find((f) => !CHECKS.test(f.symbol) && !COPIERS.test(f.symbol));
}

function fortified(of: Case, line: string, groups: Record<string, string | undefined>): Finding {
  const by = asker(of);
  const where = frameName(by);
  const copy = groups.by ?? groups.in ?? '?';
  const sizes =
    groups.size === undefined ? '' : `: a ${groups.way} of ${groups.size} bytes, where there are ${groups.buffer}`;
  const sizesZh =
    groups.size === undefined
      ? ''
      : `：${groups.way === 'read' ? '读取' : '写入'} ${groups.size} 字节，而缓冲区只有 ${groups.buffer} 字节`;
  return {
    ...found(of, line, frameSubject(by)),
    title: { en: `${copy}() beyond a buffer in ${where}`, zh: `${where} 中的 ${copy}() 超出缓冲区` },
    sentence: {
      en: `${where} called ${copy}() for more bytes than the buffer has${sizes}; FORTIFY_SOURCE, which knows the size of the buffer, stopped the kernel before the copy.`,
      zh: `${where} 调用 ${copy}() 的字节数超过缓冲区大小${sizesZh}；FORTIFY_SOURCE 知道缓冲区的大小，在复制之前停止了内核。`,
    },
  };
}

function copiedToUser(of: Case, line: string, groups: Record<string, string | undefined>): Finding {
  const by = asker(of);
  const where = frameName(by);
  const { way, what = '?', name, offset, size } = groups;
  const slab = /^SLUB object|^SLAB object/.test(what);
  const object = `${what}${name === undefined ? '' : ` ${name}`}`;
  const read = way === 'exposure';
  return {
    ...found(of, line, { ...frameSubject(by), ...(slab && name !== undefined && { cache: name }) }),
    title: {
      en: `Copy ${read ? 'to user space from' : 'from user space to'} beyond ${object} in ${where}`,
      zh: `${where} 中越过 ${object} 的${read ? '向' : '从'}用户空间复制`,
    },
    sentence: {
      en: `${where} asked to copy ${size} bytes at offset ${offset} of ${object} ${read ? 'to' : 'from'} user space; that is not wholly in what may be copied, and the hardened usercopy check stopped the kernel before it.`,
      zh: `${where} 请求${read ? '向' : '从'}用户空间复制 ${object} 偏移 ${offset} 处的 ${size} 字节；它不完全在允许复制的范围内，加固的 usercopy 检查在复制之前停止了内核。`,
    },
  };
}

function found(of: Case, line: string, subject: FindingSubject) {
  return {
    severity: 'cause',
    confidence: 'certain',
    subject,
    evidence: [logEvidence(line), ...chainEvidence(of)],
    explains: ['death.bug'],
  } as const;
}
