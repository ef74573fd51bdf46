// `runBroker`: the process around a broker. Reads its settings, and turns signals into an orderly stop.
import { loadKubeConfig } from './kube/config.js';
import { onAbort } from './runtime/abortable.js';
import { stopSignal } from './runtime/stop-signal.js';
import type { Settings } from './settings.js';
import { readSettings } from './settings-read.js';
import { type BrokerDefinition, startBroker } from './start.js';
import { createLog, errorDetails, type Log } from './telemetry/log.js';

export interface RunOptions {
  /** Those of the environment, and of the file that BROKER_CONFIG_FILE names, when absent. */
  settings?: Settings;
  /** Called when the broker serves, and before signals are awaited. */
  onServing?: (broker: { url: string; namespace: string }) => void;
}

/**
 * Runs the broker until a SIGTERM or SIGINT; resolves when it has stopped in good order. What stops the start is said
 * in a sentence, and the process exits with 1. A second signal ends the process at once.
 */
export async function runBroker(definition: BrokerDefinition, options: RunOptions = {}): Promise<void> {
  const signal = stopSignal();
  let log: Log | undefined;
  let serves = false;
  try {
    const settings = options.settings ?? readSettings({ env: process.env });
    log = createLog({ level: settings.logLevel, format: settings.logFormat });
    const broker = await startBroker(definition, { settings, cluster: loadKubeConfig(), log, signal });
    serves = true;
    options.onServing?.(broker);
    await new Promise<void>((resolve) => onAbort(signal, resolve));
    log.info('stopping', { signal: String(signal.reason) });
    await broker.stop();
    log.info('stopped');
  } catch (error) {
    if (signal.aborted && !serves) {
      log?.info('stopped before it served', { signal: String(signal.reason) });
      return;
    }
    const { error: text } = errorDetails(error);
    process.stderr.write(`The broker cannot run: ${String(text)}\n`);
    log?.debug('the broker cannot run', errorDetails(error));
    process.exitCode = 1;
  }
}
