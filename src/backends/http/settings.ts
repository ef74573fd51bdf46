// What a plan of the `http` backend is set to. Settings stand in custom resources, so they hold no credentials.
import 'reflect-metadata';
import { IsInt, IsOptional, IsUrl, Max, Min } from 'class-validator';
import { SERVICE_URL } from '../service-url.js';

const MESSAGE = '$property must be an http(s) address without user, query and fragment';

export const DEFAULT_TIMEOUT_MS = 10_000;

export class HttpSettings {
  /** Where the broker reaches the service: `http://127.0.0.1:8090/echo`. */
  @IsUrl(SERVICE_URL, { message: MESSAGE })
  url!: string;

  /** Where applications and browsers reach it; the same as `url` when absent. */
  @IsOptional()
  @IsUrl(SERVICE_URL, { message: MESSAGE })
  publicUrl?: string;

  /** How long one request may take; ten seconds when absent. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(300_000)
  timeoutMs?: number;
}
