// What a container is made with, and how an engine is told so.
import type Docker from 'dockerode';

export interface ContainerSpec {
  readonly name: string;
  readonly hostname: string;
  readonly image: string;
  /** In place of the image's own. */
  readonly command?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Host port by container port (`6379/tcp`); the engine chooses where it is undefined, anew at each start. */
  readonly ports: ReadonlyMap<string, number | undefined>;
  /** Names of volumes, by the directories that they are mounted at. */
  readonly volumes: ReadonlyMap<string, string>;
  readonly memoryMegabytes?: number;
  readonly cpus?: number;
  readonly maxProcesses?: number;
  readonly restartPolicy: 'no' | 'on-failure' | 'always' | 'unless-stopped';
}

const MEGABYTE = 2 ** 20;
const NANO = 1e9;

export const environmentOf = (env: Readonly<Record<string, string>>): string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`);

export function createOptions(spec: ContainerSpec): Docker.ContainerCreateOptions {
  const { name, hostname, image, command, env, labels, ports } = spec;
  return {
    name,
    Hostname: hostname,
    Image: image,
    ...(command ? { Cmd: [...command] } : {}),
    Env: environmentOf(env),
    Labels: { ...labels },
    ExposedPorts: Object.fromEntries([...ports.keys()].map((port) => [port, {}])),
    HostConfig: hostConfig(spec),
  };
}

function hostConfig(spec: ContainerSpec): Docker.HostConfig {
  const { ports, volumes, memoryMegabytes, cpus, maxProcesses, restartPolicy } = spec;
  const memory = memoryMegabytes === undefined ? undefined : memoryMegabytes * MEGABYTE;
  return {
    RestartPolicy: { Name: restartPolicy },
    PortBindings: Object.fromEntries(
      [...ports].map(([port, hostPort]) => [port, [{ HostPort: String(hostPort ?? '') }]]),
    ),
    Mounts: [...volumes].map(([Target, Source]) => ({ Type: 'volume', Source, Target })),
    // With no swap beside it: else the engine gives as much again.
    ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * NANO) }),
    ...(maxProcesses === undefined ? {} : { PidsLimit: maxProcesses }),
  };
}
