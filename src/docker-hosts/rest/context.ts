// What the functions behind the REST API work on, and what they answer.
import type { BrokerContext } from '../../sdk/index.js';
import type { DockerHost } from '../../sdk/resources/kinds.js';
import type { GuardableStore } from '../../sdk/runtime/store.js';

export interface RestContext extends Pick<
  BrokerContext,
  'offerings' | 'secrets' | 'instances' | 'clock' | 'log'
> {
  readonly hosts: GuardableStore<DockerHost>;
}

export interface Answer {
  status: 200 | 201;
  body: object;
}
