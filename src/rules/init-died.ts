import type { Phrase } from '../base/phrase.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { signalName } from '../kernel/signal-names.ts';

/** The first process ended, without which the kernel does not go on. */
export const initDied: Rule = {
  id: 'panic.init',
  title: 'The first process ended',
  source: 'kernel/exit.c, do_exit(): Attempted to kill init!; wait(2) for the meaning of the exit code',
  *check(of) {
    const message = of.panic.message ?? '';
    const code = CODE.exec(message)?.[1];
    // after an oops in its context it is the oops that killed it
    if (code === undefined || (of.fatal && of.fatal.kind !== 'panic')) return;
    const how = endWords(Number(code));
    const lines = of.log.flatMap((r) => r.text.split('\n')).filter((line) => OWN.test(line));
    const poison = of.log.map((r) => r.text.split('\n')[0] ?? '').findLast((line) => POISON.test(line));
    const injected = of.log.map((r) => r.text.split('\n')[0] ?? '').findLast((line) => INJECTED.test(line));
    const why = poison === undefined ? NOTHING : injected === undefined ? POISONED : MADE;
    const comm = of.crashed?.comm ?? 'init';
    yield {
      severity: 'cause',
      confidence: 'certain',
      title: { en: `The first process, "${comm}", ${how.title.en}`, zh: `首个进程 "${comm}" ${how.title.zh}` },
      sentence: {
        en: `PID 1 "${comm}" ${how.title.en}${how.more.en}${why.en}; the kernel stops when its first process ends.`,
        zh: `PID 1 "${comm}" ${how.title.zh}${how.more.zh}${why.zh}；首个进程结束时内核会停机。`,
      },
      subject: { pid: 1 },
      evidence: [
        logEvidence(message),
        ...lines.slice(-MOST).map((line) => logEvidence(line, SAID)),
        ...[poison, injected].flatMap((line) =>
          poison === undefined || line === undefined ? [] : [logEvidence(line, SAID)],
        ),
      ],
      settle: [poison === undefined || injected !== undefined ? how.settle : MEMORY],
      ...(poison !== undefined && { explains: ['hardware.error'] }),
    };
  },
};

const CODE = /Attempted to kill init! exitcode=(0x[0-9a-f]{1,8})/;
/** `init[1]: segfault at 0 ip .. sp .. error 4 in libc.so.6[..]`, `systemd[1]: unhandled exception: ..` */
const OWN =
  /^\S{1,15}\[1\][: ].*(?:segfault|trap |general protection|unhandled|User access|bad frame|invalid opcode|SIG)/;
const MOST = 2;
const SAID: Phrase = { en: 'what the kernel said of its fault', zh: '内核对其出错的记录' };

/** `Memory failure: 0x1a2b: Sending SIGBUS to systemd:1 due to hardware memory corruption` */
const POISON = /^(?:Memory failure: 0x[0-9a-f]+: (?:Sending SIGBUS to|Killing) .*:1 (?:due to|due)|MCE: Killing .*:1 )/;
/** mm/madvise.c, madvise_inject_error(): a test, of the machine or by somebody with CAP_SYS_ADMIN. */
const INJECTED = /^Injecting memory failure for pfn 0x/;
const MADE: Phrase = {
  en: ', because a page of its memory was marked bad: the error was injected by a program (madvise, MADV_HWPOISON), it is not one of the hardware',
  zh: '，因为它的一页内存被标记为坏页：错误是程序注入的（madvise，MADV_HWPOISON），并非硬件错误',
};
const NOTHING: Phrase = { en: '', zh: '' };
const POISONED: Phrase = {
  en: ', because a page of its memory was found to be bad: a memory error of the hardware, or one that was injected',
  zh: '，因为它的一页内存被判定为坏页：硬件内存错误，或人为注入的错误',
};
const MEMORY: Phrase = {
  en: 'the log of the firmware and of EDAC (mcelog, rasdaemon, the BMC) tells which module the address belongs to; replace it',
  zh: '固件与 EDAC 的日志（mcelog、rasdaemon、BMC）给出该地址属于哪条内存；更换之',
};

interface End {
  readonly title: Phrase;
  readonly more: Phrase;
  readonly settle: Phrase;
}

/** The status as wait(2) gives it: the signal in the lowest seven bits, else the exit status in the next byte. */
function endWords(code: number): End {
  const signal = code & 0x7f;
  if (signal !== 0) {
    const name = signalName(signal);
    return {
      title: { en: `was killed by ${name}`, zh: `被 ${name} 杀死` },
      more: { en: ` (exit code 0x${code.toString(16)})`, zh: `（退出码 0x${code.toString(16)}）` },
      settle: {
        en: 'whether its program, the libraries that it loads and the disk that they are on are whole: a fault of PID 1 is a fault of user space, or of the memory or the disk behind it',
        zh: '其程序、所加载的库及所在磁盘是否完好：PID 1 出错属于用户空间的问题，或其背后的内存、磁盘有问题',
      },
    };
  }
  const status = (code >> 8) & 0xff;
  const missing = status === 127 || status === 126;
  return {
    title: { en: `exited with status ${status}`, zh: `以状态 ${status} 退出` },
    more: missing
      ? {
          en: ', as a shell and the dynamic loader do when a program or a library cannot be found or run',
          zh: '（shell 与动态加载器在找不到或无法运行程序、库时即如此）',
        }
      : { en: '', zh: '' },
    settle: {
      en: 'what it printed to the console before it exited',
      zh: '它退出前在控制台上的输出',
    },
  };
}
