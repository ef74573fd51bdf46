// The definition of an image, as the body of a PUT has it: a service with one plan, whose instances are containers.
import type { JsonObject } from '../../sdk/index.js';
import { OsbError } from '../../sdk/osb/errors.js';
import { objectName } from '../../sdk/resources/names.js';
import { checkSame, type Fields, objectOf, readFields, textOf } from './fields.js';

/** Stands for each value that is not shown. */
export const MASK = '***';

export interface ImageDefinition {
  /** The image's reference; for a container that is there already, a name of the same form. */
  name: string;
  plan: string;
  dashboardUrl?: string;
  /** Of every binding: no hook is run then. */
  credentials?: JsonObject;
  /** One that is there already. */
  container?: string;
  /** As the body names it; see `resolveHost`. */
  dockerHost?: string;
  metadata?: Record<string, string>;
}

const FIELDS = [
  'Name',
  'Plan',
  'DashBoardUrl',
  'Credentials',
  'Numinstances',
  'Containername',
  'DockerHost',
  'Metadata',
  'Offering',
] as const;
type Field = (typeof FIELDS)[number];

const METADATA = [
  'displayName',
  'imageUrl',
  'longDescription',
  'providerDisplayName',
  'documentationUrl',
  'supportUrl',
] as const;

const HOST = '[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?';
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
const TAG = ':[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}';
const REFERENCE = new RegExp(
  `^(?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*(?:${TAG})?(?:@sha256:[0-9a-f]{64})?$`,
);
const MAX_REFERENCE_LENGTH = 255;
const PLAN = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/;
const CONTAINER = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;

/** Throws `BadRequest` for what is no reference of an image. */
export function checkImage(image: string): void {
  if (image.length > MAX_REFERENCE_LENGTH || !REFERENCE.test(image)) {
    throw new OsbError(
      'BadRequest',
      `the image must be a repository with or without a tag, of at most ${MAX_REFERENCE_LENGTH} characters, as redis or library%2Fredis:7`,
    );
  }
}

/** Throws `BadRequest`, naming the field and never its value. */
export function readImage(image: string, body: JsonObject): ImageDefinition {
  checkImage(image);
  const fields = readFields(body, FIELDS);
  checkSame('Name', textOf(fields, 'Name'), image);
  checkSame('Offering', textOf(fields, 'Offering'), objectName(image));
  const definition = {
    name: image,
    plan: planOf(fields),
    dashboardUrl: dashboardUrlOf(fields),
    credentials: credentialsOf(fields),
    container: containerOf(fields),
    dockerHost: textOf(fields, 'DockerHost'),
    metadata: metadataOf(fields),
  };
  return Object.fromEntries(
    Object.entries(definition).filter(([, value]) => value !== undefined),
  ) as unknown as ImageDefinition;
}

function planOf(fields: Fields<Field>): string {
  const plan = textOf(fields, 'Plan');
  if (plan === undefined || !PLAN.test(plan)) {
    throw new OsbError('BadRequest', 'Plan must be a name of letters, digits, dots, hyphens and underscores');
  }
  return plan;
}

function dashboardUrlOf(fields: Fields<Field>): string | undefined {
  const given = objectOf(fields, 'DashBoardUrl');
  const url = given?.dashboard_url;
  if (given === undefined || url === null || url === '') return undefined;
  if (typeof url !== 'string') {
    throw new OsbError('BadRequest', 'DashBoardUrl must be {"dashboard_url": "…"}');
  }
  if (/\/\/[^/]*@/.test(url)) {
    throw new OsbError(
      'BadRequest',
      'DashBoardUrl must hold no user and no password: every user of the instance gets to see it',
    );
  }
  return url;
}

/** What a GET shows is no definition: to store its stars would end every binding's access in silence. */
function credentialsOf(fields: Fields<Field>): JsonObject | undefined {
  const credentials = objectOf(fields, 'Credentials');
  const masked = Object.entries(credentials ?? {}).find(([, value]) => value === MASK);
  if (masked) {
    throw new OsbError('BadRequest', `Credentials.${masked[0]} is masked, as a GET shows it: send its value`);
  }
  return credentials;
}

function containerOf(fields: Fields<Field>): string | undefined {
  const container = textOf(fields, 'Containername');
  const instances = fields.Numinstances ?? 0;
  if (typeof instances !== 'number' || !Number.isInteger(instances) || instances < 0) {
    throw new OsbError('BadRequest', 'Numinstances must be a whole number, 0 or more');
  }
  if (container === undefined) return undefined;
  if (!CONTAINER.test(container)) throw new OsbError('BadRequest', 'Containername must name a container');
  if (instances > 0) {
    throw new OsbError(
      'BadRequest',
      'Containername is for a container that is there already, with Numinstances 0: leave it out, and each instance gets its own',
    );
  }
  return container;
}

function metadataOf(fields: Fields<Field>): Record<string, string> | undefined {
  const given = objectOf(fields, 'Metadata');
  if (!given) return undefined;
  const metadata = readFields(given, METADATA);
  const texts = METADATA.flatMap((name) => {
    const text = textOf(metadata, name);
    return text === undefined ? [] : [[name, text] as const];
  });
  return texts.length > 0 ? Object.fromEntries(texts) : undefined;
}
