// Where a Docker Engine is, and what to verify it and to log in with.

export interface EngineAddress {
  /** `tcp://10.0.0.7:2376` or `unix:///var/run/docker.sock`. */
  readonly engine: string;
  /** PEM. Without it, a tcp address is spoken to in the open. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}
