// Logging: one JSON object a line (or a readable line, for people), with the context of the request or reconcile
// that it belongs to, and with secrets blacked out. Nothing else of the project writes to the console.
import { createLogger, format } from 'winston';
import { Lines } from './lines.js';
import { redactField } from './redact.js';

export type LogDetails = Record<string, unknown>;

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Details named like secrets are blacked out; errors go in through `errorDetails`. */
export interface Log {
  debug(message: string, details?: LogDetails): void;
  info(message: string, details?: LogDetails): void;
  warn(message: string, details?: LogDetails): void;
  error(message: string, details?: LogDetails): void;
  /** A log whose every line carries these details: how what belongs to one request or reconcile is told. */
  child(details: LogDetails): Log;
}

export interface LogOptions {
  level: LogLevel;
  /** `json` for machines, `text` for people. */
  format: 'json' | 'text';
  /** Where lines go; standard output by default. */
  stream?: NodeJS.WritableStream;
}

const json = format.printf((line) => JSON.stringify(line));

const text = format.printf(({ timestamp, level, message, ...details }) => {
  const clock = String(timestamp).slice(11, 19);
  const rest = Object.entries(details).map(([key, value]) => `${key}=${plain(value)}`);
  return [clock, level.toUpperCase().padEnd(5), String(message), ...rest].join(' ');
});

function plain(value: unknown): string {
  return typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value);
}

export function createLog(options: LogOptions): Log {
  const logger = createLogger({
    level: options.level,
    format: options.format === 'json' ? json : text,
    transports: [new Lines(options.stream)],
  });
  return wrap({});

  function wrap(bound: LogDetails): Log {
    const write = (level: LogLevel) => (message: string, details?: LogDetails) => {
      if (!logger.isLevelEnabled(level)) return;
      const line: Line = { timestamp: new Date().toISOString(), level, message };
      take(line, bound);
      take(line, details);
      logger.log(line);
    };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (details) => wrap({ ...bound, ...details }),
    };
  }
}

interface Line extends LogDetails {
  timestamp: string;
  level: LogLevel;
  message: string;
}

/** The line's own fields are not to be taken over by details of the same names. */
const OTHER_NAMES = new Map([
  ['timestamp', 'detailTimestamp'],
  ['level', 'detailLevel'],
  ['message', 'detailMessage'],
]);

function take(line: Line, details: LogDetails | undefined): void {
  for (const name in details) line[OTHER_NAMES.get(name) ?? name] = redactField(name, details[name]);
}

/** An error in a form that a log line can hold: name, message, stack and the chain of causes. */
export function errorDetails(error: unknown): LogDetails {
  if (!(error instanceof Error)) return { error: String(error) };
  const code = (error as { code?: unknown }).code;
  return {
    error: error.message,
    errorName: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { errorCode: code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: errorDetails(error.cause).error }),
  };
}
