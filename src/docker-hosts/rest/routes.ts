// The REST API for administrators: images that are services, certificates of Docker hosts, and the pings of their agents.
// What it writes are resources like any other, and what it shows is what is there, whoever made it.
import Router from '@koa/router';
import type Koa from 'koa';
import type { BrokerContext, JsonObject } from '../../sdk/index.js';
import type { Lease } from '../../sdk/kube/lease.js';
import { createBodyReader } from '../../sdk/osb/body.js';
import { OsbError } from '../../sdk/osb/errors.js';
import type { DockerHost } from '../../sdk/resources/kinds.js';
import type { GuardableStore } from '../../sdk/runtime/store.js';
import { deleteCertificate, getCertificate, listCertificates, putCertificate } from './certificates.js';
import type { Answer, RestContext } from './context.js';
import { adoptTls } from './host-tls.js';
import { deleteImage, getImage, listImages, putImage } from './images.js';
import { ping } from './ping.js';
import { translated } from './writes.js';

export interface DockerStores {
  hosts: GuardableStore<DockerHost>;
  leases: GuardableStore<Lease>;
}

/** A Secret of Kubernetes has no room for much more. */
const BODY_LIMIT_BYTES = 512 * 1024;

/** `id` is what the path names, decoded once and not checked. */
type Handler = (context: RestContext, id: string, body: JsonObject) => Promise<Answer>;
type Method = 'GET' | 'PUT' | 'DELETE';

const ROUTES: Record<string, Partial<Record<Method, [operation: string, handler: Handler]>>> = {
  '/docker/image/:id': {
    GET: ['get_docker_image', getImage],
    PUT: ['put_docker_image', putImage],
    DELETE: ['delete_docker_image', deleteImage],
  },
  '/docker/images': { GET: ['list_docker_images', listImages] },
  '/certificate/:id': {
    GET: ['get_certificate', getCertificate],
    PUT: ['put_certificate', putCertificate],
    DELETE: ['delete_certificate', deleteCertificate],
  },
  '/certificates': { GET: ['list_certificates', listCertificates] },
};

/** Serves administrators, and nobody where the broker has none. Passes on what is not one of its paths. */
export function dockerRoutes(broker: BrokerContext, { hosts, leases }: DockerStores): Koa.Middleware {
  const { administrators, clock, namespace } = broker;
  if (!administrators) return (_, next) => next();
  const context: RestContext = { ...broker, hosts };
  const router = new Router({ strict: true, sensitive: true });
  for (const [path, methods] of Object.entries(ROUTES)) {
    for (const [method, [operation, handler]] of Object.entries(methods)) {
      router.register(path, [method], [named(path, operation), administrators, serve(context, handler)]);
    }
    router.all(path, named(path, undefined), administrators, refuse(Object.keys(methods)));
  }
  const adopt = (host: string): Promise<void> => adoptTls(context, host);
  const register = ping({ hosts, leases, clock, namespace, adopt });
  const pinged: Koa.Middleware = (ctx, next) =>
    translatingErrors(async () => {
      await register(ctx, next);
    });
  router.post('/ping', named('/ping', 'ping'), administrators, pinged);
  router.all('/ping', named('/ping', undefined), administrators, refuse(['POST']));
  return router.routes() as Koa.Middleware;
}

/** For the request's line in the log, and for the metrics. */
const named =
  (route: string, operation: string | undefined): Koa.Middleware =>
  (ctx, next) => {
    Object.assign(ctx.state, { route, ...(operation ? { operation } : {}) });
    return next();
  };

function serve(context: RestContext, handler: Handler): Koa.Middleware {
  const readBody = createBodyReader(BODY_LIMIT_BYTES);
  return async (ctx) => {
    const { id = '' } = (ctx as unknown as { params: { id?: string } }).params;
    const body = ctx.method === 'PUT' ? await readBody(ctx) : {};
    const answer = await translatingErrors(() => handler(context, id, body));
    ctx.status = answer.status;
    ctx.set({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    ctx.body = Buffer.from(JSON.stringify(answer.body));
  };
}

function refuse(allowed: string[]): Koa.Middleware {
  return (ctx) => {
    ctx.set('Allow', allowed.join(', '));
    throw new OsbError('MethodNotAllowed', `This path allows only ${allowed.join(', ')}`);
  };
}

async function translatingErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translated(error);
  }
}
