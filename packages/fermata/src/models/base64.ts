/** Base64 with what every runtime has. */

const CHUNK = 0x8000;

export function toBase64(data: Uint8Array | string): string {
  if (typeof data === "string") return data; // the interface's strings are base64 already
  let binary = "";
  for (let start = 0; start < data.length; start += CHUNK) binary += String.fromCharCode(...data.subarray(start, start + CHUNK));
  return btoa(binary);
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
