// What the address of a service must be, in the settings of every backend: no place for credentials.
export const SERVICE_URL = {
  protocols: ['http', 'https'],
  require_protocol: true,
  require_tld: false,
  disallow_auth: true,
  allow_query_components: false,
  allow_fragments: false,
};
