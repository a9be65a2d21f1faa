import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^net -a/,
    line: / UNKNOWN /,
    ours: / LOOPBACK /,
    why: 'crash does not know the hardware type of the loopback device.',
  },
  {
    command: /^(?:foreach .*)?net -[a-z]*s/,
    line: / (?:UNIX|NETLINK|PACKET):\S+$/,
    why: 'Sockets of other families than IP have their address too: the path of a UNIX socket, the port of a netlink socket; crash leaves it empty.',
    truth: 'net/unix: /tmp/lab.sock',
  },
  {
    command: /^(?:foreach .*)?net -[a-z]*S/,
    line: /.*/,
    ours: /.*/,
    why: 'crash shows every socket as struct inet_sock, also those of other families, and so what lies behind them in memory; ours has the structure of the family.',
  },
];
