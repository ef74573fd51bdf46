// A definition of an image as the ServiceOffering that it becomes, and any offering on Docker as the definitions that it is.
import type { JsonObject } from '../../sdk/index.js';
import type { Secret } from '../../sdk/kube/types.js';
import {
  API_VERSION,
  OFFERINGS,
  type PlanSpec,
  SECRET_LABEL,
  type ServiceOffering,
  SOURCE_LABEL,
} from '../../sdk/resources/kinds.js';
import { objectName } from '../../sdk/resources/names.js';
import { redact } from '../../sdk/telemetry/redact.js';
import { type ImageDefinition, MASK } from './image-definition.js';
import { decoded, encoded } from './writes.js';

export const BACKEND = 'docker';

/** The value of the source label on what this API has made. */
const SOURCE = 'rest';
const CREDENTIALS_KEY = 'credentials.json';

export const isOurs = ({ metadata }: Readonly<ServiceOffering>): boolean =>
  metadata.labels?.[SOURCE_LABEL] === SOURCE;

/** Of the Secret with the static credentials of the image's bindings. */
export const credentialsName = (image: string): string => `docker-image-${objectName(image)}`;

/** `host` is the DockerHost that its instances have to be on. */
export function offeringOf(definition: ImageDefinition, host: string | undefined): ServiceOffering {
  const { name, plan, metadata } = definition;
  const description = `${name} docker service`;
  return {
    apiVersion: API_VERSION,
    kind: OFFERINGS.kind,
    metadata: { name: objectName(name), labels: { [SOURCE_LABEL]: SOURCE } },
    spec: {
      id: name,
      name,
      description,
      tags: ['docker'],
      bindable: true,
      ...(metadata ? { metadata } : {}),
      plans: [
        {
          id: `${name}_${plan}`,
          name: plan,
          description: `${description}, plan ${plan}`,
          backend: BACKEND,
          settings: settingsOf(definition, host),
        },
      ],
    },
  };
}

function settingsOf(
  { name, container, credentials, dashboardUrl }: ImageDefinition,
  host: string | undefined,
): JsonObject {
  return {
    ...(container === undefined ? { image: name } : { container }),
    ...(host === undefined ? {} : { host }),
    ...(credentials ? { credentialsSecret: credentialsName(name) } : {}),
    ...(dashboardUrl === undefined ? {} : { dashboardUrl }),
  };
}

/** It goes with its offering. */
export function credentialsObject(offering: Readonly<ServiceOffering>, credentials: JsonObject): Secret {
  const { name, uid } = offering.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: credentialsName(offering.spec.name),
      labels: { [SECRET_LABEL]: 'backend', [SOURCE_LABEL]: SOURCE },
      ownerReferences: [{ apiVersion: API_VERSION, kind: OFFERINGS.kind, name, uid: uid! }],
    },
    data: { [CREDENTIALS_KEY]: encoded(JSON.stringify(credentials)) },
  };
}

/** One for each plan on Docker; `secretOf` finds a Secret by its name. */
export function definitionsOf(
  offering: Readonly<ServiceOffering>,
  secretOf: (name: string) => Readonly<Secret> | undefined,
): JsonObject[] {
  return offering.spec.plans
    .filter(({ backend }) => backend === BACKEND)
    .map((plan) => definitionOf(offering, plan, secretOf));
}

function definitionOf(
  { metadata, spec }: Readonly<ServiceOffering>,
  plan: PlanSpec,
  secretOf: (name: string) => Readonly<Secret> | undefined,
): JsonObject {
  const { container, host, credentialsSecret, dashboardUrl, image, ...others } = plan.settings ?? {};
  const settings = image === undefined || image === spec.name ? others : { image, ...others };
  return {
    Name: spec.name,
    Plan: plan.name,
    ...(dashboardUrl === undefined ? {} : { DashBoardUrl: { dashboard_url: dashboardUrl } }),
    ...(typeof credentialsSecret === 'string' ? { Credentials: masked(secretOf(credentialsSecret)) } : {}),
    ...(container === undefined ? {} : { Containername: container, Numinstances: 0 }),
    ...(host === undefined ? {} : { DockerHost: host }),
    ...(spec.metadata ? { Metadata: spec.metadata } : {}),
    ...(Object.keys(settings).length > 0 ? { Settings: redact(settings) } : {}),
    Offering: metadata.name,
  };
}

/** The names of the credentials; only of a Secret that is for backends to read. */
function masked(secret: Readonly<Secret> | undefined): JsonObject {
  if (secret?.metadata.labels?.[SECRET_LABEL] !== 'backend') return {};
  const texts = Object.keys(secret.data ?? {}).filter((key) => key !== CREDENTIALS_KEY);
  const names = [...texts, ...namesIn(decoded(secret, CREDENTIALS_KEY))];
  return Object.fromEntries(names.map((name) => [name, MASK]));
}

function namesIn(json: string): string[] {
  try {
    return Object.keys(JSON.parse(json) as object);
  } catch {
    return [];
  }
}
