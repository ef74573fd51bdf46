// Objects in a cache are shared by all who read it, so nobody may change them.

/** Freezes plain JSON all the way down, in place; what is frozen already is taken for frozen all the way down. */
export function deepFreeze<T>(value: T): Readonly<T> {
  if (!Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value as object)) deepFreeze(part);
  }
  return value;
}
