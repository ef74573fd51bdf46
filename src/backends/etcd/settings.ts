// What a plan of the `etcd` backend is set to. Settings stand in custom resources, so the administrator's credentials
// are in a Secret that they name.
import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  IsUrl,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { SERVICE_URL } from '../service-url.js';

const EACH = {
  each: true,
  message: '$property must be http(s) addresses without user, query and fragment',
};

export const DEFAULT_TIMEOUT_MS = 5_000;

const LIMIT = { message: '$property must be a whole number of at least 1' };

/** How much a key space should hold. It is measured and told, not enforced: etcd knows no limit for a prefix. */
export class EtcdQuota {
  /** How many keys. */
  @ValidateIf(({ keys, bytes }: EtcdQuota) => keys !== undefined || bytes === undefined)
  @IsInt({ message: '$property, or bytes, must be a whole number of at least 1' })
  @Min(1, LIMIT)
  keys?: number;

  /** The lengths of all keys, with their prefix, and of their present values. */
  @IsOptional()
  @IsInt(LIMIT)
  @Min(1, LIMIT)
  bytes?: number;

  /** How often it is measured; each minute when absent. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(86_400)
  measureEverySeconds?: number;
}

export class EtcdSettings {
  /** Where the broker reaches the members of the cluster: `http://etcd-0.etcd:2379`. One that fails is passed over. */
  @IsArray()
  @ArrayMinSize(1)
  @IsUrl(SERVICE_URL, EACH)
  endpoints!: string[];

  /** Where applications reach them; the same when absent. */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @IsUrl(SERVICE_URL, EACH)
  publicEndpoints?: string[];

  /**
   * A Secret in the broker's namespace with the label `sdkbroker.broker.io/secret: backend`. Its keys: `username` and
   * `password` of a user with the role root; with TLS, `ca.crt`, and `tls.crt` and `tls.key` of a client certificate
   * where etcd asks for one.
   */
  @IsString()
  @IsNotEmpty()
  adminSecret!: string;

  /** How long one request may take, in milliseconds; five seconds when absent. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(300_000)
  timeoutMs?: number;

  /** No limit when absent. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => EtcdQuota)
  quota?: EtcdQuota;

  /** How long the credentials of a binding work; until the unbind when absent. For plans with `bindingRotatable`. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(315_360_000)
  credentialsLifetimeSeconds?: number;

  /**
   * Whether an etcd without authentication gets it, with the user and password of the Secret. From then on, nobody else
   * is let in.
   */
  @IsOptional()
  @IsBoolean()
  enableAuthentication?: boolean;
}
