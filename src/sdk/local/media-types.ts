// The forms of request and answer: which one the Accept header asks for, and how a body is read.
import { parse as parseYaml } from 'yaml';
import { badRequest, notAcceptable, unsupportedMediaType } from './api-error.js';
import { parseProtobuf } from './protobuf.js';

export type AnswerForm = 'object' | 'table' | 'metadata';

export interface Accepted {
  form: AnswerForm;
  isYaml: boolean;
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const ANSWER_TYPES = ['application/json', 'application/yaml'];
const BODY_TYPES = [...ANSWER_TYPES, PROTOBUF];

/** The first form of the Accept header that this server can answer in. */
export function accepted(header: string | undefined): Accepted {
  for (const range of (header ?? '*/*').split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    const isYaml = type === 'application/yaml';
    if (!isYaml && !['application/json', 'application/*', '*/*'].includes(type ?? '')) continue;
    const form = formOf(new Map(parameters.map((text) => text.split('=') as [string, string])));
    if (form) return { form, isYaml };
  }
  throw notAcceptable(ANSWER_TYPES);
}

function formOf(parameters: Map<string, string>): AnswerForm | undefined {
  const as = parameters.get('as');
  if (as === undefined) return 'object';
  if (parameters.get('g') !== 'meta.k8s.io' || parameters.get('v') !== 'v1') return undefined;
  if (as === 'Table') return 'table';
  return as.startsWith('PartialObjectMetadata') ? 'metadata' : undefined;
}

/** The content type without its parameters. */
export function contentType(header: string | undefined): string {
  return header?.split(';')[0]?.trim().toLowerCase() || 'application/json';
}

export function parseBody(type: string, body: Buffer): unknown {
  if (!BODY_TYPES.includes(type)) throw unsupportedMediaType(BODY_TYPES);
  if (type === PROTOBUF) return parseProtobuf(body);
  return type === 'application/yaml' ? yaml(body) : json(body);
}

export function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw badRequest('the object provided is unrecognized: json parse error');
  }
}

/** YAML, of which JSON is a part. */
export function yaml(body: Buffer): unknown {
  const text = body.toString();
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, so YAML proper.
  }
  try {
    return parseYaml(text);
  } catch {
    throw badRequest('error decoding YAML');
  }
}
