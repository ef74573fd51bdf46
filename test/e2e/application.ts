// An application that uses a binding: a pod with the credentials in its environment, which no test ever sees.
import { eventually } from '../support/unchanged.js';
import type { Scene } from './workload-scene.js';

export interface Application {
  image: string;
  command: string[];
  /** Environment variables, and the keys of the credentials that they have. */
  env: Record<string, string>;
  /** The Service of the credentials' host, whose address the cluster's DNS would tell; a small cluster has none. */
  service: string;
}

const NOBODY = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } };
const CONFINED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

let made = 0;

/** Runs it to its end; resolves with its exit code and what it printed. */
export async function runApplication(
  scene: Scene,
  binding: string,
  { image, command, env, service }: Application,
): Promise<{ code: number; output: string }> {
  const name = `application-${(made += 1)}`;
  const { metadata, spec } = await scene.get('service', service);
  await scene.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      securityContext: NOBODY,
      hostAliases: [{ ip: spec.clusterIP, hostnames: [`${service}.${metadata.namespace}.svc`] }],
      containers: [
        {
          name: 'application',
          image,
          imagePullPolicy: 'IfNotPresent',
          command,
          env: Object.entries(env).map(([variable, key]) => ({
            name: variable,
            valueFrom: { secretKeyRef: { name: `binding-${binding}`, key } },
          })),
          securityContext: CONFINED,
        },
      ],
    },
  });
  const { status } = await eventually(
    () => scene.get('pod', name),
    ({ status: { phase } }) => phase === 'Succeeded' || phase === 'Failed',
  );
  const output = (await scene.kubectl('logs', name)).trim();
  await scene.kubectl('delete', 'pod', name, '--wait=false');
  return { code: status.containerStatuses[0].state.terminated.exitCode, output };
}
