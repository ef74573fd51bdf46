// The routes of one service, `/echo` or `/invert`: they differ in how a message is answered and in nothing else.
// GET serves the dashboard and the list of instances, which the other methods never do, so that an instance may be
// called "dashboard" or "instances" too.
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import type { Context } from 'koa';
import { instancePage, overviewPage, PAGE_POLICY } from './dashboard.js';
import { Ledger } from './ledger.js';

export interface EchoRoutes {
  /** The first part of every path, `/echo`. */
  prefix: string;
  /** The service's name on the dashboard. */
  title: string;
  respond: (message: string) => string;
  /** The id of the instance that the service is for, where it is for one only. */
  sole?: string | undefined;
}

const parseJson = bodyParser({
  enableTypes: ['json'],
  onError: (error, ctx) => {
    const status = (error as { status?: number }).status ?? 400;
    // The parser's own message may quote the body.
    ctx.throw(status, status === 413 ? 'The body is too large.' : 'The body is not valid JSON.');
  },
});

function sendPage(ctx: Context, html: string): void {
  ctx.type = 'html';
  ctx.set({ 'Content-Security-Policy': PAGE_POLICY, 'X-Content-Type-Options': 'nosniff' });
  ctx.body = html;
}

/** The instance's and the binding's id of the path, decoded by the router; a route without one has ''. */
const idsOf = (ctx: { params: Record<string, string | undefined> }) => ({
  iid: ctx.params['iid'] ?? '',
  bid: ctx.params['bid'] ?? '',
});

function addInstanceRoutes(router: Router, ledger: Ledger): void {
  router.put('/:iid', (ctx) => {
    const { iid } = idsOf(ctx);
    if (!ledger.addInstance(iid)) ctx.throw(409, 'The instance exists already.');
    ctx.body = {
      instance_id: iid,
      state: 'provision_success',
      dashboard_url: `${ctx.protocol}://${ctx.host}${router.opts.prefix ?? ''}/dashboard/${encodeURIComponent(iid)}`,
    };
  });

  router.delete('/:iid', (ctx) => {
    const last = ledger.removeInstance(idsOf(ctx).iid);
    if (!last) return ctx.throw(404, 'There is no such instance.');
    ctx.body = {
      id: last.id,
      state: 'deprovision_success',
      bindings: last.bindings.length,
      messages: last.messages,
    };
  });
}

function addBindingRoutes(router: Router, ledger: Ledger): void {
  router.put('/:iid/:bid', (ctx) => {
    const { iid, bid } = idsOf(ctx);
    const result = ledger.addBinding(iid, bid);
    if (result === 'no instance') ctx.throw(404, 'There is no such instance.');
    if (result === 'exists') ctx.throw(409, 'The binding exists already.');
    ctx.body = { instance_id: iid, binding_id: bid, state: 'bind_success' };
  });

  router.delete('/:iid/:bid', (ctx) => {
    const { iid, bid } = idsOf(ctx);
    if (!ledger.removeBinding(iid, bid)) ctx.throw(404, 'There is no such binding.');
    ctx.body = { instance_id: iid, binding_id: bid, state: 'unbind_success' };
  });
}

function addMessageRoute(router: Router, ledger: Ledger, respond: EchoRoutes['respond']): void {
  const assertBinding = (iid: string, bid: string, ctx: Pick<Context, 'throw'>) => {
    if (!ledger.hasBinding(iid, bid)) ctx.throw(404, 'There is no such binding.');
  };

  router.post(
    '/:iid/:bid',
    (ctx, next) => {
      const { iid, bid } = idsOf(ctx);
      assertBinding(iid, bid, ctx);
      if (!ctx.is('application/json')) ctx.throw(415, 'The content type must be application/json.');
      return next();
    },
    parseJson,
    (ctx) => {
      const { iid, bid } = idsOf(ctx);
      assertBinding(iid, bid, ctx); // it may have been removed while the body came in
      const { message } = ctx.request.body as { message?: unknown };
      if (typeof message !== 'string') return ctx.throw(400, 'The body must be {"message": "..."}.');
      ledger.countMessage(iid);
      ctx.body = { response: respond(message) };
    },
  );
}

/** The routes of one service, with a ledger of their own. */
export function echoRoutes({ prefix, title, respond, sole }: EchoRoutes): Router {
  const router = new Router({ prefix });
  const ledger = new Ledger(sole);

  router.get('/dashboard', (ctx) => {
    sendPage(ctx, overviewPage(title, `${prefix}/dashboard`, ledger.instances()));
  });
  router.get('/dashboard/:iid', (ctx) => {
    const instance = ledger.instance(idsOf(ctx).iid);
    if (!instance) return ctx.throw(404, 'There is no such instance.');
    sendPage(ctx, instancePage(title, instance));
  });
  router.get('/instances', (ctx) => {
    ctx.body = { instances: ledger.instances().map(({ id, bindings }) => ({ id, bindings })) };
  });
  addInstanceRoutes(router, ledger);
  addBindingRoutes(router, ledger);
  addMessageRoute(router, ledger, respond);
  return router;
}
