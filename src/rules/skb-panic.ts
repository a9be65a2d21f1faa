import { attempt } from '../base/attempt.ts';
import { hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { moduleCaller } from '../diagnosis/module-caller.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Evidence, Finding, FindingSubject } from '../report/finding.ts';

/** More was put into the buffer of a packet than it has room for. */
export const skbPanic: Rule = {
  id: 'net.skb-panic',
  title: 'A socket buffer has no room for what was put into it',
  source: 'net/core/skbuff.c, skb_panic(): skb_over_panic of skb_put(), skb_under_panic of skb_push()',
  *check(of) {
    const line = of.log.flatMap((r) => r.text.split('\n')).findLast((l) => LINE.test(l));
    const groups = line === undefined ? undefined : LINE.exec(line)?.groups;
    if (line !== undefined && groups && /skb_panic|skb_(?:over|under)_panic/.test(of.site?.symbol ?? ''))
      yield finding(of, line, groups);
  },
};

/** skb_panic() of Linux 4.19 to 7.2. */
const LINE =
  /skb_(?<way>over|under)_panic: text:(?<text>[0-9a-fx]+) len:(?<len>\d+) put:(?<put>\d+) head:(?<head>[0-9a-f]+) data:(?<data>[0-9a-f]+) tail:(?<tail>[0-9a-fx]+) end:(?<end>[0-9a-fx]+) dev:(?<dev>\S+)/;

function finding(of: Case, line: string, groups: Readonly<Record<string, string>>): Finding {
  const { text = '', put = '', dev = '' } = groups;
  const at = BigInt(text.startsWith('0x') ? text : `0x${text}`);
  // the address is the one that the call returns to
  const symbol = attempt(() => of.prog.symbolAt(at - 1n));
  const caller = symbol ? undefined : moduleCaller(of);
  const who = symbol ? nameOf(symbol) : frameName(caller ?? of.site);
  const over = groups.way === 'over';
  const room = roomOf(groups, over);
  const device: Phrase = /NULL/.test(dev) ? { en: '', zh: '' } : { en: ` of ${dev}`, zh: `（设备 ${dev}）` };
  const call = over ? 'skb_put()' : 'skb_push()';
  const side = over ? { en: 'at the end', zh: '尾部' } : { en: 'in front', zh: '头部' };
  const left: Phrase =
    room === undefined
      ? { en: `more than there is room for ${side.en}`, zh: `超过${side.zh}剩余的空间` }
      : { en: `with room for ${room} ${side.en}`, zh: `而${side.zh}只剩 ${room} 字节` };
  return {
    severity: 'cause',
    confidence: 'certain',
    title: {
      en: `Socket buffer ${over ? 'overrun' : 'underrun'} in ${who}`,
      zh: `${who} 中 skb ${over ? '尾部越界' : '头部越界'}`,
    },
    sentence: {
      en: `${who} put ${put} bytes into a socket buffer${device.en} by ${call}, ${left.en}: ${over ? 'the buffer was allocated too small, or the length is wrong' : 'skb_reserve() or skb_cow_head() did not make room for the header'}.`,
      zh: `${who} 通过 ${call} 向 skb${device.zh}加入 ${put} 字节，${left.zh}：${over ? '缓冲区分配过小，或长度有误' : '未用 skb_reserve() 或 skb_cow_head() 为头部留出空间'}。`,
    },
    subject: symbol ? subjectOf(symbol) : frameSubject(caller ?? of.site),
    evidence: [logEvidence(line), ...callEvidence(at, symbol), ...interruptedEvidence(of)],
    explains: ['death.bug'],
  };
}

function nameOf({ name, module }: KernelSymbol): string {
  return `${name}${module === undefined ? '' : ` [${module}]`}`;
}

function subjectOf({ name, module }: KernelSymbol): FindingSubject {
  return { function: bareName(name), ...(module !== undefined && { module }) };
}

function callEvidence(at: bigint, symbol: KernelSymbol | undefined): Evidence[] {
  if (!symbol) return [];
  const what = { en: 'the function that `text` lies in', zh: '`text` 所在的函数' };
  return [{ what, value: symbol.name, command: `sym ${hexPad(at)}` }];
}

/** Bytes that were free before: `tail` and `end` are distances from `head` on 64-bit kernels, and tell of the time after. */
function roomOf(groups: Readonly<Record<string, string>>, over: boolean): number | undefined {
  const [head, data] = [`0x${groups.head}`, `0x${groups.data}`].map(BigInt) as [bigint, bigint];
  const [tail, end, put] = [groups.tail, groups.end, groups.put].map((t) => Number(t)) as [number, number, number];
  const room = over ? end - (tail - put) : Number(data - head) + put;
  return Number.isFinite(room) && room >= 0 && room < put ? room : undefined;
}
