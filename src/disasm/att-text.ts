/**
 * x86 in AT&T syntax as the GNU tools print it (binutils, opcodes/i386-dis.c, by its output), from capstone's AT&T syntax:
 * no size suffix where a register tells the size, every number hexadecimal, index with its scale.
 * @param displaced the machine code holds a displacement, be it 0
 */
export function attText(
  mnemonic: string,
  operandText: string,
  displaced: boolean,
  code: Uint8Array,
): readonly [string, string] {
  const first = code[0] as number;
  const whole = code.length <= LONGEST_WHOLE && MAY_BE_WHOLE.has(first) ? WHOLE[code.join(' ')] : undefined;
  if (whole) return whole;
  if (first === 0x66 && code.length > 2 && code.at(-1) === 0x90 && code.subarray(0, -1).every((b) => b === 0x66)) {
    return [`${'data16 '.repeat(code.length - 2)}xchg`, '%ax,%ax'];
  }
  const words = mnemonic.includes(' ') ? mnemonic.split(' ').map((word) => REPEAT[word] ?? word) : [mnemonic];
  const stated = words.pop() as string;
  const last = stated.startsWith('sal') ? stated.replace(/^sal(?=[bwlq]$)/, 'shl') : stated;
  const operands = splitOperands(operandText).map((operand) => spellOperand(operand, displaced));
  const unused = operands.some((operand) => /^%[cd]s:/.test(operand));
  if (unused || /^(?:nop|call|jmp)/.test(last)) words.unshift(...unusedPrefixes(last, operands, code));
  const name = STRING_OPERATION.test(last) ? spellString(last, operands) : withoutSuffix(last, operands, code);
  return [words.length === 0 ? name : [...words, name].join(' '), operands.join(',')];
}

/** Machine code for which capstone has another name, or leaves out the operands. */
const WHOLE: Readonly<Record<string, readonly [string, string]>> = {
  '102 144': ['xchg', '%ax,%ax'],
  '243 15 1 217': ['vmgexit', ''],
  '15 1 200': ['monitor', '%rax,%ecx,%edx'],
  '15 1 201': ['mwait', '%eax,%ecx'],
  '15 1 250': ['monitorx', '%rax,%ecx,%edx'],
  '15 1 251': ['mwaitx', '%eax,%ecx,%ebx'],
};

const LONGEST_WHOLE = 4;
/** How these begin. */
const MAY_BE_WHOLE: ReadonlySet<number> = new Set([0x66, 0xf3, 0x0f]);

const REPEAT: Readonly<Record<string, string>> = { repe: 'repz', repne: 'repnz' };

/** Prefixes that change nothing (padding; segments without a base) are written before the name. */
function unusedPrefixes(name: string, operands: string[], code: Uint8Array): string[] {
  const prefixes: string[] = [];
  let sized = name !== 'nopw';
  for (const byte of code) {
    if (byte === 0x2e) prefixes.push('cs');
    else if (byte === 0x3e && !/^(?:call|jmp)/.test(name)) prefixes.push('ds');
    else if (byte === 0x66 && sized) prefixes.push('data16');
    else if (byte === 0x66) sized = true;
    else break;
  }
  operands.forEach((operand, i) => {
    operands[i] = operand.replace(/^%[cd]s:/, '');
  });
  return prefixes;
}

/** Parts between commas outside parentheses. */
function splitOperands(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if ((c === ',' && depth === 0) || c === undefined) {
      if (i > start) parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return parts;
}

const MEMORY = /^(\*?)(%\w\w:)?(-?\w+)?\((%\w+)?(?:, (%\w+))?(?:, (\d))?\)(.*)$/;

/** Operands repeat. */
const spelled = [new Map<string, string>(), new Map<string, string>()] as const;
const MOST_SPELLED = 4096;

function spellOperand(operand: string, displaced: boolean): string {
  const known = spelled[displaced ? 1 : 0];
  let text = known.get(operand);
  if (text === undefined) {
    text = spelledAnew(operand, displaced);
    if (known.size >= MOST_SPELLED) known.clear();
    known.set(operand, text);
  }
  return text;
}

function spelledAnew(operand: string, displaced: boolean): string {
  const m = MEMORY.exec(operand);
  if (!m) return operand.replace(/^([*$]*|%\w\w:)(-?\d\w*)$/, (_, before: string, n: string) => before + hexOf(n));
  const [, star = '', segment = '', displacement, base = '', index, scale = '1', rest = ''] = m;
  const shown = displacement === undefined ? (displaced ? '0x0' : '') : hexOf(displacement);
  return `${star}${segment}${shown}(${base}${index === undefined ? '' : `,${index},${scale}`})${rest}`;
}

function hexOf(number: string): string {
  if (/^-?0x/.test(number) || !/^-?\d+$/.test(number)) return number;
  const value = BigInt(number.replace('-', ''));
  return `${number.startsWith('-') ? '-' : ''}0x${value.toString(16)}`;
}

const STRING_OPERATION = /^(?:stos|movs|scas|cmps|lods|ins|outs)[bwlq]$/;

/** The segments of string operations are written, and the size where no register tells it. */
function spellString(name: string, operands: string[]): string {
  operands.forEach((operand, i) => {
    if (/^\(%[er]di\)$/.test(operand)) operands[i] = `%es:${operand}`;
    else if (/^\(%[er]si\)$/.test(operand)) operands[i] = `%ds:${operand}`;
    else if (operand === '%dx') operands[i] = '(%dx)';
  });
  return operands.some((operand) => operand.startsWith('%') && !operand.includes(':')) ? name.slice(0, -1) : name;
}

const ARITHMETIC =
  'adc|add|and|bsf|bsr|bswap|bt|btc|btr|bts|cmp|cmpxchg|crc32|dec|div|idiv|imul|in|inc|lea|lzcnt|mov|movabs|mul|neg|not|or|out|' +
  'popcnt|rcl|rcr|rol|ror|sal|sar|sbb|shl|shld|shr|shrd|sub|test|tzcnt|xadd|xchg|xor|andn|bextr|blsi|blsmsk|blsr|bzhi|mulx|' +
  'pdep|pext|rorx|sarx|shlx|shrx|adcx|adox|movbe|movnti|rdrand|rdseed|rdfsbase|rdgsbase|wrfsbase|wrgsbase|nop|lar|lsl|' +
  'sldt|str|smsw|vmread|vmwrite|ptwrite';
const SIZED = new RegExp(`^(${ARITHMETIC}|cmov\\w+?)[bwlq]$`);
/** 64 bits wide whatever the operands are: never with a suffix. */
const ALWAYS_64 =
  /^(call|ret|lret|jmp|push|pop|leave|pushf|popf|enter|verr|verw|lldt|ltr|lmsw|lidt|lgdt|sidt|sgdt|invpcid|invept|invvpid)[wq]$/;
const SHIFT = /^(?:rcl|rcr|rol|ror|sal|sar|shl|shld|shr|shrd)$/;

/** Names repeat: those of 64 bits with what stays of them, and those that have a size with what they are without. */
const wides = new Map<string, string | undefined>();
const bases = new Map<string, string | undefined>();

function remembered(known: Map<string, string | undefined>, pattern: RegExp, name: string): string | undefined {
  if (known.has(name)) return known.get(name);
  const found = pattern.exec(name)?.[1];
  if (known.size < MOST_SPELLED) known.set(name, found);
  return found;
}

function withoutSuffix(name: string, operands: string[], code: Uint8Array): string {
  const wide = remembered(wides, ALWAYS_64, name);
  if (wide !== undefined && (!name.endsWith('w') || /^(?:ver|l|s)/.test(wide))) return wide;
  const base = remembered(bases, SIZED, name);
  if (base === undefined) return name;
  if (base === 'in' || base === 'out') {
    operands.forEach((operand, i) => {
      if (operand === '%dx') operands[i] = '(%dx)';
    });
  }
  if (base === 'mov' && operands.some((operand) => /^%[xyz]?mm/.test(operand))) return name;
  const shift = SHIFT.test(base);
  if (shift && operands[0] === '$0x1' && isShiftByOne(code)) operands[0] = '$1';
  const told = operands.some(
    (operand, i) => /^%\w+$/.test(operand) && !(shift && i === 0 && operand === '%cl' && operands.length > 1),
  );
  return told ? base : name;
}

/** The count is in the opcode (D0, D1), not a byte of its own. */
function isShiftByOne(code: Uint8Array): boolean {
  const opcode = code.find((byte) => byte !== 0x66 && byte !== 0x67 && (byte & 0xf0) !== 0x40);
  return opcode === 0xd0 || opcode === 0xd1;
}
