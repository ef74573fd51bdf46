// What a plan of the backend `workload` is set to; docs/backends/workload.md says what each field does. What a template
// says is looked at in checks.ts.
import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Matches,
  Max,
  Min,
  MinLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import type { JsonObject } from '../../sdk/index.js';

/** May be left out, but not be null: a field's name with nothing behind it is a slip, and no default. */
const Optional = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

const OBJECTS = { each: true, message: '$property must be a list of objects' };
const NAME = /^[a-z][a-zA-Z0-9]*$/;
const CREDENTIAL_KINDS = ['Secret', 'ConfigMap'] as const;

export const DEFAULT_CERTIFICATE_DAYS = 3650;

/** A value that is made once, for an instance or for a binding, and kept until that is gone. */
export class GeneratedSecret {
  /** What templates call it: `secrets.<name>`. */
  @Matches(NAME, { message: '$property must begin with a small letter and consist of letters and digits' })
  name!: string;

  /**
   * `Password` is a string of letters and digits, the others have fields in PEM: `KeyPair` `privateKey` and `publicKey`;
   * `Certificate` the `certificate` and the `privateKey` of a server, and the `authority` that signed it.
   */
  @IsIn(['Password', 'KeyPair', 'Certificate'])
  kind!: 'Password' | 'KeyPair' | 'Certificate';

  /** Of a password; 32 when absent. */
  @Optional()
  @IsInt()
  @Min(12)
  @Max(256)
  length?: number;

  /** Of a key pair; `Ed25519` when absent. */
  @Optional()
  @IsIn(['Ed25519', 'RSA'])
  algorithm?: 'Ed25519' | 'RSA';

  /** Of a certificate, which must have them: templates of the DNS names and IP addresses of the server. */
  @Optional()
  @IsArray()
  @ArrayMinSize(1)
  @IsString({ each: true })
  names?: string[];

  /** Of a certificate: for how long it is valid; 3650 when absent. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(36_500)
  days?: number;
}

/** A condition that objects have to meet before they count as ready, beside what is known of their kind. */
export class ReadinessCondition {
  @IsString()
  @MinLength(1)
  kind!: string;

  /** A template; all objects of the kind when absent. */
  @Optional()
  @IsString()
  name?: string;

  /** `$.status.conditions[?(@.type=="Ready")].status` */
  @Matches(/^\$/, { message: '$property must be a JSONPath that begins with $' })
  jsonPath!: string;

  /** The text of what is found there, `"True"` for example. */
  @IsString()
  equals!: string;
}

export class CredentialsSource {
  @IsIn(CREDENTIAL_KINDS)
  kind!: (typeof CREDENTIAL_KINDS)[number];

  /** A template. */
  @IsString()
  @MinLength(1)
  name!: string;

  /** All keys when absent. */
  @Optional()
  @IsArray()
  @IsString({ each: true })
  keys?: string[];
}

export class EndpointTemplate {
  @IsString()
  @MinLength(1)
  host!: string;

  @IsArray()
  @ArrayMinSize(1)
  @IsString({ each: true })
  ports!: string[];

  @Optional()
  @IsIn(['tcp', 'udp', 'all'])
  protocol?: 'tcp' | 'udp' | 'all';
}

export class BindingSettings {
  /** Made for each binding; its templates know them as `secrets.<name>`, like those of the instance. */
  @Optional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => GeneratedSecret)
  secrets: GeneratedSecret[] = [];

  /** Applied for each binding, which has its credentials once they are ready: a Job has succeeded then. */
  @Optional()
  @IsArray()
  @IsObject(OBJECTS)
  manifests: JsonObject[] = [];

  /** Applied by unbind in place of `manifests`; the binding is gone once they are ready. */
  @Optional()
  @IsArray()
  @IsObject(OBJECTS)
  unbindManifests: JsonObject[] = [];

  /** Objects of the instance or the binding whose keys are credentials. */
  @Optional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => CredentialsSource)
  credentialsFrom: CredentialsSource[] = [];

  /** Templates; they go before `credentialsFrom` where both have a key. */
  @Optional()
  @IsObject()
  credentials: JsonObject = {};

  @Optional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => EndpointTemplate)
  endpoints: EndpointTemplate[] = [];
}

export class WorkloadSettings {
  /** Templates of the objects that an instance consists of. */
  @IsArray()
  @ArrayMinSize(1)
  @IsObject(OBJECTS)
  manifests!: JsonObject[];

  /** What templates know as `values`. */
  @Optional()
  @IsObject()
  values: JsonObject = {};

  /** Where the objects are: in the broker's namespace, or in one that is made for the instance and has its name. */
  @Optional()
  @IsIn(['Broker', 'Instance'])
  namespace: 'Broker' | 'Instance' = 'Broker';

  @Optional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => GeneratedSecret)
  secrets: GeneratedSecret[] = [];

  /** What becomes of an object that somebody changed or deleted. */
  @Optional()
  @IsIn(['Repair', 'Report', 'Ignore'])
  drift: 'Repair' | 'Report' | 'Ignore' = 'Repair';

  @Optional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ReadinessCondition)
  readiness: ReadinessCondition[] = [];

  /** For how long an image that cannot be pulled, or a Pod that no node takes, may stay so until the operation fails. */
  @Optional()
  @IsInt()
  @Min(0)
  @Max(86_400)
  patienceSeconds = 180;

  /** Absent where nothing can be bound. */
  @Optional()
  @ValidateNested()
  @Type(() => BindingSettings)
  binding?: BindingSettings;

  /** A template of the address of an instance's dashboard. */
  @Optional()
  @IsString()
  dashboardUrl?: string;
}
