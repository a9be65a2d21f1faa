import type { Phrase } from '../base/phrase.ts';
import type { SocketPeer } from '../kernel/socket-peer.ts';
import type { Program } from '../program/program.ts';
import type { Evidence } from '../report/finding.ts';
import { sleeperWords } from './sleeper-words.ts';
import { taskWords } from './wait-evidence.ts';

/** Who serves something over a socket, in a sentence of its own: ` Its server is 10.0.0.7:10809 (connection ESTABLISHED).` */
export function peerWords(prog: Program, peers: readonly SocketPeer[]): Phrase {
  const [peer] = peers;
  if (!peer) return { en: '', zh: '' };
  const { socket, process } = peer;
  const end = socket.destination ? `${socket.destination.address}:${socket.destination.port}` : undefined;
  const where = end ?? (socket.path === undefined ? 'a UNIX socket' : socket.path);
  const more = peers.length > 1 ? ` (${peers.length} connections)` : '';
  const local = process && { who: taskWords(process), does: sleeperWords(prog, process) };
  return {
    en: ` Its server is at ${where}${more}, connection ${socket.state}${local ? `: ${local.who} of this machine, which ${local.does.en}` : ''}.`,
    zh: `其服务端在 ${end ?? (socket.path === undefined ? 'UNIX 套接字' : socket.path)}${peers.length > 1 ? `（${peers.length} 个连接）` : ''}，连接状态 ${socket.state}${local ? `：本机的 ${local.who}，它${local.does.zh}` : ''}。`,
  };
}

/** The server's process, where it is one of this machine. */
export function peerEvidence(peers: readonly SocketPeer[]): Evidence[] {
  const process = peers[0]?.process;
  if (!process) return [];
  const who = taskWords(process);
  return [
    {
      what: { en: `state of the server ${who}`, zh: `服务端 ${who} 的状态` },
      value: process.state,
      command: `ps ${process.pid}`,
    },
  ];
}
