// The Secret of a binding: the whole of what an application needs to connect, and nothing of it anywhere else.
import type { KubeObject, Secret } from '../kube/types.js';
import { API_VERSION, BINDINGS, GROUP, SECRET_LABEL, type ServiceBinding } from './kinds.js';

type JsonObject = Record<string, unknown>;

/** What the Secret holds, in the wire form of the Open Service Broker API. */
export interface BindingData {
  credentials?: JsonObject;
  endpoints?: object[];
  syslog_drain_url?: string;
  route_service_url?: string;
  volume_mounts?: object[];
}

/** The key of the whole; every credential stands under a key of its own beside it, for pods to mount. */
const WHOLE = 'binding.json';
const LEGAL_KEY = /^(?!\.$|\.\.)[-._a-zA-Z0-9]{1,253}$/; // as a directory's entries: no `.` and no `..`

export const secretName = ({ metadata }: { metadata: { name: string } }): string =>
  `binding-${metadata.name}`;

/** The plan that the binding's instance had. */
export interface Origin {
  serviceId: string;
  planId: string;
}

const BINDING = `${GROUP}/binding`;
const SERVICE_ID = `${GROUP}/service-id`;
const PLAN_ID = `${GROUP}/plan-id`;

/** With the origin, the credentials can be made useless also where the instance was removed by force. */
export function toSecret(binding: Readonly<ServiceBinding>, data: BindingData, origin?: Origin): Secret {
  const { name, namespace, uid } = binding.metadata;
  const keys = Object.entries(data.credentials ?? {})
    .filter(([key, value]) => LEGAL_KEY.test(key) && key !== WHOLE && value !== null && value !== undefined)
    .map(([key, value]) => [key, base64(typeof value === 'string' ? value : JSON.stringify(value))]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: secretName(binding),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [SECRET_LABEL]: 'binding' },
      annotations: {
        [BINDING]: name,
        ...(origin ? { [SERVICE_ID]: origin.serviceId, [PLAN_ID]: origin.planId } : {}),
      },
      ownerReferences: [
        {
          apiVersion: API_VERSION,
          kind: BINDINGS.kind,
          name,
          uid: uid!,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    data: { ...(Object.fromEntries(keys) as Record<string, string>), [WHOLE]: base64(JSON.stringify(data)) },
  };
}

/** What `toSecret` put in; undefined when this is no Secret of ours. */
export function fromSecret(secret: Readonly<Secret>): BindingData | undefined {
  const whole = secret.data?.[WHOLE];
  return whole === undefined
    ? undefined
    : (JSON.parse(Buffer.from(whole, 'base64').toString('utf8')) as BindingData);
}

/** The name of the binding that the Secret was made for, also where the reference to it was lost; not of a copy. */
export function bindingOf({ metadata }: Readonly<Secret>): string | undefined {
  const name = metadata.annotations?.[BINDING];
  return name !== undefined && metadata.name === secretName({ metadata: { name } }) ? name : undefined;
}

export function originOf(secret: Readonly<Secret> | undefined): Origin | undefined {
  const { [SERVICE_ID]: serviceId, [PLAN_ID]: planId } = secret?.metadata.annotations ?? {};
  return serviceId === undefined || planId === undefined ? undefined : { serviceId, planId };
}

/** Whether the Secret belongs to this very binding or instance, not to an earlier one of the same name. */
export function isOwnedBy(secret: Readonly<Secret>, owner: Readonly<KubeObject>): boolean {
  return secret.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
}

/** Whether it is the very version that the binding's status tells of: an interrupted attempt may have left another. */
export function isTold(secret: Readonly<Secret>, binding: Readonly<ServiceBinding>): boolean {
  const version = binding.status?.secretRef?.resourceVersion;
  return isOwnedBy(secret, binding) && (version === undefined || version === secret.metadata.resourceVersion);
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
