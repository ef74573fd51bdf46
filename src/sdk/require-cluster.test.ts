import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadKubeConfig } from './kube/config.js';
import { kubeconfigFor } from './local/kubeconfig.js';
import { requireCluster } from './require-cluster.js';

describe('the cluster that a broker starts on', () => {
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-'));
  after(() => rmSync(directory, { recursive: true }));

  const outcome = async (url: string): Promise<string> => {
    const kubeconfig = join(directory, 'kubeconfig');
    writeFileSync(kubeconfig, kubeconfigFor(url, 'brokersdk'));
    const cluster = loadKubeConfig({ kubeconfig });
    try {
      return await requireCluster(cluster, 'brokersdk').then(
        () => 'fine',
        (error: Error) => error.message.replace(url, 'URL'),
      );
    } finally {
      await cluster.close();
    }
  };

  for (const [status, sentence] of [
    [200, /^fine$/],
    [401, /^the cluster at URL does not accept the credentials .*: renew them$/],
    [
      403,
      /^the cluster at URL does not let the broker list service instances in the namespace brokersdk: give it/,
    ],
    [404, /^the cluster at URL does not know the custom resources: kubectl apply -f crds\/ brings them$/],
    [503, /^the cluster at URL cannot be used now \(.*503.*\): see that it runs/],
  ] as const) {
    it(`is asked once: ${status}`, async () => {
      const body = JSON.stringify({ kind: 'List', metadata: { resourceVersion: '1' }, items: [] });
      const server = createServer((_, response) => response.writeHead(status).end(body)).listen(
        0,
        '127.0.0.1',
      );
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      expect(await outcome(`http://127.0.0.1:${port}`)).to.match(sentence);
      server.close();
      server.closeAllConnections();
    });
  }

  it('may not be there', async () => {
    expect(await outcome('http://127.0.0.1:1')).to.match(
      /^the cluster at URL cannot be used now \(.*ECONNREFUSED/,
    );
  });
});
