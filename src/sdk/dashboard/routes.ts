// The paths of the dashboards on the broker's server. A link is all that they ask for; why it leads nowhere is told only
// to who has had a good one, so that nobody learns which instances there are.
import type { Readable } from 'node:stream';
import type Koa from 'koa';
import { stateOf } from '../osb/identity.js';
import { PAGE_HEADERS } from './assets.js';
import type { Dashboard, Found, Refusal } from './dashboard.js';
import { readClaim } from './links.js';
import { plainPage } from './page.js';

const ROOT = '/dashboard';
const PATH = /^\/dashboard\/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(\/events)?$/;

interface Words {
  status: number;
  title: string;
  text: string;
}

const REFUSALS: Record<Refusal, Words> = {
  wrong: {
    status: 404,
    title: 'There is nothing here',
    text: 'The link is incomplete or replaced by a newer one, or its service instance is gone. The platform has the link that works.',
  },
  expired: {
    status: 410,
    title: 'This link has expired',
    text: 'Ask the platform for the service instance again: its answer has a new link.',
  },
  busy: {
    status: 503,
    title: 'Too many are looking',
    text: 'Try again in a moment.',
  },
};

const NOT_ALLOWED: Words = {
  status: 405,
  title: 'This cannot be done here',
  text: 'A dashboard only shows.',
};

/** Answers what is below `/dashboard`, and lets everything else pass. To stand before whatever asks who is there. */
export function dashboardRoutes(dashboard: Dashboard): Koa.Middleware {
  const serve = async (ctx: Koa.Context, path: string, query: string): Promise<void> => {
    const [, name, events = ''] = PATH.exec(path) ?? [];
    const claim = readClaim(query);
    const state = stateOf(ctx);
    state.operation = events ? 'dashboard_events' : 'dashboard';
    state.route = `${ROOT}/:instance_name${events}`;
    ctx.set(PAGE_HEADERS);
    if (ctx.method !== 'GET') {
      ctx.set('Allow', 'GET');
      return refuse(ctx, NOT_ALLOWED);
    }
    if (name === undefined || !claim) return refuse(ctx, REFUSALS.wrong);
    if (events) return write(ctx, dashboard.follow(name, claim), 'text/event-stream; charset=utf-8');
    return write(ctx, await dashboard.page(name, claim), 'text/html; charset=utf-8');
  };
  return (ctx, next: Koa.Next): Promise<unknown> => {
    const [path, query] = split(ctx.req.url ?? '');
    return path === ROOT || path.startsWith(`${ROOT}/`) ? serve(ctx, path, query) : next();
  };
}

function write(ctx: Koa.Context, answer: Found<string | Readable>, type: string): void {
  if ('refusal' in answer) return refuse(ctx, REFUSALS[answer.refusal]);
  ctx.status = 200;
  ctx.set({ 'Content-Type': type, 'X-Accel-Buffering': 'no' }); // or nginx would keep the events to itself
  ctx.body = answer.found;
}

function refuse(ctx: Koa.Context, { status, title, text }: Words): void {
  ctx.status = status;
  ctx.set('Content-Type', 'text/html; charset=utf-8');
  ctx.body = plainPage(title, text);
}

function split(url: string): [path: string, query: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}
