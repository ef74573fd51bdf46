// This broker: its services and its backends. The file that an author edits first.
import { dockerBackend } from './backends/docker/backend.js';
import { etcdBackend } from './backends/etcd/backend.js';
import { httpBackend } from './backends/http/backend.js';
import { workloadBackend } from './backends/workload/backend.js';
import type { BrokerDefinition } from './sdk/index.js';
import { echoService } from './services/echo.js';
import { invertService } from './services/invert.js';

const { ECHO_SERVICE_PORT = '8090', ECHO_SERVICE_URL = `http://127.0.0.1:${ECHO_SERVICE_PORT}` } =
  process.env;

export const broker: BrokerDefinition = {
  services: [echoService(ECHO_SERVICE_URL), invertService(ECHO_SERVICE_URL)],
  backends: [httpBackend, etcdBackend, workloadBackend, dockerBackend()],
};
