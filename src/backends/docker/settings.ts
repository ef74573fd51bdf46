// What a plan of the `docker` backend is set to. Settings stand in custom resources: what is secret is in a Secret that they
// name.
import 'reflect-metadata';
import {
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';

export const RESTART_POLICIES = ['no', 'on-failure', 'always', 'unless-stopped'] as const;

export class DockerSettings {
  /** The image of each instance's container: `repository` or `repository:tag`. Not with `container`. */
  @ValidateIf(({ image, container }: DockerSettings) => image !== undefined || container === undefined)
  @IsString({ message: '$property, or container, must name an image' })
  @IsNotEmpty()
  image?: string;

  /** A container that is there already, on the host that is named: it is used, and neither made nor removed. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  container?: string;

  /** The one DockerHost that instances are on; any when absent. */
  @ValidateIf(({ host, container }: DockerSettings) => host !== undefined || container !== undefined)
  @IsString({ message: '$property must name the DockerHost of the container' })
  @IsNotEmpty()
  host?: string;

  /**
   * A Secret in the broker's namespace with the label `sdkbroker.broker.io/secret: backend`, whose keys are the
   * credentials of every binding, with `$HOST`, `$PORT` and `$PORT_<n>` in their values; its key `credentials.json`
   * holds those that are no text. No hook is run then.
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  credentialsSecret?: string;

  /** The address of the dashboard, with `$HOST`, `$PORT` and `$PORT_<n>`; what `/provision` says of one does not count then. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  dashboardUrl?: string;

  /** In place of the image's own. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  command?: string[];

  /** The container's environment. `$INSTANCE_ID` and `$PASSWORD`, made once for each instance, are filled in. */
  @IsOptional()
  @IsObject()
  env?: Record<string, string>;

  /** Which variable of the container's environment each parameter of a user becomes: `{ maxmemory: MAXMEMORY }`. */
  @IsOptional()
  @IsObject()
  parametersInEnv?: Record<string, string>;

  /** The container's ports that are published: `6379` or `6379/tcp`. What the image exposes when absent. */
  @IsOptional()
  @IsArray()
  @ArrayUnique()
  @Matches(/^\d{1,5}(\/(tcp|udp))?$/, { each: true, message: '$property must be ports, as 6379 or 53/udp' })
  ports?: string[];

  /** Directories of the container that outlive it, each in a volume of its own. What the image declares comes in addition. */
  @IsOptional()
  @IsArray()
  @ArrayUnique()
  @Matches(/^\//, { each: true, message: '$property must be absolute paths' })
  volumes?: string[];

  /** In megabytes (2^20 bytes); no limit when absent. */
  @IsOptional()
  @IsInt()
  @Min(6)
  memoryMegabytes?: number;

  /** How many processors' time the container may take; no limit when absent. */
  @IsOptional()
  @IsNumber()
  @Min(0.01)
  cpus?: number;

  /** How many processes it may have; no limit when absent. */
  @IsOptional()
  @IsInt()
  @Min(1)
  maxProcesses?: number;

  @IsIn(RESTART_POLICIES)
  restartPolicy: (typeof RESTART_POLICIES)[number] = 'unless-stopped';

  /** Whether an image that a host lacks is pulled there. */
  @IsIn(['IfMissing', 'Never'])
  pull: 'IfMissing' | 'Never' = 'IfMissing';

  /** How long one hook may run, in seconds. */
  @IsInt()
  @Min(1)
  @Max(3600)
  hookSeconds = 60;

  /** How long a container that crashes again and again, or is unhealthy, is waited for before that is the instance's failure. */
  @IsInt()
  @Min(1)
  @Max(86_400)
  patienceSeconds = 60;
}
