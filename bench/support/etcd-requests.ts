// Which of the requests that a process made went to etcd.
import type { RequestCounts } from './api-requests.js';

const OF_ETCD = /^create \/v3\/(?:auth\/|kv\/)?(.+)$/;

/** By the end of their path: `user/add`, `deleterange`. */
export function ofEtcd(counts: RequestCounts): RequestCounts {
  const found: RequestCounts = {};
  for (const [what, count] of Object.entries(counts)) {
    const [, path] = OF_ETCD.exec(what) ?? [];
    if (path !== undefined) found[path] = count;
  }
  return found;
}

export const total = (counts: RequestCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** `role/add, 2 user/delete`. */
export const inWords = (counts: RequestCounts): string =>
  Object.entries(counts)
    .map(([path, count]) => (count === 1 ? path : `${count} ${path}`))
    .join(', ');
