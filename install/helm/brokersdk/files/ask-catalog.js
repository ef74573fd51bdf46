// `helm test`: asks the broker for its catalog as a platform does, over TLS and with the credentials. Goes by the
// Service's address, so that it needs no DNS, and still has the certificate checked for the Service's name.
import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:https';

const { NAME, CA_FILE, USERNAME, PASSWORD } = process.env;
const SERVICE = NAME.split('.')[0].toUpperCase().replaceAll('-', '_');

const request = get({
  host: process.env[`${SERVICE}_SERVICE_HOST`],
  port: process.env[`${SERVICE}_SERVICE_PORT`],
  path: '/v2/catalog',
  servername: NAME,
  ca: existsSync(CA_FILE) ? readFileSync(CA_FILE) : undefined,
  auth: `${USERNAME}:${PASSWORD}`,
  headers: { 'X-Broker-API-Version': '2.17' },
  timeout: 30_000,
});
request.on('timeout', () => request.destroy(new Error('no answer within 30 seconds')));
request.on('error', (error) => fail(error.message));
request.on('response', async (response) => {
  let body = '';
  for await (const chunk of response) body += chunk;
  if (response.statusCode !== 200) return fail(`${response.statusCode} ${body}`);
  const { services } = JSON.parse(body);
  console.log(`${NAME} offers ${services.map(({ name }) => name).join(', ') || 'no services yet'}`);
});

function fail(why) {
  console.error(`${NAME} does not give its catalog: ${why}`);
  process.exitCode = 1;
}
