// Text for the platform's user, within the length that the specification recommends: at most
// 255 characters. The whole of it stands in the log or in the resource's status.
const MAX_CHARACTERS = 255;

/** The text, or as much of its beginning as fits, with an ellipsis. */
export function userText(text: string): string {
  const characters = [...text]; // not units, so that no character is cut in two
  return characters.length <= MAX_CHARACTERS ? text : `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…`;
}
