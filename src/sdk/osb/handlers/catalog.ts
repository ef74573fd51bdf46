// GET /v2/catalog
import type { Broker } from '../broker.js';
import type { Handler } from '../endpoint.js';

export function catalog(broker: Broker): Handler {
  return () => {
    const { body, etag, lastModified } = broker.catalog();
    const headers = {
      ETag: etag,
      'Last-Modified': lastModified.toUTCString(),
      'Cache-Control': 'private, no-cache', // may be kept by the platform, and asked about each time
    };
    return { status: 200, body, headers };
  };
}
