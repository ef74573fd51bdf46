// Every connection of a server and every answer under way on them, so that the server can stop without cutting a
// request short, and can answer in JSON what is not even HTTP.
import type { IncomingMessage, ServerResponse, Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Log } from '../telemetry/log.js';

const SWEEP_EVERY_MS = 100;
/** How long a refused client may take to read why. */
const LINGER_MS = 1000;

export class Connections {
  readonly #server: HttpServer | HttpsServer;
  readonly #sockets = new Set<Duplex>();
  /** Connections that have not sent a request yet. */
  readonly #silent = new Set<Duplex>();
  readonly #answers = new Set<ServerResponse>();
  #draining = false;

  constructor(server: HttpServer | HttpsServer, log: Log) {
    this.#server = server;
    keep(server, 'connection', this.#sockets);
    keep(server, server instanceof HttpsServer ? 'secureConnection' : 'connection', this.#silent);
    // Before the application's listener, which may answer at once.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#silent.delete(request.socket);
      this.#answers.add(response);
      response.once('close', () => this.#answers.delete(response));
      if (this.#draining) response.setHeader('Connection', 'close');
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      log.debug('malformed request', { errorCode: error.code });
      this.#refuse(error, socket);
    });
  }

  /** Accepts no more, lets requests in flight finish, and cuts what is left after the grace period. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const answer of this.#answers) if (!answer.headersSent) answer.setHeader('Connection', 'close');
    this.#server.closeIdleConnections();
    // A request that has just arrived is parsed before the first sweep, and so is not taken for silence.
    const sweep = setInterval(() => this.#sweep(), SWEEP_EVERY_MS);
    const deadline = setTimeout(() => this.#sockets.forEach((socket) => socket.destroy()), graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(deadline);
  }

  #sweep(): void {
    this.#server.closeIdleConnections();
    for (const socket of this.#silent) socket.destroy();
  }

  #refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
    const answering = [...this.#answers].some((answer) => answer.socket === socket && answer.headersSent);
    if (!socket.writable || answering || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    socket.end(refusalText(error.code));
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  }
}

function keep(server: HttpServer | HttpsServer, event: string, sockets: Set<Duplex>): void {
  server.on(event, (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
}

function refusalText(code: string | undefined): string {
  const [status, description] = refusal(code);
  const body = JSON.stringify({ description });
  return [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

function refusal(code = ''): [status: string, description: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['431 Request Header Fields Too Large', 'The path and headers are too long'];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return ['413 Payload Too Large', 'The chunk extensions are too long'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', 'The request did not arrive in time'];
    default:
      return ['400 Bad Request', 'The request is not valid HTTP'];
  }
}
