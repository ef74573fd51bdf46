// Counts what this process asks of the API server, where the HTTP client itself tells of it: nothing stands between the
// two, so that counting changes no figure.
import { subscribe } from 'node:diagnostics_channel';

interface Told {
  request: { method: string; path: string };
  response?: { statusCode: number };
}

/** By verb and resource, as in `update serviceinstances/status`; what was refused has its status behind it. */
export type RequestCounts = Record<string, number>;

export class ApiRequests {
  #sent: RequestCounts = {};
  #answered: RequestCounts = {};
  #looks = new Set<() => void>();

  constructor() {
    subscribe('undici:request:create', (told) => count(this.#sent, nameOf(told as Told)));
    subscribe('undici:request:headers', (told) => {
      count(this.#answered, nameOf(told as Told));
      for (const look of this.#looks) look();
    });
  }

  /** What was sent since the last `clear`. */
  counts(): RequestCounts {
    return { ...this.#sent };
  }

  /** Resolves when so many have been answered since the last `clear`, with the time in milliseconds. */
  until(what: string, times: number): Promise<number> {
    return new Promise((resolve) => {
      const look = (): void => {
        if ((this.#answered[what] ?? 0) < times) return;
        this.#looks.delete(look);
        resolve(performance.timeOrigin + performance.now());
      };
      this.#looks.add(look);
      look();
    });
  }

  clear(): void {
    this.#sent = {};
    this.#answered = {};
  }
}

function count(counts: RequestCounts, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}

const VERBS: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** `create secrets`, `list secrets`, `update serviceinstances/status`; `update events (409)` for what was refused. */
export function nameOf({ request: { method, path }, response }: Told): string {
  const [, resource = path, name, subresource] =
    /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/[^/]+)?\/([^/?]+)(?:\/([^/?]+))?(?:\/([^/?]+))?/.exec(
      path,
    ) ?? [];
  const reading = path.includes('watch=true') ? 'watch' : name === undefined ? 'list' : 'get';
  const what = `${VERBS[method] ?? reading} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
  return response && response.statusCode >= 400 ? `${what} (${response.statusCode})` : what;
}
