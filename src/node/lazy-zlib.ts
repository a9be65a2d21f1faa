/** Node's zlib module, loaded on the first call: evaluating it costs milliseconds that most dumps do not need. */
export function lazyZlib(): typeof import('node:zlib') {
  return process.getBuiltinModule('node:zlib');
}
