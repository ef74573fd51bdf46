// The replica that runs the controllers.
import { eventually } from '../support/unchanged.js';
import { get, kubectl } from './cluster.js';

/** The pods of the broker, without those that are on their way out. */
export async function brokerPods(namespace: string): Promise<any[]> {
  const words = ['--namespace', namespace, '--selector', 'app.kubernetes.io/component=broker'];
  const { items } = await get('pods', ...words);
  return items.filter(({ metadata }: any) => !metadata.deletionTimestamp);
}

/** The name of its pod; '' while there is none. Whoever holds the Lease puts its host's name first. */
export async function leader(namespace: string): Promise<string> {
  const words = [
    'lease',
    '--namespace',
    namespace,
    '--field-selector',
    'metadata.name=brokersdk-controllers',
  ];
  const [pods, { items }] = await Promise.all([brokerPods(namespace), get(...words)]);
  const names = pods.map(({ metadata }) => metadata.name as string);
  return names.find((name) => items[0]?.spec.holderIdentity?.startsWith(name)) ?? '';
}

/** Deletes it by force: it has hardly the time to put anything in order. */
export async function killLeader(namespace: string): Promise<void> {
  const victim = await eventually(
    () => leader(namespace),
    (name) => name !== '',
  );
  await kubectl('--namespace', namespace, 'delete', 'pod', victim, '--grace-period=0', '--force');
}
