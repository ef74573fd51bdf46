// The labels on what an instance has at an engine.
import type { Site } from './site.js';

/** The instance's name. */
const INSTANCE_LABEL = 'sdkbroker.broker.io/instance';

/** The namespace of its broker: names of instances are unique in there only. */
const BROKER_LABEL = 'sdkbroker.broker.io/broker';

/** The uid of the DockerHost: brokers of several clusters may share an engine, and their namespaces a name. */
const HOST_LABEL = 'sdkbroker.broker.io/docker-host';

/** A digest of what the container was made with. */
export const SETTINGS_LABEL = 'sdkbroker.broker.io/settings';

type Labels = Readonly<Record<string, string>>;

/** By which the instance's own are told from what others have. */
export const labelsOf = ({ namespace }: Site, instance: string): Labels => ({
  [INSTANCE_LABEL]: instance,
  [BROKER_LABEL]: namespace,
});

/** By which all are found that the broker made on a host. */
export const labelsOn = ({ namespace }: Site, hostUid: string): Labels => ({
  [BROKER_LABEL]: namespace,
  [HOST_LABEL]: hostUid,
});

export const instanceIn = (labels: Labels): string | undefined => labels[INSTANCE_LABEL];

export const hasLabels = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([label, value]) => labels[label] === value);
