// What a plan of the `etcd` backend is set to. Settings stand in custom resources, so the administrator's credentials
// are in a Secret that they name.
import 'reflect-metadata';
import {
  ArrayMinSize,
  IsArray,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUrl,
  Max,
  Min,
} from 'class-validator';
import { SERVICE_URL } from '../service-url.js';

const EACH = {
  each: true,
  message: '$property must be http(s) addresses without user, query and fragment',
};

export const DEFAULT_TIMEOUT_MS = 5_000;

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
}
