import type { Phrase } from '../base/phrase.ts';

/** The report's own words that several of its forms share. */
export const WORDS = {
  cut: { en: 'Cut', zh: '不完整' },
  why: { en: 'Why', zh: '死因' },
  what: { en: 'What', zh: '现象' },
  panic: { en: 'Panic', zh: '崩溃' },
  when: { en: 'When', zh: '时间' },
  where: { en: 'Where', zh: '位置' },
  line: { en: 'Line', zh: '源码' },
  context: { en: 'Context', zh: '上下文' },
  title: { en: 'Title', zh: '标题' },
  signature: { en: 'Same as', zh: '特征' },
  doubt: { en: 'Doubt', zh: '存疑' },
  kernel: { en: 'Kernel', zh: '内核' },
  machine: { en: 'Machine', zh: '机器' },
  hardware: { en: 'Hardware', zh: '硬件' },
  host: { en: 'Host', zh: '主机' },
  taint: { en: 'Taint', zh: '污染' },
  load: { en: 'Load', zh: '负载' },
  memory: { en: 'Memory', zh: '内存' },
  tasks: { en: 'Tasks', zh: '任务' },
  modules: { en: 'Modules', zh: '模块' },
  booted: { en: 'Booted', zh: '启动参数' },
  unknown: { en: '(unknown)', zh: '(未知)' },
  noDate: { en: '(date unknown)', zh: '(日期未知)' },
  noReport: { en: 'the log holds no fatal report', zh: '日志中没有致命报告' },
  noTask: { en: 'The dump does not tell which task crashed.', zh: '转储没有说明是哪个任务崩溃的。' },
  noStack: { en: '(no stack)', zh: '(无栈)' },
  stack: { en: 'Stack of the crashed task', zh: '崩溃任务的栈' },
  code: { en: 'Code', zh: '机器码' },
  codeFromLog: { en: 'Code (from the log)', zh: '机器码（取自日志）' },
  source: { en: 'Source', zh: '源码' },
  log: { en: 'Log', zh: '日志' },
  otherCpus: { en: 'Other CPUs', zh: '其他 CPU' },
  blocked: { en: 'Tasks in uninterruptible sleep', zh: '不可中断睡眠的任务' },
  missing: { en: 'Missing', zh: '缺失' },
  empty: { en: '(empty)', zh: '(空)' },
  tainting: { en: 'tainting', zh: '污染内核的' },
  none: { en: 'none', zh: '无' },
} as const satisfies Record<string, Phrase>;

/** What kind of death, as the log tells it. */
const KINDS: Readonly<Record<string, string>> = {
  'NULL pointer dereference': '空指针解引用',
  'access to a bad address': '访问非法地址',
  'access through a bad pointer': '经由坏指针访问',
  'memory error found by KASAN': 'KASAN 发现的内存错误',
  'memory error found by KFENCE': 'KFENCE 发现的内存错误',
  'slab memory corruption': 'slab 内存破坏',
  'list corruption': '链表破坏',
  'BUG assertion': 'BUG 断言',
  'fatal exception': '致命异常',
  'double fault': '双重故障',
  'kernel stack overflow': '内核栈溢出',
  'soft lockup': '软锁死',
  'hard lockup': '硬锁死',
  'RCU stall': 'RCU 停滞',
  'out of memory': '内存耗尽',
  'hung task': '任务挂起',
  'kernel bug': '内核缺陷',
  'crash requested through sysrq': '经 sysrq 请求的崩溃',
  panic: '内核崩溃（panic）',
  'misaligned access': '未对齐访问',
  'sleeping or scheduling where that is forbidden': '在禁止处睡眠或调度',
  hang: '挂起',
  'hardware error': '硬件错误',
  'data race found by KCSAN': 'KCSAN 发现的数据竞争',
  'uninitialized memory found by KMSAN': 'KMSAN 发现的未初始化内存',
  'memory leak': '内存泄漏',
  'locking bug': '加锁缺陷',
  'misused object found by ODEBUG': 'ODEBUG 发现的对象误用',
  'bad page state': '页状态异常',
  'RCU misuse': 'RCU 误用',
  'reboot that nobody asked for': '无人请求的重启',
  'reference count bug': '引用计数缺陷',
  'panic in Rust code': 'Rust 代码中的 panic',
  'spinlock bug': '自旋锁缺陷',
  'kernel stack corruption': '内核栈破坏',
  'undefined behaviour found by UBSAN': 'UBSAN 发现的未定义行为',
  'bad copy to or from user space': '与用户空间的错误拷贝',
  'failure of a program': '程序失败',
  'file system bug': '文件系统缺陷',
  warning: '警告',
  'workqueue bug': '工作队列缺陷',
};

/** A kind of death in every language; one without a translation stays as it is. */
export function kindPhrase(kind: string | null): Phrase {
  if (kind === null) return { en: 'cause unknown', zh: '原因不明' };
  return { en: kind, zh: KINDS[kind] ?? kind };
}

/** Documentation/admin-guide/tainted-kernels.rst */
const TAINTS: Readonly<Record<string, Phrase>> = {
  P: { en: 'proprietary module', zh: '专有模块' },
  F: { en: 'module force-loaded', zh: '强制加载的模块' },
  S: { en: 'out of specification', zh: '超出规格' },
  R: { en: 'module force-unloaded', zh: '强制卸载的模块' },
  M: { en: 'machine check', zh: '机器检查异常' },
  B: { en: 'bad page', zh: '坏页' },
  U: { en: 'asked for by user', zh: '用户要求' },
  D: { en: 'died before', zh: '曾经出错（oops）' },
  A: { en: 'ACPI table overridden', zh: 'ACPI 表被替换' },
  W: { en: 'warned before', zh: '曾有警告' },
  C: { en: 'staging driver', zh: 'staging 驱动' },
  I: { en: 'firmware bug worked around', zh: '绕过固件缺陷' },
  O: { en: 'out-of-tree module', zh: '树外模块' },
  E: { en: 'unsigned module', zh: '未签名模块' },
  L: { en: 'soft lockup before', zh: '曾软锁死' },
  K: { en: 'live-patched', zh: '已热补丁' },
  X: { en: 'auxiliary', zh: '发行版自定' },
  T: { en: 'randomised structures', zh: '结构布局随机化' },
  N: { en: 'in-kernel test', zh: '内核内测试' },
  J: { en: 'fwctl', zh: 'fwctl' },
};

/** Taint letters with their meanings. */
export function taintPhrase(letters: string): Phrase {
  if (letters === '') return WORDS.none;
  const meanings = [...letters].map((l) => TAINTS[l] ?? { en: l, zh: l });
  return {
    en: `${letters} (${meanings.map((m) => m.en).join(', ')})`,
    zh: `${letters} (${meanings.map((m) => m.zh).join('、')})`,
  };
}
