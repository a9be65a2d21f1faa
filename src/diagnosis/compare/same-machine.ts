import type { CommonRule } from './common-findings.ts';

/** Whether one machine or many: bad hardware is of one, a bug of all. */
export const sameMachine: CommonRule = (deaths) => {
  const hosts = deaths.map((d) => d.report.system.nodename);
  if (hosts.some((h) => h === null || h === 'localhost' || h === '(none)')) return undefined;
  const different = new Set(hosts).size;
  const places = new Set(deaths.map((d) => d.place)).size;
  const count = deaths.length;
  const evidence = deaths.map((d, i) => ({
    what: { en: `${d.name}: host`, zh: `${d.name}：主机` },
    value: hosts[i] ?? '',
    command: 'sys',
  }));
  if (different === 1 && places === count && count > 2) {
    return {
      rule: 'compare.one-machine',
      severity: 'suspect',
      confidence: 'possible',
      title: { en: 'One machine, a different place each time', zh: '同一台机器，每次位置不同' },
      sentence: {
        en: `All ${count} dumps are of ${hosts[0]}, and each died in another function: that is how bad memory or a stray write looks.`,
        zh: `全部 ${count} 个转储都来自 ${hosts[0]}，且每次死在不同的函数：内存损坏或野写就是这样。`,
      },
      evidence,
      settle: [{ en: 'Test the memory of the machine.', zh: '检测该机器的内存。' }],
    };
  }
  if (different < 2) return undefined;
  return {
    rule: 'compare.many-machines',
    severity: 'context',
    confidence: 'certain',
    title: { en: `${different} different machines`, zh: `${different} 台不同的机器` },
    sentence: {
      en: `The ${count} dumps are of ${different} machines: the hardware of one cannot be the cause of all.`,
      zh: `${count} 个转储来自 ${different} 台机器：不会都是某一台硬件的原因。`,
    },
    evidence,
  };
};
