/** A certificate for this machine, signed by itself: enough for a browser that is told to trust it, and made without any tool. */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { Certificate } from "./front.ts";

const DAYS = 30;

/** Names and IP addresses that it is for. X.509 version 3 with an ECDSA key on P-256 (RFC 5280). */
export function selfSigned(names: readonly string[], now = new Date()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const ecdsaWithSha256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
  const name = sequence(set(sequence(oid(2, 5, 4, 3), text("Fermata dev server"))));
  const validity = sequence(time(now), time(new Date(now.getTime() + DAYS * 86_400_000)));
  const alternatives = sequence(...names.map(alternativeName));
  const extensions = sequence(
    sequence(oid(2, 5, 29, 17), octets(alternatives)),
    sequence(oid(2, 5, 29, 19), bytes(0x01, [0xff]), octets(sequence(bytes(0x01, [0xff])))),
  );
  const body = sequence(
    bytes(0xa0, bytes(0x02, [2])),
    bytes(0x02, [0x40, ...randomBytes(8)]),
    ecdsaWithSha256,
    name,
    validity,
    name,
    [...publicKey.export({ type: "spki", format: "der" })],
    bytes(0xa3, extensions),
  );
  const signature = sign("sha256", Uint8Array.from(body), privateKey);
  const certificate = sequence(body, ecdsaWithSha256, bytes(0x03, [0, ...signature]));
  return { key: String(privateKey.export({ type: "pkcs8", format: "pem" })), cert: pem(certificate) };
}

/** A value in DER: what it is, how long it is, what it holds. */
function bytes(tag: number, content: readonly number[]): number[] {
  const { length } = content;
  if (length < 0x80) return [tag, length, ...content];
  return length < 0x100 ? [tag, 0x81, length, ...content] : [tag, 0x82, length >> 8, length & 0xff, ...content];
}

const sequence = (...parts: readonly (readonly number[])[]): number[] => bytes(0x30, parts.flat());
const set = (...parts: readonly (readonly number[])[]): number[] => bytes(0x31, parts.flat());
const octets = (content: readonly number[]): number[] => bytes(0x04, content);
const text = (value: string): number[] => bytes(0x0c, [...new TextEncoder().encode(value)]);

function oid(first: number, second: number, ...rest: readonly number[]): number[] {
  const base128 = (value: number): number[] => {
    const digits = [value & 0x7f];
    for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  };
  return bytes(0x06, [first * 40 + second, ...rest.flatMap(base128)]);
}

function time(date: Date): number[] {
  const digits = date.toISOString().replaceAll(/[-:T]/g, "").slice(0, 14);
  return bytes(0x18, [...new TextEncoder().encode(`${digits}Z`)]);
}

/** An IP address as its bytes, anything else as a DNS name. */
function alternativeName(name: string): number[] {
  if (name === "::1") return bytes(0x87, [...Array.from({ length: 15 }, () => 0), 1]);
  if (/^\d+(?:\.\d+){3}$/.test(name)) return bytes(0x87, name.split(".").map(Number));
  return bytes(0x82, [...new TextEncoder().encode(name)]);
}

function pem(der: readonly number[]): string {
  const base64 = btoa(String.fromCharCode(...der));
  return `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g)?.join("\n") ?? ""}\n-----END CERTIFICATE-----\n`;
}
