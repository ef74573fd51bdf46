// What the cached answers are compared with: a Koa application of one function that sends given bytes and nothing else.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyParser } from '@koa/bodyparser';
import Koa from 'koa';
import { serve } from './child.js';
import { cpuTime } from './usage.js';

export interface BareInfo {
  url: string;
}

/** An answer as it stands on the wire; the body in Base64. */
export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export type BareCalls = {
  /** What is answered from now on, and whether the request's body is parsed before. */
  set(answer: WireAnswer & { readsBody: boolean }): void;
  cpuTime(): number;
};

let current = { status: 200, headers: {} as Record<string, string>, readsBody: false };
let body: Buffer | undefined;

function answer(ctx: Koa.Context): void {
  ctx.status = current.status;
  ctx.set(current.headers);
  if (body) ctx.body = body;
}

const parseBody = bodyParser({ enableTypes: ['json'] });
const app = new Koa();
app.use((ctx) => (current.readsBody ? parseBody(ctx, async () => answer(ctx)) : answer(ctx)));
const server = createServer(app.callback() as never);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  serve(
    { url: `http://127.0.0.1:${port}` } satisfies BareInfo,
    {
      set(next) {
        current = next;
        body = next.body === '' ? undefined : Buffer.from(next.body, 'base64');
      },
      cpuTime,
    } satisfies BareCalls,
  );
});
process.once('SIGTERM', () => process.exit());
