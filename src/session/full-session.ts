import { commands } from '../commands/index.ts';
import type { Program } from '../program/program.ts';
import { Session, type SessionOptions } from './session.ts';

/** A session with every command. Apart from `Session`, so that a host can start with a few and load the others later. */
export class FullSession extends Session {
  constructor(program: Program, options: Partial<SessionOptions> = {}) {
    super(program, { commands, ...options });
  }
}
