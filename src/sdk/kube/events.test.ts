import { expect } from 'chai';
import type { Log } from '../telemetry/log.js';
import { EventRecorder, type KubeEvent } from './events.js';
import { KubeError } from './errors.js';
import type { KubeObject } from './types.js';

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
const object: KubeObject = {
  apiVersion: 'example.org/v1',
  kind: 'Thing',
  metadata: { name: 'a'.repeat(253), namespace: 'ns', uid: 'u1' },
};
const content = { type: 'Normal', reason: 'Made', message: 'it is made' } as const;

describe('EventRecorder', () => {
  let posted: KubeEvent[];
  let now: number;
  let dropped: number;
  let recorder: EventRecorder;
  let create: (event: KubeEvent) => Promise<KubeEvent>;
  beforeEach(() => {
    posted = [];
    now = 0;
    dropped = 0;
    create = async (event) => event;
    const client = {
      namespace: 'ns',
      create: (event: KubeEvent) => {
        posted.push(event);
        return create(event);
      },
    };
    recorder = new EventRecorder({ client, log: silent, now: () => now, onDropped: () => dropped++ });
  });

  it('posts an event about the object', async () => {
    recorder.record(object, content);
    await recorder.flush();
    expect(posted).to.have.length(1);
    expect(posted[0]).to.deep.include({ ...content, firstTimestamp: '1970-01-01T00:00:00Z', count: 1 });
    expect(posted[0]?.involvedObject).to.deep.include({ kind: 'Thing', uid: 'u1', namespace: 'ns' });
    expect(posted[0]?.metadata.name.length).to.be.at.most(253);
    expect(posted[0]?.metadata.namespace).to.equal('ns');
  });

  it('does not repeat itself within a while', async () => {
    recorder.record(object, content);
    recorder.record(object, content);
    recorder.record(object, { ...content, message: 'another' });
    now = 11 * 60_000;
    recorder.record(object, content);
    await recorder.flush();
    expect(posted.map(({ message }) => message).sort()).to.deep.equal([
      'another',
      'it is made',
      'it is made',
    ]);
  });

  it('never fails', async () => {
    create = () => Promise.reject(new KubeError('no', { status: 403 }));
    for (let i = 0; i < 10; i++) recorder.record(object, { ...content, message: String(i) });
    await recorder.flush();
    expect({ posted: posted.length, dropped }).to.deep.equal({ posted: 10, dropped: 10 });
  });

  it('has few posts under way, and drops what is too much', async () => {
    const answers: (() => void)[] = [];
    create = (event) => new Promise((resolve) => answers.push(() => resolve(event)));
    for (let i = 0; i < 1000; i++) recorder.record(object, { ...content, message: String(i) });
    expect(posted).to.have.length(4);
    create = async (event) => event;
    for (const answer of answers) answer();
    await recorder.flush();
    expect(posted.length).to.be.within(200, 300);
    expect(dropped).to.equal(1000 - posted.length);
  });
});
