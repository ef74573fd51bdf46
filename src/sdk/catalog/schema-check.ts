// Parameters against the JSON schemas of a plan, each by the draft that its $schema names.
import { Ajv, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvDraft04 from 'ajv-draft-04';
import ajvFormats from 'ajv-formats';

type JsonObject = Record<string, unknown>;

/** One sentence for each fault, empty when the value is right. Values are never quoted: they may be secret. */
export type Check = (value: unknown) => string[];

const AjvDraft04 = ajvDraft04.default;
const OPTIONS = { allErrors: true, strict: false, validateFormats: true, logger: false } as const;

const DRAFTS: [RegExp, () => Ajv][] = [
  [/draft-04/, () => new AjvDraft04(OPTIONS)],
  [/draft-0[67]/, () => new Ajv(OPTIONS)],
  [/2019-09/, () => new Ajv2019(OPTIONS)],
  [/2020-12/, () => new Ajv2020(OPTIONS)],
];

/** The catalog is worked out anew at each change of an offering, and compiling is slow. By the schema's text. */
const compiled = new Map<string, Check>();
const MAX_COMPILED = 1000;

/** Compiles the schema, each one once; throws with the reason when it is not one. */
export function compileSchema(schema: JsonObject): Check {
  const text = JSON.stringify(schema);
  const check = compiled.get(text) ?? compile(schema);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(text, check);
  return check;
}

function compile(schema: JsonObject): Check {
  const draft = DRAFTS.find(([pattern]) => pattern.test(String(schema.$schema)));
  if (!draft) {
    throw new Error(
      `$schema "${String(schema.$schema)}" is not known: use draft-04, draft-06, draft-07, 2019-09 or 2020-12`,
    );
  }
  const ajv = draft[1]();
  ajvFormats.default(ajv);
  const { $schema: _, ...rules } = schema; // the draft is chosen; draft-06 would not be known by its name
  const validate: ValidateFunction = ajv.compile(rules as AnySchema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(sentence));
}

function sentence(error: ErrorObject): string {
  const path = ['parameters', ...error.instancePath.split('/').slice(1).map(unescape)].join('.');
  if (error.keyword === 'additionalProperties') {
    return `${path}.${String(error.params.additionalProperty)} is not a parameter of this plan`;
  }
  if (error.keyword === 'required') return `${path}.${String(error.params.missingProperty)} is required`;
  if (error.keyword === 'enum') {
    return `${path} must be one of ${(error.params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`;
  }
  return `${path} ${error.message ?? 'is not valid'}`;
}

const unescape = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');
