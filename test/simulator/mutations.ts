// Ways to break the broker: each takes away what makes one write atomic, a guard, or a look at what is there. The
// simulator must notice every one of them; those that nobody can notice say why.

export interface Mutation {
  name: string;
  file: string;
  /** Each text stands in the file once. */
  edits: readonly (readonly [search: string, replacement: string])[];
  /** Why it does no harm that a user could see. */
  harmless?: string;
}

const one = (
  name: string,
  file: string,
  ...[search, replacement, harmless]: [search: string, replacement: string, harmless?: string]
): Mutation => ({
  name,
  file: `src/sdk/${file}`,
  edits: [[search, replacement]],
  ...(harmless === undefined ? {} : { harmless }),
});

const ORDER: Mutation[] = [
  {
    name: 'the Secret is written after the status',
    file: 'src/sdk/controllers/binding.ts',
    edits: [
      [`if (outcome.state === 'done') kept = await keep(work, instance, outcome.result, plan);`, ''],
      [
        'await succeed(work, attempted.result, kept!);',
        `await succeed(work, attempted.result, { metadata: { name: secretName(binding) } } as never);
         kept = await keep(work, instance, attempted.result, plan);`,
      ],
    ],
  },
  one(
    'a provision is stored without its finalizer',
    'operations/provision.ts',
    'metadata: { name: objectName(request.instanceId), finalizers: [FINALIZER] }',
    'metadata: { name: objectName(request.instanceId) }',
  ),
  one(
    'the finalizer of an instance goes before its backend is asked',
    'controllers/instance-removal.ts',
    'for (const made of everMade(instance)) {',
    `const held = await work.store.replace({ ...instance, metadata: { ...instance.metadata, finalizers: [] } });
     if (!held) return;
     for (const made of everMade(instance)) {`,
  ),
  one(
    'the finalizer of a binding goes before its backend is asked',
    'controllers/binding-removal.ts',
    'const attempted = await unbind(work, instance, resolved);\n    if (!attempted.result) return attempted.again;',
    `await work.store.replace({ ...binding, metadata: { ...binding.metadata, finalizers: [] } });
     const attempted = await unbind(work, instance, resolved);
     if (!attempted.result) return attempted.again;`,
  ),
  one(
    'an instance goes before its bindings',
    'controllers/instance-removal.ts',
    'if (bindings.length > 0) return removeBindings(work, bindings);',
    '',
  ),
  one(
    'adoption writes the finalizer after the backend was asked',
    'controllers/instance.ts',
    'if (await adopt(work, plan)) return;',
    '',
  ),
  one(
    'an update names its secrets before they are stored',
    'operations/update.ts',
    'await storeSecrets(context, change.instance, values);',
    '',
  ),
];

const PRECONDITIONS: Mutation[] = [
  one(
    'a delete asks for no uid',
    'operations/delete.ts',
    'await store.delete(name, uid === undefined ? {} : { uid })',
    'await store.delete(name)',
  ),
  one(
    'what is taken back may have succeeded in the meantime',
    'operations/undo.ts',
    `...(resourceVersion === undefined ? {} : { resourceVersion }),`,
    '',
  ),
  one(
    'a status is written over whatever is there',
    'controllers/work.ts',
    'await store.replaceStatus({ ...object, status });',
    `const live = (await store.read(object.metadata.name)) ?? object;
     await store.replaceStatus({ ...live, status } as T);`,
  ),
  one(
    'a deletion that is over is taken for one at work',
    'operations/delete.ts',
    'await upToDate(store, cached, (shown) => !isDeleting(shown as T))',
    'await upToDate(store, cached, () => true)',
  ),
  one(
    'a repeated provision gets an operation of its own',
    'operations/provision.ts',
    'body: { operation: operation.id, ...(dashboard',
    `body: { operation: newOperation(context, 'provision', request).id, ...(dashboard`,
  ),
  one(
    'what was told to have ended is told again',
    'controllers/work.ts',
    'if (hasEnded(object, operation.id)) return;',
    '',
    'whoever calls it has looked at isSettled before',
  ),
];

const GUARDS: Mutation[] = [
  one(
    'a leader writes after its term',
    'lead.ts',
    'const guard = (): void => term.assert();',
    'const guard = (): void => undefined;',
  ),
  one('a leader begins with old caches', 'lead.ts', 'followed.map((store) => store.refresh())', '[]'),
  one(
    'a follower does not wait for the leader to give up',
    'runtime/lease-view.ts',
    'this.#mustWait = !neverWas',
    'this.#mustWait = false && !neverWas',
  ),
  one(
    'credentials are made anew where they may have been handed out',
    'controllers/binding.ts',
    'if (await isBehind(work)) return { requeueAfterMs: BEHIND_MS };',
    '',
  ),
  one(
    'an interrupted bind keeps its credentials all the same',
    'controllers/binding.ts',
    'signal.throwIfAborted();',
    '',
  ),
  one(
    'an interrupted step is reported as ended',
    'controllers/step.ts',
    'const outcome = await step.call(limit.signal);\n    step.signal.throwIfAborted();',
    'const outcome = await step.call(limit.signal);',
  ),
  one(
    'any version of the Secret is handed out',
    'resources/binding-secret.ts',
    'return isOwnedBy(secret, binding) && (version === undefined || version === secret.metadata.resourceVersion);',
    'return isOwnedBy(secret, binding) || version === undefined;',
  ),
  one(
    'a Secret of an earlier binding is handed out',
    'resources/binding-secret.ts',
    'return secret.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;',
    'return secret.metadata.ownerReferences?.some(({ name }) => name === owner.metadata.name) ?? false;',
  ),
  one(
    'a bind does not look whether the instance has begun to go',
    'operations/bind.ts',
    'if (!instance || isDeleting(instance)) {',
    'if (!instance) {',
  ),
  one(
    'a binding is made for an instance that is going',
    'controllers/binding.ts',
    'if (!instance?.status?.applied || isDeleting(instance)) return awaitInstance(work);',
    'if (!instance?.status?.applied) return awaitInstance(work);',
  ),
  one(
    'an orphan is not looked up before it is removed',
    'controllers/orphans.ts',
    'return found !== undefined;',
    'return found !== undefined && false;',
  ),
];

const MACHINERY: Mutation[] = [
  one(
    "the cache does not show one's own writes",
    'runtime/read-your-writes.ts',
    'this.#cover(observation, { uid, resourceVersion });\n    this.#cache.set(object);',
    '',
  ),
  one(
    'a write that is shown is not covered from older events',
    'runtime/read-your-writes.ts',
    'if (cover && cover.resourceVersion !== resourceVersion) {',
    'if (cover && false) {',
  ),
  one(
    'a read does not wait for the writes under way',
    'runtime/resource-store.ts',
    'if (writing) await writing;',
    '',
  ),
  one(
    'one key is worked on twice at a time',
    'runtime/work-queue.ts',
    'if (this.#working.has(key)) {',
    'if (this.#working.has(key) && false) {',
  ),
  one(
    'what changes while it is worked on is forgotten',
    'runtime/work-queue.ts',
    'if (priority) this.add(key, priority);',
    '',
  ),
  one(
    'a watch that fell silent is waited for',
    'runtime/reflector-watch.ts',
    'const IDLE_MS = 90_000;',
    'const IDLE_MS = 90_000_000;',
  ),
  one(
    'a list leaves what is gone',
    'runtime/read-your-writes.ts',
    'if (!listed.has(name) && !this.#covers.has(name)) this.#cache.delete(name);',
    '',
  ),
  one(
    'a reconcile that failed is not tried again',
    'runtime/controller.ts',
    'const retryInMs = this.#queue.addRateLimited(key);',
    'const retryInMs = 0;',
  ),
  one(
    'an overtaken operation stays open',
    'resources/operations.ts',
    'if (isFinal(record)) return record;',
    'return record;',
  ),
  one(
    'the operation of the spec is forgotten after some others',
    'resources/operations.ts',
    'return left ? [...kept.slice(0, -1), left] : kept;',
    'return kept;',
  ),
];

const SECRETS: Mutation[] = [
  one(
    'a repeated request does not bring the secrets that were lost',
    'operations/secret-parameters.ts',
    'await storeSecrets(context, object, Object.fromEntries(values) as Record<string, string>);',
    'void values;',
  ),
  one(
    'secrets in use are dropped when others are added',
    'operations/secret-parameters.ts',
    'keys.has(key) || generationOf(key) >= (owner.metadata.generation ?? 0)',
    'false',
  ),
  one(
    'a Secret of an earlier instance is taken over',
    'operations/secret-parameters.ts',
    'if (present.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) !== true) {',
    'if (false as boolean) {',
  ),
  one(
    'the Secret of a binding has no owner',
    'resources/binding-secret.ts',
    'ownerReferences: [',
    'ownerReferences: [].slice(1) as never[], ignored: [',
  ),
];

const UPKEEP: Mutation[] = [
  one(
    'what is not as it was made stays so',
    'controllers/observation.ts',
    'if (seen.repair !== undefined) return this.#repair(work, seen.repair, () => look.repair(signal));',
    '',
  ),
  one(
    'what somebody takes out of Secrets is not put back by who leads',
    'controllers/put-back.ts',
    'const losses = await lossesOf(context, object, ownSecretNames(object));',
    'const losses: Loss[] = []; void ownSecretNames;',
  ),
  one(
    'what somebody takes out of Secrets is put back by who leads alone',
    'controllers/secret-rescue.ts',
    'if (!owner || isPaused(owner) || isLeader()) return;',
    'if (!owner || isPaused(owner) || isLeader() || !isLeader()) return;',
  ),
  one(
    'a binding goes on telling of the Secret that was deleted',
    'controllers/put-back.ts',
    'if (!secretRef || !lostSecrets.isUntold(secretRef.name)) return binding;',
    'return binding;',
  ),
  one(
    'what went with its owner is put back',
    'controllers/put-back.ts',
    'await storeOf(stores, kind).read(metadata.name);',
    'void [kind, metadata, stores];',
  ),
  one(
    'an update of secret parameters is taken for meddling',
    'resources/own-secrets.ts',
    "if (roleOf(before) !== 'parameters') return data;",
    "if (roleOf(before) !== 'nothing') return data;",
  ),
  one(
    'a bind that is repeated is taken for meddling',
    'controllers/lost-secrets.ts',
    'return binding?.status?.secretRef !== undefined && isTold(secret, binding);',
    'return binding !== undefined;',
  ),
  one(
    'the first operation gets another name when the broker fills in what is missing',
    'resources/operations.ts',
    'const generation = last ? (object.metadata.generation ?? 1) : 1;',
    'const generation = object.metadata.generation ?? 1;',
  ),
];

export const MUTATIONS: readonly Mutation[] = [
  ...ORDER,
  ...PRECONDITIONS,
  ...GUARDS,
  ...MACHINERY,
  ...SECRETS,
  ...UPKEEP,
];
