import type { Program } from '../program/program.ts';
import { HostDebugInfo } from './debug-info.ts';
import { type OpenDumpOptions, openDump } from './open-dump.ts';

export interface OpenOptions extends OpenDumpOptions {
  /**
   * Debug information for lines, locals and the types of modules: `true` looks where distributions install it, a name or names
   * are files and folders of yours. Without it the dump's own symbols and types are used, which nearly everything needs only.
   */
  readonly debugInfo?: true | string | readonly string[];
}

/** A program whose files stay open until `close`, or until the process ends. */
export type OpenedProgram = Program & { close(): void };

/**
 * Opens a dump: its path, or the paths of all parts of a split one.
 * @throws AnalysisError that names the file and what is wrong with it
 */
export async function open(paths: string | readonly string[], options: OpenOptions = {}): Promise<OpenedProgram> {
  const { debugInfo, ...rest } = options;
  const { program, close } = await openDump(typeof paths === 'string' ? [paths] : paths, rest);
  if (debugInfo === undefined) return Object.assign(program, { close });
  const given = debugInfo === true ? [] : typeof debugInfo === 'string' ? [debugInfo] : debugInfo;
  const host = new HostDebugInfo(program, { given, usual: debugInfo === true, force: false });
  const closeAll = (): void => {
    host.close();
    close();
  };
  try {
    await host.start();
  } catch (e) {
    closeAll();
    throw e;
  }
  return Object.assign(program, { close: closeAll });
}
