import { expect } from 'chai';
import { failureOf } from './harness.test.js';
import type { WatchEvent } from './types.js';
import { readEvents } from './watch-stream.js';

interface Sized {
  metadata: { resourceVersion: string };
  text?: string;
}

const SECRET_CALL = { call: 'watch secrets', confidential: true };

const line = (resourceVersion: string, text?: string): string =>
  `${JSON.stringify({ type: 'MODIFIED', object: { metadata: { resourceVersion }, text } })}\n`;

async function* inPartsOf(size: number, text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(body: AsyncIterable<Uint8Array>): Promise<WatchEvent<Sized>[]> {
  const events: WatchEvent<Sized>[] = [];
  await readEvents<Sized>(SECRET_CALL, body, (event) => events.push(event));
  return events;
}

describe('readEvents', () => {
  for (const size of [1, 2, 3, 7, 64, 10_000]) {
    it(`takes lines in parts of ${size} bytes`, async () => {
      const text = `${line('1')}\n${line('2', 'größer \\ "\n')}  \r\n${line('3')}`;
      const events = await read(inPartsOf(size, text));
      expect(events.map(({ object }) => object.metadata.resourceVersion)).to.deep.equal(['1', '2', '3']);
      expect(events[1]?.object.text).to.equal('größer \\ "\n');
    });
  }

  // Both take no time at all, or for ever.
  it('takes an event of many megabytes in small parts', async () => {
    const text = 'x'.repeat(30_000_000);
    const [event] = await read(inPartsOf(4096, line('1', text)));
    expect(event?.object.text).to.have.length(text.length);
  });

  it('takes 50,000 events', async () => {
    const text = Array.from({ length: 50_000 }, (_, i) => line(String(i), 'y'.repeat(200))).join('');
    expect(await read(inPartsOf(65_536, text))).to.have.length(50_000);
  });

  it('passes over no line that is none, and repeats none of what it says', async () => {
    for (const bad of ['{"type":"ADDED","object":{}}\n', 'hunter2\n', `${line('1')}{"type":"hunter2`]) {
      const error = await failureOf(read(inPartsOf(5, bad)));
      expect(error.name).to.equal('KubeError');
      expect(`${error.message} ${String(error.cause)}`).to.not.include('hunter2');
    }
  });
});
