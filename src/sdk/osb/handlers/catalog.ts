// GET /v2/catalog
import type { Broker, CatalogAnswer } from '../broker.js';
import type { Handler, Reply } from '../endpoint.js';

export function catalog(broker: Broker): Handler {
  // Every platform asks for the same bytes again and again; they are made once for each catalog.
  let last: { answer: CatalogAnswer; reply: Reply } | undefined;
  return () => {
    const answer = broker.catalog();
    if (last?.answer !== answer) last = { answer, reply: replyOf(answer) };
    return last.reply;
  };
}

function replyOf({ body, etag, lastModified }: CatalogAnswer): Reply {
  return {
    status: 200,
    body: Buffer.from(JSON.stringify(body)),
    headers: {
      ETag: etag,
      'Last-Modified': lastModified.toUTCString(),
      'Cache-Control': 'private, no-cache', // may be kept by the platform, and asked about each time
    },
  };
}
