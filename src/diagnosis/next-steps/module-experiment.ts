import { addBootParameter } from './boot-parameter.ts';
import { SAFE_NAME, type StepMaker } from './step-facts.ts';

/** Out-of-tree, proprietary, force-loaded. */
const FOREIGN = /[OPF]/;

/** The machine without the one module that is most involved: an experiment, not a verdict. */
export const moduleExperiment: StepMaker = function* (facts) {
  const { modules, crash, stack } = facts.report;
  if (facts.accusing.length === 0) return;
  const foreign = modules.tainting.filter((m) => FOREIGN.test(m.taints)).map((m) => m.name);
  const blamed = [
    ...facts.accusing.map((f) => f.subject?.module),
    crash.module,
    ...(stack?.frames ?? []).map((f) => f.module),
  ].find((name) => name !== undefined && name !== null && foreign.includes(name));
  const name = blamed ?? (foreign.length === 1 ? foreign[0] : undefined);
  if (name === undefined || name === null || !SAFE_NAME.test(name)) return;
  const parameter = `module_blacklist=${name}`;
  yield {
    id: 'module-experiment',
    title: { en: `Run without ${name} as an experiment`, zh: `试着不加载 ${name}` },
    why:
      blamed === undefined
        ? {
            en: `${name} is the only module from outside the kernel tree. Nothing in this dump proves that it did it; a run without it tells whether the crash needs it.`,
            zh: `${name} 是唯一的树外模块。此转储并不能证明是它所为；不加载它运行一段时间，就知道崩溃是否与它有关。`,
          }
        : {
            en: `${name} is from outside the kernel tree and is part of what happened. A run without it tells whether the crash needs it.`,
            zh: `${name} 是树外模块，并且参与了所发生的事。不加载它运行一段时间，就知道崩溃是否需要它。`,
          },
    texts: [
      { place: 'boot', text: parameter },
      { place: 'shell', text: addBootParameter(parameter) },
    ],
    risk: {
      en: 'What the module does is gone: a device, a file system, a protection. Ask who needs it first.',
      zh: '该模块的功能（设备、文件系统、防护）将不可用。请先确认谁需要它。',
    },
    undo: {
      en: `Take ${parameter} out of the boot loader and reboot.`,
      zh: `从引导程序中删去 ${parameter} 并重启。`,
    },
    ...(facts.accusing[0] && { rules: [facts.accusing[0].rule] }),
  };
};
