// A broker that serves dashboards, for tests of them: services that have none of their own, and links that lead to it.
import { createHmac } from 'node:crypto';
import { request } from 'undici';
import { KEY_SECRET } from '../../src/sdk/dashboard/key.js';
import type { TestBroker, TestBrokerOptions } from './broker.js';
import { labServices } from './catalog.js';
import type { Kube } from './kube.js';
import { Lab } from './lab.js';

/** Where people are said to reach the broker; nobody is there. */
export const PUBLIC_URL = 'https://broker.example';

export function dashboardOptions(env: Record<string, string> = {}, lab = new Lab()): TestBrokerOptions {
  const { dashboardUrl: _, ...backend } = lab.backend;
  return {
    lab,
    definition: { services: labServices(backend), backends: [backend] },
    env: { BROKER_PUBLIC_URL: PUBLIC_URL, ...env },
  };
}

/** The link as this machine can follow it; `more` is put after its path. */
export const reachable = (link: string, { url }: TestBroker, more = ''): string =>
  link.replace(PUBLIC_URL, url).replace('?', `${more}?`);

/** A link as the broker would make it that holds the same key. */
export async function signedLink(kube: Kube, name: string, expires: number): Promise<string> {
  const key = (await kube.secrets.until(KEY_SECRET)).data!.key!;
  const { uid } = (await kube.instances.until(name)).metadata;
  const signature = createHmac('sha256', Buffer.from(key, 'base64'))
    .update(JSON.stringify(['dashboard', name, uid, expires]))
    .digest('base64url');
  return `${PUBLIC_URL}/dashboard/${name}?expires=${expires}&signature=${signature}`;
}

export interface StreamEvent {
  /** `message` where it has no name. */
  event: string;
  data: string;
}

/** Reads Server-Sent Events as a browser does. */
export class EventReader {
  readonly status: number;
  readonly #stop: () => void;
  readonly #events: AsyncGenerator<StreamEvent>;

  private constructor(status: number, events: AsyncGenerator<StreamEvent>, stop: () => void) {
    this.status = status;
    this.#events = events;
    this.#stop = stop;
  }

  static async open(url: string): Promise<EventReader> {
    const { statusCode, body } = await request(url);
    body.on('error', () => undefined); // of being closed
    return new EventReader(statusCode, eventsIn(body), () => body.destroy());
  }

  /** The first event from here on that is as wanted; throws when the stream ends before. */
  async until(wanted: (event: StreamEvent) => boolean): Promise<StreamEvent> {
    for (;;) {
      const { value, done } = (await this.#events.next()) as IteratorResult<StreamEvent, undefined>;
      if (done) throw new Error('the stream has ended');
      if (wanted(value)) return value;
    }
  }

  /** What comes before the end of the stream. */
  async rest(): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    for await (const event of this.#events) events.push(event);
    return events;
  }

  close(): void {
    this.#stop();
  }
}

async function* eventsIn(body: AsyncIterable<Buffer>): AsyncGenerator<StreamEvent> {
  let text = '';
  for await (const chunk of body) {
    text += chunk.toString('utf8');
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field('data');
      if (data !== undefined) yield { event: field('event') ?? 'message', data: JSON.parse(data) as string };
    }
  }
}
