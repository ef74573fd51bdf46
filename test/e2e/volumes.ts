// Volumes for the claims of a test, where the cluster makes none by itself: folders of its one node.
import { eventually } from '../support/unchanged.js';
import { get, kubectl } from './cluster.js';
import { Scene } from './workload-scene.js';

const FOLDER = '/var/tmp';
const DEFAULT = 'storageclass.kubernetes.io/is-default-class';

/** Resolves with what removes them. */
export async function provideVolumes(scene: Scene, count: number): Promise<() => Promise<void>> {
  const { items } = await get('storageclasses');
  if (items.some(({ metadata }: any) => metadata.annotations?.[DEFAULT] === 'true')) return async () => {};
  const names = Array.from({ length: count }, (_, index) => `${scene.namespace}-${index}`);
  const paths = names.map((name) => `${scene.namespace}/${name}`);
  await onNode(
    scene,
    `install -d -o 65532 -g 65532 -m 700 ${paths.map((path) => `/host/${path}`).join(' ')}`,
  );
  await scene.apply(
    ...names.map((name, index) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: `${FOLDER}/${paths[index]}` },
      },
    })),
  );
  return async () => {
    await kubectl('delete', 'persistentvolume', ...names, '--ignore-not-found');
    await onNode(scene, `rm -rf /host/${scene.namespace}`);
  };
}

/** Runs a command as root on the node, where the folder is /host; in a namespace that allows it. */
async function onNode({ namespace, image }: Scene, command: string): Promise<void> {
  const elsewhere = new Scene('default', image);
  const name = `volumes-of-${namespace}`;
  const container = {
    name: 'volumes',
    image: `${image}-postgres:latest`,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-ec', command],
    securityContext: { runAsUser: 0 },
    volumeMounts: [{ name: 'host', mountPath: '/host' }],
  };
  const volumes = [{ name: 'host', hostPath: { path: FOLDER } }];
  const spec = { restartPolicy: 'Never', containers: [container], volumes };
  await elsewhere.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
  const { status } = await eventually(
    () => elsewhere.get('pod', name),
    ({ status: { phase } }) => phase === 'Succeeded' || phase === 'Failed',
  );
  await elsewhere.kubectl('delete', 'pod', name);
  if (status.phase === 'Failed') throw new Error(`on the node, this failed: ${command}`);
}
