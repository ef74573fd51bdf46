// What a backend is asked about a plan, outside any instance: with what it needs for that, and not for ever.
import type { PlanScope } from '../authoring/backend.js';
import type { Plan } from '../catalog/plan.js';
import { errorDetails } from '../telemetry/log.js';
import { backendSecrets } from './backend-secrets.js';
import type { ReconcileContext } from './context.js';
import { limitedCall } from './limited-call.js';

/** What a backend may take to answer. */
const PATIENCE_MS = 60_000;

/** The answer; undefined where the backend gave none, which is logged. Rejects only when `signal` fired. */
export async function askAboutPlan<T>(
  context: ReconcileContext,
  { backend, settings, spec, service }: Plan,
  question: { what: string; signal: AbortSignal; ask(scope: PlanScope): Promise<T> },
): Promise<T | undefined> {
  const { log, owned } = context;
  const secret = backendSecrets(context);
  try {
    return await limitedCall({
      context,
      signal: question.signal,
      patienceMs: PATIENCE_MS,
      call: (signal) => question.ask({ settings, signal, secret, missingRights: owned.missingRights, log }),
    });
  } catch (error) {
    question.signal.throwIfAborted();
    const of = { backend: backend.name, service: service.name, plan: spec.name };
    log.warn(`a backend did not tell ${question.what}`, { ...of, ...errorDetails(error) });
    return undefined;
  }
}

/** Plans that differ in nothing that a backend sees are asked about once: by this key. */
export const questionKey = ({ backend, settings }: Plan): string =>
  `${backend.name} ${JSON.stringify(settings)}`;
