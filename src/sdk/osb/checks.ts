// What is refused before anybody asks what a request wants. Knows no reason of a refusal.
import type Koa from 'koa';

/** Throws an `OsbError` for what goes no further. */
export type Check = (ctx: Koa.Context) => void;

/** All of them, one after the other. None waits for anything, so one step of the way is enough for them. */
export function checks(...all: Check[]): Koa.Middleware {
  return (ctx, next) => {
    for (const check of all) check(ctx);
    return next();
  };
}
