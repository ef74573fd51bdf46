// The ten endpoints of the Open Service Broker API 2.17, and the answers for everything that is none of them.
import type Koa from 'koa';
import { createBodyReader } from './body.js';
import type { Broker } from './broker.js';
import { endpoint, type Endpoint, type Handler, type Ids } from './endpoint.js';
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

export interface RouteOptions {
  requireGuids: boolean;
  bodyLimitBytes: number;
}

const CATALOG = '/v2/catalog';
const INSTANCE = '/v2/service_instances/:instance_id';
const BINDING = `${INSTANCE}/service_bindings/:binding_id`;
const LAST_OPERATION = '/last_operation';

/** By path, as documents write it, and method. */
type Routes = Record<string, Partial<Record<string, Endpoint>>>;

export function routes(broker: Broker, { requireGuids, bodyLimitBytes }: RouteOptions): Koa.Middleware {
  const readBody = createBodyReader(bodyLimitBytes);
  const serve = (operation: string, handler: Handler) => endpoint(operation, handler, readBody);
  return dispatch({
    [CATALOG]: { GET: serve('catalog', catalog(broker)) },
    [INSTANCE]: {
      PUT: serve('provision', provision(broker, { requireGuids })),
      GET: serve('fetch_instance', fetchInstance(broker)),
      PATCH: serve('update', update(broker)),
      DELETE: serve('deprovision', deprovision(broker)),
    },
    [INSTANCE + LAST_OPERATION]: { GET: serve('instance_last_operation', instanceLastOperation(broker)) },
    [BINDING]: {
      PUT: serve('bind', bind(broker)),
      GET: serve('fetch_binding', fetchBinding(broker)),
      DELETE: serve('unbind', unbind(broker)),
    },
    [BINDING + LAST_OPERATION]: { GET: serve('binding_last_operation', bindingLastOperation(broker)) },
  });
}

/** An unknown path is a 404, and a method that the path does not have a 405. */
function dispatch(table: Routes): Koa.Middleware {
  return (ctx) => {
    const { route, ids } = match(ctx.path);
    stateOf(ctx).route = route;
    const methods = table[route]!;
    const serve = methods[ctx.method];
    if (serve) return serve(ctx, ids);
    const allowed = Object.keys(methods).join(', ');
    ctx.set('Allow', allowed);
    throw new OsbError('MethodNotAllowed', `This path allows only ${allowed}`);
  };
}

const PATH =
  /^\/v2\/(?:catalog|service_instances\/([^/]+)(?:\/service_bindings\/([^/]+))?(\/last_operation)?)$/;

/** Ids are decoded here, and nowhere else. */
function match(path: string): { route: string; ids: Ids } {
  const found = PATH.exec(path);
  if (!found) throw new OsbError('NotFound', 'There is nothing at this path');
  const [, instance, binding, lastOperation = ''] = found;
  if (instance === undefined) return { route: CATALOG, ids: {} };
  const instanceId = decodeURIComponent(instance);
  if (binding === undefined) return { route: INSTANCE + lastOperation, ids: { instanceId } };
  return { route: BINDING + lastOperation, ids: { instanceId, bindingId: decodeURIComponent(binding) } };
}
