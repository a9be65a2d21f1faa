import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Path of the machine's own Node, which `npm run` hides behind the Node of node_modules.
 * Falls back to the running one where there is no other.
 */
export function machineNode(env: NodeJS.ProcessEnv = process.env): string {
  const folders = (env.PATH ?? '').split(delimiter);
  const candidates = [env.npm_node_execpath ?? '', ...folders.map((folder) => join(folder, 'node'))];
  return (
    candidates.find((path) => path !== '' && !path.includes('node_modules') && isExecutable(path)) ?? process.execPath
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
