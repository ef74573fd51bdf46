// A registry of images for a Docker engine of a test, with one image in it. An engine takes one on 127.0.0.1 without TLS.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

interface Part {
  content: Buffer;
  type: string;
}

/** The image's parts by their digests, and the digest of its manifest. */
function emptyImage(): { parts: Map<string, Part>; manifest: string } {
  const parts = new Map<string, Part>();
  const added = (content: Buffer, type: string): { mediaType: string; size: number; digest: string } => {
    parts.set(digestOf(content), { content, type });
    return { mediaType: type, size: content.length, digest: digestOf(content) };
  };
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const tar = execFileSync('tar', ['-c', '-T', '/dev/null']);
  const layer = added(tar, 'application/vnd.docker.image.rootfs.diff.tar');
  const config = added(
    json({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { ExposedPorts: { '7000/tcp': {} } },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
    'application/vnd.docker.container.image.v1+json',
  );
  const manifest = added(json({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }), MANIFEST);
  return { parts, manifest: manifest.digest };
}

export class DockerRegistry {
  /** `127.0.0.1:5000/app`: the image's name, whose one tag is `latest`. */
  readonly image: string;
  /** The paths that it was asked for. */
  readonly asked: string[];
  readonly #server: Server;

  private constructor(server: Server, asked: string[]) {
    this.image = `127.0.0.1:${(server.address() as AddressInfo).port}/app`;
    this.asked = asked;
    this.#server = server;
  }

  static async start(): Promise<DockerRegistry> {
    const { parts, manifest } = emptyImage();
    const asked: string[] = [];
    const server = createServer(({ url = '' }, response) => {
      asked.push(url);
      if (url === '/v2/') return void response.end('{}');
      const name = /^\/v2\/app\/(?:manifests|blobs)\/(.*)$/.exec(url)?.[1] ?? '';
      const digest = name === 'latest' ? manifest : name;
      answer(response, digest, parts.get(digest));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new DockerRegistry(server, asked);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function answer(response: ServerResponse, digest: string, part: Part | undefined): void {
  if (!part) {
    const errors = [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }];
    return void response
      .writeHead(404, { 'content-type': 'application/json' })
      .end(JSON.stringify({ errors }));
  }
  const { content, type } = part;
  response
    .writeHead(200, {
      'content-type': type,
      'content-length': content.length,
      'docker-content-digest': digest,
    })
    .end(content);
}
