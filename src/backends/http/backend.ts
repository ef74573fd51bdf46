// The backend `http`: a service that has instances and bindings at addresses of its own, made with PUT and removed
// with DELETE. It keeps nothing itself. A change of a plan's `url` moves no instance that is there already.
import { done, type NamedBackend } from '../../sdk/index.js';
import { parseInventory } from './inventory.js';
import { addressOf, send } from './request.js';
import { HttpSettings } from './settings.js';

// 409: it is there already, from an earlier try, which is what was wanted.
const MADE = [200, 201, 409];
const GONE = [200, 204, 404, 410];
const NO_LIST = [404, 405];

const publicUrlOf = (settings: Readonly<HttpSettings>): string => settings.publicUrl ?? settings.url;

/**
 * Instances live at `url/instance`, bindings at `url/instance/binding`, dashboards at `publicUrl/dashboard/instance`.
 * All that there is at an address counts as this broker's: an address serves one broker.
 */
export const httpBackend: NamedBackend<HttpSettings> = {
  name: 'http',
  settings: HttpSettings,

  dashboardUrl: ({ settings, name }) => addressOf(publicUrlOf(settings), 'dashboard', name),

  async ensure({ settings, name, signal }) {
    await send({ method: 'PUT', settings, names: [name], accepted: MADE, signal });
    return done();
  },

  async destroy({ settings, name, signal }) {
    await send({ method: 'DELETE', settings, names: [name], accepted: GONE, signal });
  },

  async bind({ instance, name, signal }) {
    const { settings } = instance;
    await send({ method: 'PUT', settings, names: [instance.name, name], accepted: MADE, signal });
    const uri = addressOf(publicUrlOf(settings), instance.name, name);
    return done({ credentials: { uri }, endpoints: [endpointOf(uri)] });
  },

  async unbind({ instance, name, signal }) {
    const { settings } = instance;
    await send({ method: 'DELETE', settings, names: [instance.name, name], accepted: GONE, signal });
  },

  async inventory({ settings, signal }) {
    const accepted = [200, ...NO_LIST];
    const { status, body } = await send({ method: 'GET', settings, names: ['instances'], accepted, signal });
    return NO_LIST.includes(status) ? [] : parseInventory(body);
  },
};

function endpointOf(uri: string): { host: string; ports: string[] } {
  const { hostname, port, protocol } = new URL(uri);
  // The brackets of an IPv6 address belong to the URL, not to the host.
  return { host: hostname.replace(/^\[|\]$/g, ''), ports: [port || (protocol === 'https:' ? '443' : '80')] };
}
