import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { structAt } from './module-struct.ts';

/** State of a mounted XFS. */
export interface XfsState {
  /** `struct xfs_mount *` */
  readonly address: Addr;
  /** It was shut down: after an error, every operation fails. */
  readonly shutdown: boolean;
  /** Its log met an error. */
  readonly logError: boolean;
}

/** @param mount `s_fs_info` of its superblock @throws NotFoundError when the types of XFS are unknown; MemoryFault */
export function xfsState(prog: Program, mount: Addr): XfsState {
  const object = structAt(prog, 'xfs_mount', mount);
  // m_opstate since "xfs: convert mount flags to features" and its series (v5.15): XFS_OPSTATE_SHUTDOWN is bit 2;
  // XFS_MOUNT_FS_SHUTDOWN was 1 << 4 of m_flags
  const state = object.find('m_opstate');
  const shutdown = state ? (state.toBigInt() & 4n) !== 0n : (object.get('m_flags').toBigInt() & 16n) !== 0n;
  const log = object.get('m_log');
  if (log.toBigInt() === 0n) return { address: mount, shutdown, logError: false };
  const xlog = structAt(prog, 'xlog', log.toBigInt());
  // XLOG_IO_ERROR: bit 2 of l_opstate since "xfs: convert log flags to an operational state field" (v5.15), mask 8 of l_flag before
  const logState = xlog.find('l_opstate');
  const logError = logState
    ? (logState.toBigInt() & 4n) !== 0n
    : ((xlog.find('l_flags')?.toBigInt() ?? 0n) & 8n) !== 0n;
  return { address: mount, shutdown, logError };
}
