// The application that the sample brokers hand out: a service that echoes messages and one that reverses them.
// It knows nothing of brokers. State is in memory, nothing is authenticated: a sample, not a product.
import { STATUS_CODES } from 'node:http';
import Koa from 'koa';
import { echoRoutes } from './routes.js';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Reverses by what people see as characters, so that accents and composed emoji stay whole. */
export const invert = (message: string): string =>
  Array.from(graphemes.segment(message), ({ segment }) => segment)
    .reverse()
    .join('');

/** Gives every error, thrown or left behind by the router, a JSON body. */
const jsonErrors: Koa.Middleware = async (ctx, next) => {
  try {
    await next();
    if (ctx.status >= 400 && !ctx.body) ctx.throw(ctx.status);
  } catch (thrown) {
    const error = thrown as { status?: number; expose?: boolean; message?: string };
    const status = error.status ?? 500;
    if (status >= 500) ctx.app.emit('error', thrown, ctx);
    ctx.status = status;
    ctx.body = { error: (error.expose && error.message) || STATUS_CODES[status] || 'Error' };
  }
};

/** Both services, each with its own instances: `/echo` and `/invert`; with one from the start where `sole` is its id. */
export function createEchoService(sole?: string): Koa {
  const app = new Koa();
  app.use(jsonErrors);
  for (const router of [
    echoRoutes({ prefix: '/echo', title: 'Echo Service', respond: (message) => message, sole }),
    echoRoutes({ prefix: '/invert', title: 'Invert Service', respond: invert, sole }),
  ]) {
    app.use(router.routes()).use(router.allowedMethods());
  }
  return app;
}
