// Which DockerHost a request means.
import { OsbError } from '../../sdk/osb/errors.js';
import type { DockerHost } from '../../sdk/resources/kinds.js';
import { objectName } from '../../sdk/resources/names.js';
import type { Store } from '../../sdk/runtime/store.js';
import type { ImageDefinition } from './image-definition.js';
import { isHost } from './ping-host.js';

type Hosts = Pick<Store<DockerHost>, 'get' | 'list'>;

/** The name of the object for a Docker host, which may be named by its address, or as its object already. */
export function hostNameOf(hosts: Hosts, dockerHost: string): string {
  if (!isHost(dockerHost)) {
    throw new OsbError(
      'BadRequest',
      'the Docker host must be the name or address of a host, without scheme and port',
    );
  }
  return hosts.get(dockerHost) ? dockerHost : objectName(dockerHost);
}

/** The DockerHost for an image's instances, undefined for any; throws `BadRequest` where it cannot be told. */
export function resolveHost(hosts: Hosts, { dockerHost, container }: ImageDefinition): string | undefined {
  const names = hosts.list().map(({ metadata }) => metadata.name);
  const known = `there are: ${names.sort().join(', ') || 'none'}`;
  if (dockerHost !== undefined) {
    const name = hostNameOf(hosts, dockerHost);
    if (!hosts.get(name)) throw new OsbError('BadRequest', `there is no DockerHost ${dockerHost}; ${known}`);
    return name;
  }
  if (container === undefined) return undefined;
  if (names.length === 1) return names[0];
  throw new OsbError(
    'BadRequest',
    `Containername needs DockerHost, the name of the one that the container is on; ${known}`,
  );
}
