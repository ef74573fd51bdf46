// Tells each offering whether it is in the catalog, asks the backends of its plans, and makes the dashboard client's
// secret where there is none.
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Verdict } from '../catalog/catalog.js';
import { condition } from '../resources/conditions.js';
import { API_VERSION, OFFERINGS, SECRET_LABEL, type ServiceOffering } from '../resources/kinds.js';
import { type Again, nowOf, type ReconcileContext } from './context.js';
import { checkPlans } from './plan-checks.js';

/** When to ask backends again that refused, or did not answer. */
const CHECK_AGAIN_MS = 60_000;

export async function reconcileOffering(
  context: ReconcileContext,
  name: string,
  signal: AbortSignal,
): Promise<Again> {
  const offering = context.stores.offerings.get(name);
  if (!offering || offering.metadata.deletionTimestamp) return;
  if (context.catalog.verdict(name)?.reason === 'SecretMissing') await makeClientSecret(context, offering);
  const verdict = context.catalog.verdict(name);
  if (!verdict) return;
  const plans = context.catalog.checkable(name);
  const { problems, isComplete } = await checkPlans(context, plans, signal);
  const said = plans.length > 0 && (isComplete || problems.length > 0) ? checked(problems) : verdict;
  await writeVerdict(context, offering, said);
  return isComplete && said.accepted ? undefined : againFor(said);
}

const checked = (problems: readonly string[]): Verdict =>
  problems.length > 0
    ? { accepted: false, reason: 'BackendRefused', message: problems.join('; ') }
    : { accepted: true, reason: 'Accepted', message: 'the offering is in the catalog' };

/** What is wrong with the offering itself ends with a change of a resource, which is watched. */
const againFor = ({ accepted, reason }: Verdict): Again =>
  accepted || reason === 'BackendRefused' ? { requeueAfterMs: CHECK_AGAIN_MS } : undefined;

async function writeVerdict(
  context: ReconcileContext,
  offering: Readonly<ServiceOffering>,
  { accepted, reason, message }: Verdict,
): Promise<void> {
  const generation = offering.metadata.generation ?? 1;
  const conditions = [
    condition(offering.status?.conditions, {
      type: 'Accepted',
      status: accepted ? 'True' : 'False',
      reason,
      message,
      generation,
      now: nowOf(context),
    }),
  ];
  if (isDeepStrictEqual(offering.status, { observedGeneration: generation, conditions })) return;
  await context.stores.offerings.replaceStatus({
    ...offering,
    status: { observedGeneration: generation, conditions },
  });
  context.log.info(accepted ? 'offering accepted' : 'offering refused', {
    offering: offering.metadata.name,
    why: message,
  });
  context.events.record(offering, {
    type: accepted ? 'Normal' : 'Warning',
    reason: accepted ? 'Accepted' : 'Refused',
    message,
  });
}

/** A Secret that exists is never touched: where its key is missing, the condition goes on saying so. */
async function makeClientSecret(
  { stores }: ReconcileContext,
  offering: Readonly<ServiceOffering>,
): Promise<void> {
  const ref = offering.spec.dashboardClient?.secretRef;
  if (!ref || (await stores.secrets.read(ref.name))) return;
  const { name, uid } = offering.metadata;
  await stores.secrets.create({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: ref.name,
      labels: { [SECRET_LABEL]: 'dashboard-client' },
      ownerReferences: [{ apiVersion: API_VERSION, kind: OFFERINGS.kind, name, uid: uid! }],
    },
    data: { [ref.key]: Buffer.from(randomBytes(24).toString('base64url')).toString('base64') },
  });
}
