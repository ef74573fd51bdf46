// The parameters of an instance or a binding with their secret values, as the controllers see them.
import type { KubeObject } from '../kube/types.js';
import {
  isSecretKeyRef,
  parametersSecretName,
  reveal,
  type Revealed,
} from '../resources/secret-parameters.js';
import type { ReconcileContext } from './context.js';

type JsonObject = Record<string, unknown>;

/** An HTTP request writes the Secret right after the resource: no word of it before this time is over. */
export const SECRET_GRACE_MS = 1_000;

export function revealed(
  { stores }: ReconcileContext,
  object: Readonly<KubeObject & { spec: { parameters?: JsonObject } }>,
  secret: ReadonlySet<string> | undefined,
): Revealed {
  return reveal(object.spec.parameters ?? {}, secret ?? new Set(), parametersSecretName(object), (name) =>
    stores.secrets.get(name),
  );
}

/** One sentence for each secret parameter that stands openly in the resource, which only kubectl can bring about. */
export function openSecrets(parameters: JsonObject | undefined, secret: ReadonlySet<string>): string[] {
  return [...secret]
    .filter((name) => parameters?.[name] !== undefined && !isSecretKeyRef(parameters[name]))
    .map(
      (name) =>
        `spec.parameters.${name} is secret: put it into a Secret and write secretKeyRef: { name, key } here`,
    );
}
