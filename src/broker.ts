// This broker: its services and its backends. The file that an author edits first.
import { httpBackend } from './backends/http/backend.js';
import type { BrokerDefinition } from './sdk/index.js';
import { echoService } from './services/echo.js';
import { invertService } from './services/invert.js';

const echoServiceUrl = process.env.ECHO_SERVICE_URL ?? 'http://127.0.0.1:8090';

export const broker: BrokerDefinition = {
  services: [echoService(echoServiceUrl), invertService(echoServiceUrl)],
  backends: [httpBackend],
};
