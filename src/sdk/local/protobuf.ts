// Reads the protobuf form in which kubectl sends the kinds that are built in (`kubectl create namespace`, for one).
// Only requests: answers are JSON, which every client takes. The tables give field numbers of the published .proto files.
import { badRequest } from './api-error.js';
import { apiTime, type JsonObject } from './objects.js';

type Scalar = 'text' | 'bytes' | 'integer' | 'flag' | 'time' | 'microTime';
interface Field {
  name: string;
  type: Scalar | Message;
  repeated?: true;
  /** A map from text to `type`. */
  map?: true;
}
type Message = Record<number, Field>;

const field = (name: string, type: Field['type'] = 'text'): Field => ({ name, type });
const list = (name: string, type: Field['type'] = 'text'): Field => ({ name, type, repeated: true });
const map = (name: string, type: Field['type'] = 'text'): Field => ({ name, type, map: true });

const ownerReference: Message = {
  1: field('kind'),
  3: field('name'),
  4: field('uid'),
  5: field('apiVersion'),
  6: field('controller', 'flag'),
  7: field('blockOwnerDeletion', 'flag'),
};

const metadata: Message = {
  1: field('name'),
  2: field('generateName'),
  3: field('namespace'),
  5: field('uid'),
  6: field('resourceVersion'),
  7: field('generation', 'integer'),
  8: field('creationTimestamp', 'time'),
  9: field('deletionTimestamp', 'time'),
  11: map('labels'),
  12: map('annotations'),
  13: list('ownerReferences', ownerReference),
  14: list('finalizers'),
};

const attributes: Message = {
  1: field('namespace'),
  2: field('verb'),
  3: field('group'),
  4: field('version'),
  5: field('resource'),
  6: field('subresource'),
  7: field('name'),
};

const MESSAGES: Record<string, Message> = {
  'v1/Namespace': { 1: field('metadata', metadata), 2: field('spec', { 1: list('finalizers') }) },
  'v1/ConfigMap': {
    1: field('metadata', metadata),
    2: map('data'),
    3: map('binaryData', 'bytes'),
    4: field('immutable', 'flag'),
  },
  'v1/Secret': {
    1: field('metadata', metadata),
    2: map('data', 'bytes'),
    3: field('type'),
    4: map('stringData'),
    5: field('immutable', 'flag'),
  },
  'v1/ServiceAccount': {
    1: field('metadata', metadata),
    2: list('secrets', { 3: field('name') }),
    3: list('imagePullSecrets', { 1: field('name') }),
    4: field('automountServiceAccountToken', 'flag'),
  },
  'coordination.k8s.io/v1/Lease': {
    1: field('metadata', metadata),
    2: field('spec', {
      1: field('holderIdentity'),
      2: field('leaseDurationSeconds', 'integer'),
      3: field('acquireTime', 'microTime'),
      4: field('renewTime', 'microTime'),
      5: field('leaseTransitions', 'integer'),
    }),
  },
  'authorization.k8s.io/v1/SelfSubjectAccessReview': {
    1: field('metadata', metadata),
    2: field('spec', {
      1: field('resourceAttributes', attributes),
      2: field('nonResourceAttributes', { 1: field('path'), 2: field('verb') }),
    }),
  },
};

const DELETE_OPTIONS: Message = {
  1: field('gracePeriodSeconds', 'integer'),
  2: field('preconditions', { 1: field('uid'), 2: field('resourceVersion') }),
  4: field('propagationPolicy'),
  5: list('dryRun'),
};

const ENVELOPE: Message = {
  1: field('type', { 1: field('apiVersion'), 2: field('kind') }),
  2: field('raw', 'bytes'),
};

const MAGIC = Buffer.from('k8s\0');

/** The object in a protobuf body; refused when it is of a kind that has no table here. */
export function parseProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, 4).equals(MAGIC))
    throw badRequest('the body is not in the protobuf form of Kubernetes');
  const envelope = readMessage(body.subarray(4), ENVELOPE);
  const { apiVersion, kind } = (envelope['type'] ?? {}) as { apiVersion?: string; kind?: string };
  const message = kind === 'DeleteOptions' ? DELETE_OPTIONS : MESSAGES[`${apiVersion}/${kind}`];
  if (!message) throw badRequest(`${kind} in protobuf form is not supported, send JSON`);
  const raw = Buffer.from((envelope['raw'] as string | undefined) ?? '', 'base64');
  return { apiVersion, kind, ...readMessage(raw, message) };
}

class Reader {
  at = 0;
  constructor(readonly bytes: Buffer) {}

  varint(): number {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw badRequest('the protobuf body ends too early');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
  }

  /** The next value by its wire type: a number, or the bytes of a text or message. */
  value(wireType: number): number | Buffer {
    switch (wireType) {
      case 0:
        return this.varint();
      case 1:
        return this.take(8);
      case 2:
        return this.take(this.varint());
      case 5:
        return this.take(4);
      default:
        throw badRequest('the protobuf body cannot be read');
    }
  }

  take(size: number): Buffer {
    const start = this.at;
    this.at += size;
    if (size < 0 || this.at > this.bytes.length) throw badRequest('the protobuf body ends too early');
    return this.bytes.subarray(start, this.at);
  }
}

function readMessage(bytes: Buffer, message: Message): JsonObject {
  const reader = new Reader(bytes);
  const result: JsonObject = {};
  while (reader.at < bytes.length) {
    const tag = reader.varint();
    const value = reader.value(tag & 7);
    const known = message[tag >>> 3];
    if (known) store(result, known, value);
  }
  return result;
}

function store(
  result: JsonObject,
  { name, type, repeated, map: isMap }: Field,
  value: number | Buffer,
): void {
  if (isMap) {
    const entry = readMessage(value as Buffer, { 1: field('key'), 2: field('value', type) });
    result[name] = {
      ...(result[name] as JsonObject | undefined),
      [typeof entry['key'] === 'string' ? entry['key'] : '']: entry['value'] ?? '',
    };
    return;
  }
  const read = typeof type === 'string' ? readScalar(type, value) : readMessage(value as Buffer, type);
  if (repeated) result[name] = [...((result[name] as unknown[] | undefined) ?? []), read];
  // In protobuf an empty text or time is as good as none.
  else if (read !== '' && read !== undefined) result[name] = read;
}

function readScalar(type: Scalar, value: number | Buffer): unknown {
  switch (type) {
    case 'integer':
      return value;
    case 'flag':
      return value === 1;
    case 'bytes':
      return (value as Buffer).toString('base64');
    case 'text':
      return (value as Buffer).toString('utf8');
    case 'time':
    case 'microTime':
      return readTime(type, value as Buffer);
  }
}

function readTime(type: 'time' | 'microTime', bytes: Buffer): string | undefined {
  const time = readMessage(bytes, { 1: field('seconds', 'integer'), 2: field('nanos', 'integer') });
  if (time['seconds'] === undefined) return undefined;
  const whole = apiTime(new Date(Number(time['seconds']) * 1000));
  if (type === 'time') return whole;
  const micros = Math.floor(Number(time['nanos'] ?? 0) / 1000);
  return whole.replace('Z', `.${String(micros).padStart(6, '0')}Z`);
}
