// The backends that this broker has, by name, and the check of plan settings against them.
import type { AnyBackend, JsonObject, ParametersClasses } from '../authoring/backend.js';
import type { Service } from '../authoring/define-service.js';
import { check } from '../authoring/parameters.js';

export interface ResolvedBackend extends ParametersClasses {
  backend: AnyBackend;
  /** Of the backend's settings class where it has one, defaults filled in. */
  settings: Readonly<JsonObject>;
}

export class Backends {
  readonly #byName = new Map<string, AnyBackend>();

  readonly #classes: ReadonlyMap<string, ParametersClasses>;

  constructor(backends: Iterable<AnyBackend>, services: Iterable<Service> = []) {
    const all = [...services];
    this.#classes = new Map(
      all.map(({ offering, parameters, bindParameters }) => [offering.id, { parameters, bindParameters }]),
    );
    for (const backend of [...backends, ...all.map((service) => service.backend)]) {
      const other = this.#byName.get(backend.name);
      if (other && other !== backend) {
        throw new Error(`two backends are named "${backend.name}": rename one of them`);
      }
      this.#byName.set(backend.name, backend);
    }
  }

  get all(): Iterable<AnyBackend> {
    return this.#byName.values();
  }

  /** The backend of a service's plan, with the settings as it wants them, or the sentences that say why not. */
  resolve(
    serviceId: string,
    name: string,
    settings: JsonObject | undefined,
  ): ResolvedBackend | { problems: string[] } {
    const backend = this.#byName.get(name);
    if (!backend) {
      const known = [...this.#byName.keys()].sort().join(', ') || 'none';
      return { problems: [`backend: there is no "${name}" in this broker; it has: ${known}`] };
    }
    const classes = this.#classes.get(serviceId);
    if (!backend.settings) return { backend, settings: { ...settings }, ...classes };
    const { value, problems } = check(backend.settings as new () => JsonObject, { ...settings });
    return value
      ? { backend, settings: value, ...classes }
      : { problems: problems.map((text) => `settings.${text}`) };
  }
}
