import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { Access, Relation } from './machine.ts';

/** mmap_min_addr as kernels have it: nothing of a process is below. */
const LOWEST_USER = 0x10000n;
const UNKNOWN: Phrase = { en: 'is not known any more', zh: '的值已不可知' };

/** What kind of bad address a value is. */
export function pointerState(prog: Program, value: bigint | undefined, mapped: boolean): Phrase {
  if (value === undefined) return UNKNOWN;
  if (value === 0n) return { en: 'is NULL', zh: '为 NULL' };
  if (value < 0x1000n) return { en: `is ${hex(value)}, close to NULL`, zh: `为 ${hex(value)}，接近 NULL` };
  const bits = prog.arch.halfBits?.(prog.map.vaBits);
  const above = bits === undefined ? 0n : BigInt.asIntN(64, value) >> BigInt(bits);
  if (!mapped && above !== 0n && above !== -1n) {
    return { en: `is ${hex(value)}, no address at all`, zh: `为 ${hex(value)}，不是合法地址` };
  }
  if (!mapped && bits !== undefined && above === 0n && value >= LOWEST_USER) {
    return { en: `is ${hex(value)}, which is no address of the kernel`, zh: `为 ${hex(value)}，不是内核的地址` };
  }
  if (!mapped) return { en: `is ${hex(value)}, which is not mapped`, zh: `为 ${hex(value)}，该地址没有映射` };
  return { en: `is ${hex(value)}`, zh: `为 ${hex(value)}` };
}

/** What an index is that led out of what it was counted from. */
export function indexState(value: bigint | undefined): Phrase {
  if (value === undefined) return UNKNOWN;
  const signed = BigInt.asIntN(64, value);
  return { en: `is ${signed} (${hex(value)})`, zh: `为 ${signed}（${hex(value)}）` };
}

export function accessed(kind: Access['kind'], expression: string, size: Bytes, at: bigint | undefined): Phrase {
  const verb = { read: 'reads', write: 'writes', 'read-write': 'changes' }[kind];
  const act = { read: '读取', write: '写入', 'read-write': '修改' }[kind];
  const bytes = size > 0 ? `${size} bytes` : 'memory';
  const count = size > 0 ? `${size} 字节` : '内存';
  const where = at === undefined ? '' : ` at ${hex(at)}`;
  const place = at === undefined ? '' : `地址 ${hex(at)} 处的`;
  return {
    en: `The instruction ${verb} ${expression}, ${bytes}${where}`,
    zh: `该指令${act} ${expression}（${place}${count}）`,
  };
}

export function loaded(
  expression: string,
  at: bigint | undefined,
  now: bigint | undefined,
  value: bigint | undefined,
): Phrase {
  const from = at === undefined ? '' : ` from ${hex(at)}`;
  const place = at === undefined ? '' : `从 ${hex(at)} `;
  const en = `${expression} was loaded${from}`;
  const zh = `${expression} 是${place}载入的`;
  if (now === undefined) return { en: `${en}; that memory cannot be read`, zh: `${zh}；该处内存不可读` };
  if (value === undefined) return { en: `${en}; there is ${hex(now)} now`, zh: `${zh}；现在那里是 ${hex(now)}` };
  if (now === value) return { en: `${en}, where it still is`, zh: `${zh}，内存中仍是此值` };
  return {
    en: `${en}; memory has changed since: there is ${hex(now)} now`,
    zh: `${zh}；此后内存已变：现在是 ${hex(now)}`,
  };
}

export function advanced(expression: string, from: string): Phrase {
  return {
    en: `${expression} was moved on in a loop, which began with ${from}`,
    zh: `${expression} 在循环中递推而来，起始值为 ${from}`,
  };
}

export function parameter(expression: string, n: number, name: string): Phrase {
  return { en: `${expression} is parameter ${n} of ${name}()`, zh: `${expression} 是 ${name}() 的第 ${n} 个参数` };
}

export function passed(expression: string, n: number, callee: string, jumped: boolean): Phrase {
  const how = jumped ? 'jumps to' : 'calls';
  return {
    en: `the caller ${how} ${callee}() with ${expression} as argument ${n}`,
    zh: `调用者${jumped ? '跳转到' : '调用'} ${callee}()，以 ${expression} 作为第 ${n} 个参数`,
  };
}

export function kept(expression: string, register: string): Phrase {
  return { en: `${expression} was in ${register} before the call`, zh: `调用之前 ${expression} 在 ${register} 中` };
}

export function returned(callee: string): Phrase {
  return { en: `it was returned by ${callee}`, zh: `它是 ${callee} 的返回值` };
}

export function pageOf(expression: string): Phrase {
  return {
    en: `the page descriptor was computed from the address ${expression}`,
    zh: `页描述符由地址 ${expression} 算出`,
  };
}

export function condition(left: string, relation: Relation, right: string): string {
  if (relation === '&') return `${left} & ${right}`;
  if (relation === '!&') return `!(${left} & ${right})`;
  return `${left} ${relation} ${right}`;
}

/** Why the way back ends. */
export const stops = {
  variable: (name: string): Phrase => ({
    en: `${name} is a global variable: its value came from memory`,
    zh: `${name} 是全局变量：其值来自内存`,
  }),
  perCpu: (name: string): Phrase => ({ en: `${name} is per-CPU data`, zh: `${name} 是每 CPU 数据` }),
  address: (name: string): Phrase => ({ en: `${name} is a fixed address`, zh: `${name} 是固定地址` }),
  constant: (text: string): Phrase => ({ en: `${text} is a constant of the code`, zh: `${text} 是代码中的常量` }),
  current: (): Phrase => ({ en: 'it is the task that runs', zh: '它就是当前任务' }),
  stack: (name: string): Phrase => ({
    en: `it is an address on the stack of ${name}()`,
    zh: `它是 ${name}() 栈上的地址`,
  }),
  returned: (name: string): Phrase => ({
    en: `what ${name} returned is not followed into it`,
    zh: `不再跟进 ${name} 内部`,
  }),
  filled: (callee: string): Phrase => ({
    en: `${callee} was given the address of the variable and wrote it`,
    zh: `该变量的地址传给了 ${callee}，由其写入`,
  }),
  lost: (name: string): Phrase => ({
    en: `how it was made in ${name}() cannot be followed`,
    zh: `无法追踪它在 ${name}() 中的来历`,
  }),
  merged: (count: number, name: string): Phrase => ({
    en: `${count} ways in ${name}() lead here, and nothing left tells which was taken`,
    zh: `${name}() 中有 ${count} 条路径到达此处，现有信息不能判断走了哪一条`,
  }),
  computed: (name: string): Phrase => ({
    en: `${name}() computed it from several values`,
    zh: `${name}() 由多个值算出它`,
  }),
  caller: (name: string): Phrase => ({
    en: `the caller of ${name}() is not known`,
    zh: `不知道 ${name}() 的调用者`,
  }),
  pointer: (caller: string, name: string): Phrase => ({
    en: `${caller}() called a function pointer that is gone since, and ${name}() was reached from there`,
    zh: `${caller}() 通过一个现已消失的函数指针调用，由此到达 ${name}()`,
  }),
  jumps: (caller: string, name: string): Phrase => ({
    en: `${caller}() made the call, and ${name}() was reached from there by jumps that cannot be told`,
    zh: `${caller}() 发出调用，由此经无法判明的跳转到达 ${name}()`,
  }),
  same: (): Phrase => ({ en: 'from here on it is the way that is shown above', zh: '此后与上面的路径相同' }),
  far: (): Phrase => ({ en: 'the way back is longer than what is followed', zh: '回溯路径超过追踪上限' }),
  entry: (name: string): Phrase => ({
    en: `${name}() is where this stack begins`,
    zh: `${name}() 是此栈的起点`,
  }),
};
