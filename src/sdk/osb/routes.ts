// The ten endpoints of the Open Service Broker API 2.17, and the answers for everything that is none of them.
import { Router } from '@koa/router';
import type Koa from 'koa';
import { createBodyReader } from './body.js';
import type { Broker } from './broker.js';
import { endpoint, type Handler } from './endpoint.js';
import { OsbError } from './errors.js';
import { bind } from './handlers/bind.js';
import { bindingLastOperation } from './handlers/binding-last-operation.js';
import { catalog } from './handlers/catalog.js';
import { deprovision } from './handlers/deprovision.js';
import { fetchBinding } from './handlers/fetch-binding.js';
import { fetchInstance } from './handlers/fetch-instance.js';
import { instanceLastOperation } from './handlers/instance-last-operation.js';
import { provision } from './handlers/provision.js';
import { unbind } from './handlers/unbind.js';
import { update } from './handlers/update.js';
import { stateOf } from './identity.js';

const INSTANCE = '/v2/service_instances/:instance_id';
const BINDING = `${INSTANCE}/service_bindings/:binding_id`;

export interface RouteOptions {
  requireGuids: boolean;
  bodyLimitBytes: number;
}

export function routes(broker: Broker, { requireGuids, bodyLimitBytes }: RouteOptions): Koa.Middleware {
  const router = new Router({ strict: true, sensitive: true });
  const readBody = createBodyReader(bodyLimitBytes);
  const serve = (handler: Handler) => endpoint(handler, readBody);

  router.get('/v2/catalog', serve(catalog(broker)));

  router.put(INSTANCE, serve(provision(broker, { requireGuids })));
  router.get(INSTANCE, serve(fetchInstance(broker)));
  router.patch(INSTANCE, serve(update(broker)));
  router.delete(INSTANCE, serve(deprovision(broker)));
  router.get(`${INSTANCE}/last_operation`, serve(instanceLastOperation(broker)));

  router.put(BINDING, serve(bind(broker)));
  router.get(BINDING, serve(fetchBinding(broker)));
  router.delete(BINDING, serve(unbind(broker)));
  router.get(`${BINDING}/last_operation`, serve(bindingLastOperation(broker)));

  return refusing(router);
}

/** Dispatches to the router; an unknown path is a 404, and a method that the path does not have a 405. */
function refusing(router: Router): Koa.Middleware {
  const dispatch = router.routes() as unknown as Koa.Middleware;
  return async (ctx, next) => {
    const layers = router.match(ctx.path, ctx.method).path;
    const [layer] = layers;
    if (!layer) throw new OsbError('NotFound', 'There is nothing at this path');
    stateOf(ctx).route = String(layer.path);
    // The router adds HEAD to every GET; the protocol has no use for it.
    const allowed = layers.flatMap(({ methods }) => methods).filter((method) => method !== 'HEAD');
    if (!allowed.includes(ctx.method)) {
      ctx.set('Allow', allowed.join(', '));
      throw new OsbError('MethodNotAllowed', `This path allows only ${allowed.join(', ')}`);
    }
    await dispatch(ctx, next);
  };
}
