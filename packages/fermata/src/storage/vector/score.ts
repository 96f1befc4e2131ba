import { FermataError } from "../../errors.ts";
import type { Metric } from "./vector.ts";

/** Scores vectors against one. */
export type Scorer = (vector: Float32Array) => number;

export function scorerOf(metric: Metric, query: Float32Array): Scorer {
  switch (metric) {
    case "cosine":
      return cosine(query);
    case "euclidean":
      return (vector) => 1 / (1 + Math.sqrt(squaredDistance(query, vector)));
    case "dotproduct":
      return (vector) => dot(query, vector);
  }
}

function cosine(query: Float32Array): Scorer {
  const length = Math.sqrt(dot(query, query));
  return (vector) => {
    let product = 0;
    let square = 0;
    for (let i = 0; i < vector.length; i += 1) {
      const value = vector[i] ?? 0;
      product += value * (query[i] ?? 0);
      square += value * value;
    }
    const lengths = length * Math.sqrt(square);
    // A vector without a direction is near to nothing.
    return lengths === 0 ? 0 : product / lengths;
  };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    sum += difference * difference;
  }
  return sum;
}

/** @throws FermataError `VALIDATION_FAILED` */
export function toVector(values: readonly number[], dimension: number): Float32Array {
  if (values.length !== dimension) {
    throw new FermataError("VALIDATION_FAILED", `The vector has ${values.length} dimensions, the index has ${dimension}.`);
  }
  const vector = Float32Array.from(values);
  if (!vector.every(Number.isFinite)) throw new FermataError("VALIDATION_FAILED", "A vector holds finite numbers alone.");
  return vector;
}

export function toBytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** The bytes as numbers, without a copy where they begin where a number may begin. */
export function fromBytes(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}
