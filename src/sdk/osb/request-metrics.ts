// Counts each request, refused ones included, by what it asked for. What a plan is called, and what is made of the
// numbers, others know.
import type Koa from 'koa';
import type { Metrics } from '../telemetry/metrics.js';
import { stateOf } from './identity.js';

export interface RequestMetricsOptions {
  sink: Pick<Metrics, 'requestAnswered'>;
  /** The plan as `service/plan`; empty for ids that the catalog does not have, so that nobody can make up labels. */
  planName: (serviceId: string, planId: string) => string;
}

export function requestMetrics({ sink, planName }: RequestMetricsOptions): Koa.Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    await next();
    const { operation = 'none', serviceId, planId } = stateOf(ctx);
    sink.requestAnswered({
      operation,
      status: ctx.status,
      plan: serviceId === undefined || planId === undefined ? '' : planName(serviceId, planId),
      seconds: (performance.now() - startedAt) / 1000,
    });
  };
}
