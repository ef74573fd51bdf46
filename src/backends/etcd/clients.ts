// One client for each cluster that plans name, so that not every call logs in: etcd's passwords are slow on purpose.
import { createHash } from 'node:crypto';
import { EtcdClient, type EtcdConnection } from './client.js';
import { DEFAULT_TIMEOUT_MS, type EtcdSettings } from './settings.js';

/** What a backend's function is given, as far as a connection needs it. */
export interface EtcdScope {
  readonly settings: Readonly<EtcdSettings>;
  readonly secret: (name: string) => Readonly<Record<string, string>>;
}

const clients = new Map<string, { fingerprint: string; client: EtcdClient }>();

/** Throws where the Secret is missing, or lacks a key. A changed Secret makes another client. */
export function clientFor(scope: EtcdScope): EtcdClient {
  const connection = connectionOf(scope);
  const key = JSON.stringify([connection.endpoints, connection.timeoutMs, scope.settings.adminSecret]);
  const fingerprint = createHash('sha256').update(JSON.stringify(connection)).digest('hex');
  const known = clients.get(key);
  if (known?.fingerprint === fingerprint) return known.client;
  void known?.client.close();
  const client = new EtcdClient(connection);
  clients.set(key, { fingerprint, client });
  return client;
}

/** The certificate authority that applications need too; undefined without TLS, or where the system knows it. */
export const authorityOf = ({ settings, secret }: EtcdScope): string | undefined =>
  secret(settings.adminSecret)['ca.crt'];

function connectionOf({ settings, secret }: EtcdScope): EtcdConnection {
  const { endpoints, adminSecret, timeoutMs = DEFAULT_TIMEOUT_MS } = settings;
  const { username, password, 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key } = secret(adminSecret);
  if (!username || !password) {
    throw new Error(`the Secret ${adminSecret} must have the keys username and password`);
  }
  if (!cert !== !key)
    throw new Error(`the Secret ${adminSecret} must have both of tls.crt and tls.key, or none`);
  const tls = { ...(ca ? { ca } : {}), ...(cert && key ? { cert, key } : {}) };
  return { endpoints, username, password, tls, timeoutMs };
}
