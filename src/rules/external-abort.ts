import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence, memberEvidence, present } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { type PhysicalPlace, physicalPlace } from '../kernel/device-memory.ts';
import type { Evidence } from '../report/finding.ts';

/** The address is a good one for the page tables; what is there answered with an error, or not at all. */
export const externalAbort: Rule = {
  id: 'bus.error',
  title: 'A device or memory answered an access with an error',
  source: 'arch/arm64/mm/fault.c, do_sea(); arch/riscv/kernel/traps.c, "access fault"; Arm DDI 0487, "External aborts"',
  *check(of) {
    const { site, chain, prog } = of;
    const line = of.fatalLines.find((l) => ABORT.test(l));
    if (!site || line === undefined) return;
    const told = chain?.kind === 'access' ? chain : undefined;
    const address = told?.target ?? of.fault?.address;
    const place = address === undefined || TABLES.test(line) ? undefined : physicalPlace(prog, address);
    const where = frameName(site);
    const at = address === undefined ? undefined : hex(address);
    const words = TABLES.test(line) ? TABLE_WORDS : place ? placeOf(of, place) : NOTHING;
    const expression = told ? ` (\`${told.expression}\`)` : '';
    yield {
      severity: 'cause',
      confidence: 'certain',
      title: { en: `Bus error in ${where}`, zh: `${where} 中的总线错误` },
      sentence: {
        en: `${where} used ${at ?? 'an address'}${expression}${words.en}`,
        zh: `${where} 访问了 ${at ?? '某个地址'}${told ? `（\`${told.expression}\`）` : ''}${words.zh}`,
      },
      subject: { ...frameSubject(site), ...(at !== undefined && { address: at }) },
      evidence: [
        logEvidence(line),
        ...(place ? placeEvidence(of, place) : []),
        ...(told ? chainEvidence(of) : []),
        ...interruptedEvidence(of),
      ],
      explains: ['death.exception', 'pointer.bad', 'pointer.permission', 'pointer.vmalloc'],
    };
  },
};

/** The names of arch/arm64/mm/fault.c, fault_info[]; RISC-V's traps. */
const ABORT =
  /^(?:Internal error|Unhandled fault): (?:synchronous (?:external abort|parity or ECC error)|level -?\d .*\(translation table walk\))|^Oops - (?:load|store \(or AMO\)) access fault/;
const TABLES = /table walk/;
const RAM = /^System RAM$/;

const NOTHING: Phrase = {
  en: ': what is there answered with an error, or not at all.',
  zh: '：该地址上的设备或内存返回了错误，或者没有应答。',
};
const TABLE_WORDS: Phrase = {
  en: ', and the memory that holds the page tables for it answered with an error: they lead out of RAM, or RAM is faulty.',
  zh: '，而保存其页表的内存返回了错误：页表指向了 RAM 之外，或者 RAM 有故障。',
};

function placeOf(of: Case, { physical, mapping, resource, complete }: PhysicalPlace): Phrase {
  const by = mapping && callerName(of, mapping.caller);
  const at = hex(physical);
  if (resource && RAM.test(resource.name ?? '')) {
    return {
      en: `, which is RAM at physical ${at}: the memory answered with an error.`,
      zh: `，即物理地址 ${at} 处的 RAM：内存返回了错误。`,
    };
  }
  const owner: Phrase = resource
    ? { en: `, which ${resource.name ?? 'somebody'} has claimed`, zh: `，该范围属于 ${resource.name ?? '某个驱动'}` }
    : complete
      ? { en: ', which no driver has claimed and no known device has', zh: '，没有驱动占用它，也没有已知设备位于该处' }
      : { en: '', zh: '' };
  return {
    en: `, device memory at physical ${at}${by === undefined ? '' : ` that ${by} mapped`}${owner.en}: the device answered with an error, or not at all. It is not there, has no such register, or is switched off (clock, power, reset).`,
    zh: `，即物理地址 ${at} 处的设备内存${by === undefined ? '' : `（由 ${by} 映射）`}${owner.zh}：设备返回了错误，或者没有应答。设备不存在、没有该寄存器，或者已关闭（时钟、电源、复位）。`,
  };
}

function callerName({ prog }: Case, caller: bigint): string | undefined {
  const symbol = caller === 0n ? undefined : prog.symbolAt(caller);
  return symbol && `${symbol.name}${symbol.module === undefined ? '' : ` [${symbol.module}]`}`;
}

function placeEvidence({ prog }: Case, { mapping, resource }: PhysicalPlace): Evidence[] {
  const vm = mapping?.vm ?? 0n;
  const what = { en: 'what of physical memory is mapped there', zh: '映射到该处的物理地址' };
  const by = { en: 'who mapped it', zh: '由谁映射' };
  return present(
    vm === 0n || !mapping
      ? undefined
      : { what, value: hex(mapping.physical), command: `struct -x vm_struct.phys_addr ${hexPad(vm)}` },
    vm === 0n ? undefined : memberEvidence(prog, by, 'vm_struct', 'caller', vm),
    resource?.name === undefined
      ? undefined
      : { what: { en: 'who has claimed it', zh: '占用者' }, value: resource.name, command: 'dev -i' },
  );
}
