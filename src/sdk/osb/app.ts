// The HTTP edge of the broker, put together. The order is the rule: who asks, in which version, what, with which body.
import Koa from 'koa';
import { errorDetails, type Log } from '../telemetry/log.js';
import { authentication } from './authentication.js';
import type { Broker } from './broker.js';
import type { Credentials } from './credentials.js';
import { errorHandler } from './error-handler.js';
import { requestIdentity } from './identity.js';
import { requestMetrics, type RequestMetricsOptions } from './request-metrics.js';
import { requestLog } from './request-log.js';
import { routes } from './routes.js';
import { checks } from './checks.js';
import { targetCheck } from './target.js';
import { versionCheck } from './version.js';

export interface OsbAppOptions {
  credentials: Credentials;
  log: Log;
  /** The answer to a request without a version. */
  missingVersionStatus: 400 | 412;
  /** Whether a provision must have the deprecated organization_guid and space_guid. */
  requireGuids: boolean;
  bodyLimitBytes: number;
  /** Each serves what is no part of the protocol, before anybody is asked who they are; passes on what it does not know. */
  pages?: readonly Koa.Middleware[];
  /** Where requests are counted, if they are. */
  metrics?: RequestMetricsOptions;
}

/** A Koa application that serves the broker; a request that it refuses never reaches the broker. */
export function createOsbApp(broker: Broker, options: OsbAppOptions): Koa {
  const { credentials, log, missingVersionStatus, metrics, pages = [] } = options;
  const app = new Koa();
  app.on('error', (error) => log.debug('answer could not be sent', errorDetails(error)));
  app.use(requestIdentity());
  if (metrics) app.use(requestMetrics(metrics));
  app.use(requestLog(log));
  app.use(errorHandler(log));
  for (const page of pages) app.use(page);
  app.use(checks(authentication(credentials), versionCheck(missingVersionStatus), targetCheck()));
  app.use(routes(broker, options));
  return app;
}
