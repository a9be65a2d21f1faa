/**
 * inquest as a library, for any host: open an image with the sources and codecs of the host, find the kernel in it, run
 * commands or make the report. `inquest/node` opens files.
 */

export type { ByteSource } from './base/byte-source.ts';
export { bytesSource } from './base/byte-source.ts';
export * from './base/errors.ts';
export { hex } from './base/hex.ts';
export type { Addr, Bytes, Pfn, PhysAddr } from './base/units.ts';
export { openImage } from './dump/open-image.ts';
export { type ExprValue, evaluate, parseTypeName, type Scope } from './expr/index.ts';
export { type OpenOptions, open, openProgram } from './open.ts';
export type {
  Architecture,
  CodecName,
  Codecs,
  Decoder,
  DumpFormat,
  DumpImage,
  KernelSymbol,
  Problem,
} from './program/ports.ts';
export { Program } from './program/program.ts';
export { Value } from './program/value.ts';
export type { Block } from './report/block.ts';
export type { CrashReport } from './report/crash-report.ts';
export type { LogReport } from './report/log-report.ts';
export { logReportBlocks } from './report/log-report-blocks.ts';
export { renderMarkdown } from './report/render-markdown.ts';
export { renderText } from './report/render-text.ts';
export { FullSession as Session } from './session/full-session.ts';
export { jsonDocument, type Outcome, SCHEMA } from './session/json.ts';
export { LogEngine, type LogReportOptions } from './session/log-engine.ts';
export { makeReport } from './session/make-report.ts';
export type { Answer, SessionOptions } from './session/session.ts';
export type { CType } from './types/c-type.ts';
export { type Stack, type StackFrame, type UnwindOptions, unwindTask } from './unwind/index.ts';
