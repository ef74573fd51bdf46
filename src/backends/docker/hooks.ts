// Runs what an image knows to do for its instance and bindings: executables at the root of the container, which say in
// JSON what there is to say. All of them may be run again after whatever happened.
import { type BackendLog, type JsonObject, TerminalError, type Waiting, waiting } from '../../sdk/index.js';
import { blackOut } from './black-out.js';
import type { Engine } from './engine.js';
import { isEngineError, ExecTimeout } from './engine-errors.js';
import type { ExecResult } from './exec.js';
import { type JsonValue, type Address, substitute, UnknownPort } from './substitute.js';

export type Hook = '/provision' | '/bind' | '/unbind' | '/deprovision';

/** Environment variables of the hook. */
export interface HookInput {
  readonly INSTANCE_ID: string;
  readonly INSTANCE_NAME: string;
  /** JSON. */
  readonly PARAMETERS: string;
  readonly BINDING_ID?: string;
  readonly BINDING_NAME?: string;
  readonly BINDING_USERNAME?: string;
  readonly BINDING_PASSWORD?: string;
}

export interface HookCall {
  readonly input: HookInput;
  /** What is put in place of `$HOST` and its like. */
  readonly place: Address;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Gets what the hook writes to its standard error. */
  readonly log: BackendLog;
  /** Blacked out of that, beside the password of the binding. */
  readonly secrets: readonly string[];
}

export type HookResult =
  { readonly state: 'done'; readonly output: JsonObject } | { readonly state: 'missing' } | Waiting;

/** EX_TEMPFAIL of sysexits.h. */
const NOT_YET = 75;
const MAX_LOGGED = 4096;

/**
 * Waiting while the hook says "not yet", or the container does not run. Throws a TerminalError where the hook fails, does not
 * end in time, or says what is no JSON object; what the engine throws it passes on.
 */
export async function runHook(
  engine: Pick<Engine, 'exec'>,
  container: string,
  hook: Hook,
  call: HookCall,
): Promise<HookResult> {
  const { input, place, timeoutMs, signal } = call;
  let result: ExecResult | 'missing';
  try {
    result = await engine.exec(container, [hook], { ...input }, { timeoutMs, signal });
  } catch (error) {
    if (isEngineError(error, 'conflict'))
      return waiting(`the container does not run, as ${hook} needs it to`);
    if (!(error instanceof ExecTimeout)) throw error;
    throw new TerminalError(`${hook} of the image did not end within ${timeoutMs / 1000} s`);
  }
  if (result === 'missing') return { state: 'missing' };
  logStderr(hook, result, call);
  if (result.exitCode === NOT_YET) return waiting(`${hook} of the image is not done yet`);
  if (result.exitCode !== 0) {
    throw new TerminalError(`${hook} of the image failed with exit status ${result.exitCode}`);
  }
  return { state: 'done', output: outputOf(hook, result.stdout, place) };
}

function logStderr(hook: Hook, { exitCode, stderr }: ExecResult, { input, log, secrets }: HookCall): void {
  if (stderr.trim() === '') return;
  const safe = blackOut(stderr, [...secrets, input.BINDING_PASSWORD ?? '']).trim();
  const text = safe.length > MAX_LOGGED ? `…${safe.slice(-MAX_LOGGED)}` : safe;
  const write = exitCode === 0 || exitCode === NOT_YET ? 'info' : 'warn';
  log[write](`${hook} wrote to its standard error`, { hook, exitCode, stderr: text });
}

/** Nothing of it is told: credentials may stand in it. */
function outputOf(hook: Hook, stdout: string, place: Address): JsonObject {
  if (stdout.trim() === '') return {};
  const output = parsed(stdout);
  if (output === undefined) {
    throw new TerminalError(
      `${hook} of the image must print one JSON object or nothing, and printed something else`,
    );
  }
  try {
    return substitute(output, place);
  } catch (error) {
    if (!(error instanceof UnknownPort)) throw error;
    throw new TerminalError(`what ${hook} of the image printed cannot be used: ${error.message}`);
  }
}

function parsed(text: string): { [name: string]: JsonValue } | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as { [name: string]: JsonValue }) : undefined;
  } catch {
    return undefined;
  }
}
