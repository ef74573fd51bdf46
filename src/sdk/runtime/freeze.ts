// Objects in a cache are shared by all who read it, so nobody may change them.

/** Freezes plain JSON all the way down, in place. */
export function deepFreeze<T>(value: T): Readonly<T> {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
