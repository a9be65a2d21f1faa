import type { Accepted } from '../accepted.ts';

/** A line of a structure: a member, a brace, a name, or a value of an array. */
const MEMBER =
  /^(?:[\w[\]]+ = .*|(?:\}, )?\{+|[{}\]]*\}[,;]?|\}, \{|struct \w+ \{|(?:-?\d+|0x[0-9a-f]+|".*")(?:, .*)?[,}]*|\w+ = \{+.*)$/;

/** Behind the family in `struct sock_common`, when it is neither AF_INET nor AF_INET6. */
const OTHER_FAMILY = { heading: /^skc_family = \d+,$/, matching: /= (?!2,|10,)/ };

const OF_FAMILY =
  'A socket of another family than IP is shown as the structure of its family; crash shows every one as struct inet_sock, ' +
  'and so what lies behind it in memory.';

export const accepted: readonly Accepted[] = [
  {
    command: /^net -a/,
    line: / UNKNOWN /,
    ours: / LOOPBACK /,
    why: 'crash does not know the hardware type of the loopback device.',
  },
  {
    command: /^(?:foreach .*net\b(?! -\w*S)|net -[a-z]*s)/,
    line: / (?:UNIX|NETLINK|PACKET):\S+$/,
    ours: / (?:UNIX|NETLINK|PACKET):\S+ +\S/,
    why: 'Sockets of other families than IP have their address too: the path of a UNIX socket, the port of a netlink socket; crash leaves it empty.',
    truth: 'net/unix: /tmp/lab.sock',
  },
  {
    command: /^foreach net -S/,
    line: /^struct inet_sock \{$/,
    ours: /^struct (?:unix|netlink|packet|vsock)_sock \{$/,
    why: OF_FAMILY,
  },
  { command: /^foreach net -S/, under: OTHER_FAMILY, line: MEMBER, why: OF_FAMILY },
  { command: /^foreach net -S/, under: OTHER_FAMILY, ours: MEMBER, why: OF_FAMILY },
];
