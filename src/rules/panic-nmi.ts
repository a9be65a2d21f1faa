import { logEvidence } from '../diagnosis/evidence.ts';
import { settingEvidence } from '../diagnosis/lockup-finding.ts';
import type { Rule } from '../diagnosis/rule.ts';

/** Which setting each panic line goes by. */
const PANICS: readonly (readonly [RegExp, setting: string])[] = [
  [/NMI: Not continuing/, 'kernel.unknown_nmi_panic'],
  [/NMI IOCK error: Not continuing/, 'kernel.panic_on_io_nmi'],
  [/NMI: unrecovered|panic_on_unrecovered_nmi/, 'kernel.panic_on_unrecovered_nmi'],
  [/An NMI occurred|hpwdt|iLO/, ''],
];
const REASON = /NMI received for unknown reason|NMI: PCI system error|NMI: IOCK error|An NMI occurred/;
/** Drivers of watchdogs that end in an NMI. */
const WATCHDOGS = new Set(['hpwdt', 'iTCO_wdt', 'ipmi_watchdog']);

/** An NMI came that no part of the kernel expected, and the kernel was told to stop for it. */
export const panicNmi: Rule = {
  id: 'panic.nmi',
  title: 'Stopped by an NMI',
  source:
    'arch/x86/kernel/nmi.c, unknown_nmi_error(); drivers/watchdog/hpwdt.c; Documentation/admin-guide/sysctl/kernel.rst',
  *check(of) {
    const message = of.panic.message ?? '';
    const found = PANICS.find(([pattern]) => pattern.test(message));
    if (!found) return;
    const reason = of.log.map((r) => r.text.split('\n')[0] ?? '').findLast((l) => REASON.test(l));
    const drivers = of.modules.modules.filter((m) => WATCHDOGS.has(m.name)).map((m) => m.name);
    const by = drivers.length > 0 ? ` (${drivers.join(', ')})` : '';
    const settings = found[1] === '' ? [] : settingEvidence(of, found[1]);
    yield {
      severity: 'cause',
      confidence: 'certain',
      title: { en: 'Stopped by an NMI from outside', zh: '被外部 NMI 停机' },
      sentence: {
        en: `An NMI arrived that nothing in the kernel expected, and the kernel stops for those: somebody pressed the NMI button (or asked the hypervisor or BMC for it), a hardware watchdog${by} ran out, or the hardware reported an error.`,
        zh: `收到一个内核未预期的 NMI，而内核被设置为因此停机：有人按下 NMI 按钮（或经虚拟机管理器、BMC 发出），硬件看门狗${by}超时，或硬件报告了错误。`,
      },
      evidence: [logEvidence(message), ...(reason === undefined ? [] : [logEvidence(reason)]), ...settings],
      settle: [
        {
          en: 'the event log of the BMC or hypervisor tells whether the NMI was asked for',
          zh: 'BMC 或虚拟机管理器的事件日志可说明该 NMI 是否为人为发出',
        },
      ],
    };
  },
};
