// The container of an instance: made as its plan says, on its host; made anew where that has changed.
import { createHash } from 'node:crypto';
import { TerminalError, type Waiting, waiting } from '../../sdk/index.js';
import type { ContainerSpec } from './container-spec.js';
import type { ContainerFacts, ImageFacts } from './engine-facts.js';
import { isEngineError } from './engine-errors.js';
import { environmentFor } from './environment.js';
import { hasLabels, labelsOf, labelsOn, SETTINGS_LABEL } from './labels.js';
import { hasOtherPorts, keepPorts, keptPorts, type Ports, type WantedPorts, wantedPorts } from './ports.js';
import type { DockerInstance, Place, Site } from './site.js';

/** How long a container may take to end by itself, in seconds. */
const STOP_SECONDS = 10;

const SOON = { retryAfter: 1 };

/** Resolves with the container once it runs as it should. */
export async function ensureContainer(
  site: Site,
  place: Place,
  instance: DockerInstance,
): Promise<ContainerFacts | Waiting> {
  const { engine } = place;
  const { name, signal } = instance;
  const image = await imageOf(place, instance);
  const { ports, allocated } = await wantedPorts(site, place, instance, image);
  const own = labelsOf(site, name);
  const labels = { ...own, ...labelsOn(site, place.hostUid) };
  const wanted = specOf(instance, image, ports, labels);
  const env = await environmentFor(instance); // it may be what fails: before anything is removed
  const present = await engine.inspect(name, signal);
  if (present && !hasLabels(present.labels, own)) throw new TerminalError(notOurs(instance, place));
  if (!present || !isAsWanted(present, wanted)) {
    if (present) await engine.remove(name, { stopSeconds: STOP_SECONDS }, signal);
    // One of its own may have the label of a DockerHost that is gone, and was made anew.
    const volumes = new Set(await engine.volumes(own, signal));
    for (const volume of wanted.volumes.values())
      if (!volumes.has(volume)) await engine.ensureVolume(volume, labels, signal);
    await create(place, instance, { ...wanted, env });
  } else if (present.state.running || present.state.restarting) {
    return present;
  }
  return started(site, place, instance, { ports, allocated });
}

async function started(
  site: Site,
  { engine, host }: Place,
  instance: DockerInstance,
  { ports, allocated }: Ports,
): Promise<ContainerFacts | Waiting> {
  const { name, signal } = instance;
  try {
    await engine.start(name, signal);
  } catch (error) {
    if (!isEngineError(error, 'port taken') || !(await isMovable(instance, allocated))) throw error;
    site.hosts.avoid(host.name, allocated.values());
    return waiting('a port of the Docker host is taken by something else: another is tried', SOON);
  }
  const facts = await engine.inspect(name, signal);
  if (!facts) return waiting('the container is starting', SOON);
  if ([...ports.values()].every((port) => port !== undefined) || !facts.state.running) return facts;
  // The engine chose them, and would choose others at each start: the container is made anew with these.
  await keepPorts(instance, facts.published);
  return waiting('the ports of the container are being settled', SOON);
}

const isAsWanted = (present: ContainerFacts, wanted: Omit<ContainerSpec, 'env'>): boolean =>
  present.labels[SETTINGS_LABEL] === wanted.labels[SETTINGS_LABEL] && !hasOtherPorts(present, wanted.ports);

/** Nobody has been told of its ports yet. */
async function isMovable(instance: DockerInstance, allocated: ReadonlyMap<string, number>): Promise<boolean> {
  const told = await keptPorts(instance, allocated.keys());
  return allocated.size > 0 && [...told.values()].every((port) => port === undefined);
}

/** What is secret is no part of it: only names and templates tell whether a container is as its plan has it. */
function specOf(
  instance: DockerInstance,
  image: ImageFacts,
  ports: WantedPorts,
  labels: Readonly<Record<string, string>>,
): Omit<ContainerSpec, 'env'> {
  const { name, settings, parameters } = instance;
  const {
    command,
    memoryMegabytes,
    cpus,
    maxProcesses,
    restartPolicy,
    env = {},
    parametersInEnv = {},
  } = settings;
  const directories = [...new Set([...(settings.volumes ?? []), ...image.volumes])];
  const spec = {
    ...{ name, hostname: name, image: settings.image!, restartPolicy, ports },
    volumes: new Map(directories.map((directory) => [directory, volumeName(name, directory)])),
    ...(command ? { command } : {}),
    ...(memoryMegabytes === undefined ? {} : { memoryMegabytes }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(maxProcesses === undefined ? {} : { maxProcesses }),
  };
  const given = Object.keys(parametersInEnv).map((parameter) => [parameter, parameters[parameter]]);
  const made = {
    ...spec,
    env,
    parametersInEnv,
    given,
    ports: [...ports],
    volumes: [...spec.volumes],
  };
  return { ...spec, labels: { ...labels, [SETTINGS_LABEL]: digestOf(made) } };
}

const digestOf = (value: object): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);

/** The same for the same directory, however many there are. */
const volumeName = (instance: string, directory: string): string =>
  `${instance}-${createHash('sha256').update(directory).digest('hex').slice(0, 8)}`;

async function imageOf({ engine, host }: Place, { settings, signal }: DockerInstance): Promise<ImageFacts> {
  const reference = settings.image!;
  const present = await engine.findImage(reference, signal);
  if (present) return present;
  if (settings.pull === 'Never')
    throw new TerminalError(
      `the Docker host ${host.name} has no image ${reference}, and the plan does not let it be pulled`,
    );
  await engine.pull(reference, signal);
  return (await engine.findImage(reference, signal))!;
}

async function create({ engine }: Place, { signal }: DockerInstance, spec: ContainerSpec): Promise<void> {
  try {
    await engine.create(spec, signal);
  } catch (error) {
    // A call that was cut off has made it a moment ago.
    if (!isEngineError(error, 'conflict')) throw error;
  }
}

const notOurs = ({ name }: DockerInstance, { host }: Place): string =>
  `a container named ${name} that is not this broker's is on the Docker host ${host.name}: remove or rename it`;
