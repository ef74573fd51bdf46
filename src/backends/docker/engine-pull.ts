// Has an engine pull an image. It answers at once, and tells line by line what becomes of it.
import type Docker from 'dockerode';
import { type Asked, refusal } from './engine-errors.js';

const HAS_TAG = /[:@][^/]*$/;

/** Resolves when the engine has the image. Pulls `latest` where the reference has neither a tag nor a digest. */
export async function pullImage(
  docker: Docker,
  reference: string,
  asked: Asked,
  abortSignal: AbortSignal,
): Promise<void> {
  // Without a tag, an engine would pull them all.
  const fromImage = HAS_TAG.test(reference) ? reference : `${reference}:latest`;
  const stream = await docker.createImage({ fromImage, abortSignal });
  for await (const line of linesOf(stream)) {
    const { error } = JSON.parse(line) as { error?: string };
    if (error !== undefined) throw refusal(error, undefined, asked);
  }
}

async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    yield* lines.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}
