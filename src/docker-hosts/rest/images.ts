// Images by name: what is put becomes a ServiceOffering, and is replaced by the next PUT. What others have made is shown,
// and neither changed nor deleted.
import type { JsonObject } from '../../sdk/index.js';
import { OsbError } from '../../sdk/osb/errors.js';
import type { PlanSpec, ServiceOffering } from '../../sdk/resources/kinds.js';
import { objectName } from '../../sdk/resources/names.js';
import type { Answer, RestContext } from './context.js';
import { checkImage, type ImageDefinition, readImage } from './image-definition.js';
import { credentialsName, credentialsObject, definitionsOf, isOurs, offeringOf } from './image-offering.js';
import { resolveHost } from './resolve-host.js';
import { bringSecret, despiteOthers, presentSecret } from './writes.js';

const NAMES_TOLD = 3;

export async function putImage(context: RestContext, image: string, body: JsonObject): Promise<Answer> {
  const definition = readImage(image, body);
  const wanted = offeringOf(definition, resolveHost(context.hosts, definition));
  const { offering, isNew } = await despiteOthers(() => store(context, wanted, definition));
  context.log.info('a docker image is offered', { image, offering: offering.metadata.name });
  return { status: isNew ? 201 : 200, body: shown(context, [offering]) };
}

export async function getImage(context: RestContext, image: string): Promise<Answer> {
  checkImage(image);
  const present = await context.offerings.read(objectName(image)); // another replica may have made it just now
  const others = context.offerings.list().filter(({ metadata }) => metadata.name !== present?.metadata.name);
  const named = [...(present ? [present] : []), ...others].filter(({ spec }) => spec.name === image);
  const body = shown(context, named);
  if (Object.keys(body).length === 0) throw new OsbError('NotFound', `there is no docker image ${image}`);
  return { status: 200, body };
}

export async function listImages({ offerings, secrets }: RestContext): Promise<Answer> {
  const all = offerings.list().sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
  const body = all.flatMap((offering) => definitionsOf(offering, (name) => secrets.get(name)));
  return { status: 200, body };
}

/** Instances of a service that is offered no more can be deprovisioned, but neither bound nor updated: there must be none. */
export async function deleteImage(context: RestContext, image: string): Promise<Answer> {
  checkImage(image);
  const deleted = await despiteOthers(async () => {
    const offering = await ownOffering(context, image);
    if (!offering) throw new OsbError('Gone', `there is no docker image ${image}`);
    checkUnused(context, offering, []);
    const { name, uid } = offering.metadata;
    await context.offerings.delete(name, uid === undefined ? {} : { uid });
    return offering;
  });
  await despiteOthers(() => dropCredentials(context, deleted));
  context.log.info('a docker image is offered no more', { image });
  return { status: 200, body: {} };
}

/**
 * At no time does a Secret lack its owner. The offering comes before a new Secret, which wakes whoever waits for it; a
 * present one is changed first, so that no offering names what is not there.
 */
async function store(
  context: RestContext,
  wanted: ServiceOffering,
  { credentials }: ImageDefinition,
): Promise<{ offering: Readonly<ServiceOffering>; isNew: boolean }> {
  const { offerings, secrets } = context;
  const present = await ownOffering(context, wanted.spec.name);
  checkClash(context, wanted);
  if (credentials) await presentSecret(secrets, credentialsObject(wanted, credentials));
  if (!present) {
    const offering = await offerings.create(wanted);
    if (credentials) await bringSecret(secrets, credentialsObject(offering, credentials));
    return { offering, isNew: true };
  }
  if (present.metadata.deletionTimestamp) {
    throw new OsbError(
      'Conflict',
      `the ServiceOffering ${present.metadata.name} is being deleted: try again`,
    );
  }
  checkUnused(context, present, wanted.spec.plans);
  if (credentials) await bringSecret(secrets, credentialsObject(present, credentials));
  const offering = await offerings.replace({ ...present, spec: wanted.spec });
  if (!credentials) await dropCredentials(context, offering);
  return { offering, isNew: false };
}

/** As the API server has it; throws `Conflict` where the name is that of an offering which this API has not made. */
async function ownOffering(
  { offerings }: RestContext,
  image: string,
): Promise<Readonly<ServiceOffering> | undefined> {
  const present = await offerings.read(objectName(image));
  if (present && isOurs(present)) return present;
  const other = present ?? offerings.list().find(({ spec }) => spec.name === image);
  if (!other) return undefined;
  throw new OsbError(
    'Conflict',
    `the ServiceOffering ${other.metadata.name} was not made by this API: change it where it comes from, with kubectl for one`,
  );
}

/** The catalog would leave out the later of two that want one name or id. */
function checkClash({ offerings }: RestContext, { metadata, spec }: ServiceOffering): void {
  const plans = new Set(spec.plans.map(({ id }) => id));
  const other = offerings
    .list()
    .filter((each) => each.metadata.name !== metadata.name)
    .find((each) => each.spec.id === spec.id || each.spec.plans.some(({ id }) => plans.has(id)));
  if (!other) return;
  throw new OsbError(
    'Conflict',
    `the ServiceOffering ${other.metadata.name} has the id of this service or of its plan already: choose another name`,
  );
}

const instancesOf = ({ instances }: RestContext, { spec }: Readonly<ServiceOffering>) =>
  instances.list().filter((instance) => instance.spec.serviceId === spec.id);

/** Throws `Conflict` where an instance has none of the plans that stay. */
function checkUnused(
  context: RestContext,
  offering: Readonly<ServiceOffering>,
  staying: readonly PlanSpec[],
): void {
  const names = instancesOf(context, offering)
    .filter(({ spec }) => staying.every(({ id }) => id !== spec.planId))
    .map(({ metadata }) => metadata.name);
  if (names.length === 0) return;
  const more = names.length > NAMES_TOLD ? ` and ${names.length - NAMES_TOLD} more` : '';
  throw new OsbError(
    'Conflict',
    `${offering.spec.name} has instances of a plan that would be gone, and could be bound no more: deprovision them first: ${names.slice(0, NAMES_TOLD).join(', ')}${more}`,
  );
}

/** Instances keep the settings that they were made with: while one of them names the Secret, it stays. */
async function dropCredentials(context: RestContext, offering: Readonly<ServiceOffering>): Promise<void> {
  const name = credentialsName(offering.spec.name);
  const isUsed = instancesOf(context, offering).some(
    ({ spec }) => spec.resolvedPlan?.settings?.credentialsSecret === name,
  );
  const secret = isUsed ? undefined : await context.secrets.read(name);
  const owners = secret?.metadata.ownerReferences ?? [];
  if (owners.every(({ uid }) => uid !== offering.metadata.uid)) return;
  await context.secrets.delete(name, secret?.metadata.uid === undefined ? {} : { uid: secret.metadata.uid });
}

/** The first definition, with those of the other plans of that name, of which only offerings of others have any. */
function shown({ secrets }: RestContext, offerings: readonly Readonly<ServiceOffering>[]): JsonObject {
  const [first, ...more] = offerings.flatMap((each) => definitionsOf(each, (name) => secrets.get(name)));
  return { ...first, ...(more.length > 0 ? { OtherPlans: more } : {}) };
}
