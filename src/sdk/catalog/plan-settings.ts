// The settings of a plan: those of the ConfigMap that it names, and over them, field by field, those that stand in the
// plan itself. Knows nothing of backends, which check what comes of it.
import { parse } from 'yaml';
import type { JsonObject } from '../authoring/backend.js';
import type { ConfigMap } from '../kube/types.js';
import { CONFIG_MAP_LABEL, type PlanSpec } from '../resources/kinds.js';

/** Each instance keeps a copy of what it was made with, in its spec and in its status. */
const LIMIT_KILOBYTES = 256;

export type SettingsOutcome =
  /** The plan with all its settings in `settings`. */
  | { plan: PlanSpec }
  /** What is not there may yet come; what is not right has to be corrected. */
  | { reason: 'SettingsMissing' | 'Invalid'; problem: string };

/** `get` finds a ConfigMap by its name. Problems begin with the path in the plan. */
export function withSettings(
  plan: PlanSpec,
  get: (name: string) => Readonly<ConfigMap> | undefined,
): SettingsOutcome {
  const ref = plan.settingsFrom?.configMapKeyRef;
  if (!ref) return { plan };
  const no = (reason: 'SettingsMissing' | 'Invalid', text: string): SettingsOutcome => ({
    reason,
    problem: `settingsFrom.configMapKeyRef: ${text}`,
  });
  const configMap = get(ref.name);
  if (configMap?.metadata.labels?.[CONFIG_MAP_LABEL] !== 'settings') {
    return no(
      'SettingsMissing',
      `there is no ConfigMap ${ref.name} with the label ${CONFIG_MAP_LABEL}: settings in the broker's namespace; create it, or label it`,
    );
  }
  const text = configMap.data?.[ref.key];
  if (text === undefined) {
    const known = Object.keys(configMap.data ?? {}).sort();
    return no(
      'SettingsMissing',
      `ConfigMap ${ref.name} has no key ${ref.key}; it has: ${known.join(', ') || 'none'}`,
    );
  }
  const read = readSettings(text);
  if ('problem' in read) return no('Invalid', `key ${ref.key} of ConfigMap ${ref.name} ${read.problem}`);
  return { plan: { ...plan, settings: { ...read.settings, ...plan.settings } } };
}

/** Where a field comes from that a problem with the settings names: it may not stand in the offering. */
export function settingsSource({ settingsFrom }: PlanSpec, problem: string): string {
  const ref = settingsFrom?.configMapKeyRef;
  return ref && problem.startsWith('settings.') ? ` (with key ${ref.key} of ConfigMap ${ref.name})` : '';
}

function readSettings(text: string): { settings: JsonObject } | { problem: string } {
  let json: string | undefined;
  try {
    // There and back: what YAML can say and JSON cannot, a cycle for one, comes to light here and not in a write.
    json = JSON.stringify(parse(text, { logLevel: 'error' }));
  } catch (error) {
    return { problem: `is not YAML: ${firstLine((error as Error).message)}` };
  }
  const settings: unknown = json === undefined ? undefined : JSON.parse(json);
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    return { problem: 'must hold a YAML mapping of settings, like `size: 1`' };
  }
  if (Buffer.byteLength(json) > LIMIT_KILOBYTES * 1024) {
    return {
      problem: `is larger than ${LIMIT_KILOBYTES} kB, of which each instance keeps a copy; shorten it`,
    };
  }
  return { settings: settings as JsonObject };
}

/** The lines after it show the text itself. */
const firstLine = (message: string): string => message.split('\n', 1)[0]!.replace(/:$/, '');
