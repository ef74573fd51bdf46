// What an engine says of images and containers, less what nobody asks for.
import type Docker from 'dockerode';

export interface ImageFacts {
  /** Changes with the image's content. */
  readonly id: string;
  /** What it exposes, lowest first: `6379/tcp`. */
  readonly ports: readonly string[];
  /** The directories that it declares as volumes. */
  readonly volumes: readonly string[];
}

export interface ContainerState {
  readonly running: boolean;
  /** It ended, and its restart policy starts it again after a pause. */
  readonly restarting: boolean;
  /** Of its last end. */
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** Absent where the image has no HEALTHCHECK. */
  readonly health?: 'starting' | 'healthy' | 'unhealthy';
  /** How often its restart policy started it again. */
  readonly restartCount: number;
  /** Undefined where it never was started. */
  readonly startedAt: Date | undefined;
}

export interface ContainerFacts {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ContainerState;
  /** Host port by container port, lowest container port first; empty while it does not run. */
  readonly published: ReadonlyMap<string, number>;
}

export interface ListedContainer {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly running: boolean;
}

const portNumber = (port: string): number => Number.parseInt(port, 10);

/** By number, and tcp before udp. */
const byPort = (one: string, other: string): number =>
  portNumber(one) - portNumber(other) || one.localeCompare(other);

export function imageFacts({ Id, Config }: Docker.ImageInspectInfo): ImageFacts {
  const { ExposedPorts, Volumes } = (Config ?? {}) as Partial<Docker.ImageInspectInfo['Config']>;
  return {
    id: Id,
    ports: Object.keys(ExposedPorts ?? {}).sort(byPort),
    volumes: Object.keys(Volumes ?? {}).sort(),
  };
}

export function containerFacts(info: Docker.ContainerInspectInfo): ContainerFacts {
  const { Id, Config, State, NetworkSettings } = info;
  const health = healthOf(State.Health?.Status);
  return {
    id: Id,
    labels: Config.Labels ?? {},
    state: {
      running: State.Running && !State.Restarting,
      restarting: State.Restarting,
      exitCode: State.ExitCode,
      outOfMemory: State.OOMKilled,
      ...(health ? { health } : {}),
      restartCount: (info as { RestartCount?: number }).RestartCount ?? 0,
      startedAt: State.StartedAt.startsWith('0001-') ? undefined : new Date(State.StartedAt),
    },
    published: publishedOf(NetworkSettings.Ports),
  };
}

function healthOf(status: string | undefined): ContainerState['health'] | undefined {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : undefined;
}

type Bindings = Readonly<Record<string, readonly { HostIp: string; HostPort: string }[] | null>>;

/** The port of IPv4 where that of IPv6 is another one. */
function publishedOf(ports: Bindings | undefined): ReadonlyMap<string, number> {
  const published = Object.entries(ports ?? {}).flatMap(([port, bindings]): [string, number][] => {
    const binding = bindings?.find(({ HostIp }) => !HostIp.includes(':')) ?? bindings?.[0];
    return binding ? [[port, Number(binding.HostPort)]] : [];
  });
  return new Map(published.sort(([one], [other]) => byPort(one, other)));
}

export const listedContainer = ({ Id, Names, Labels, State }: Docker.ContainerInfo): ListedContainer => ({
  id: Id,
  name: (Names[0] ?? '').replace(/^\//, ''),
  labels: Labels,
  running: State === 'running',
});
